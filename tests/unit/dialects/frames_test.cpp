// The frames that asyncapi.json tells of are those that the dialects take.
#include "core/dialects/frames.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/dialects/dialect.hpp"

namespace chartroom::dialects {
namespace {

TEST(Frames, EveryDialectIsDescribedAndNoneBeside) {
    for (const std::string_view name : dialect_names()) {
        const Description* description = describe(name);
        ASSERT_NE(description, nullptr) << name;
        EXPECT_FALSE(description->summary.empty());
        std::set<std::pair<Direction, std::string_view>> names;
        for (const Frame& frame : description->frames) {
            EXPECT_TRUE(names.emplace(frame.direction, frame.name).second) << name << frame.name;
            EXPECT_FALSE(frame.summary.empty()) << name << " " << frame.name;
            EXPECT_TRUE(nlohmann::json::accept(frame.schema)) << name << " " << frame.name;
        }
    }
    EXPECT_EQ(describe("nothing"), nullptr);
    EXPECT_TRUE(frame_schema("native", "nothing").empty());
}

// Each example is sent behind those that stand before it, as a client would.
TEST(Frames, EveryExampleIsTaken) {
    for (const std::string_view name : dialect_names()) {
        const auto dialect = make_dialect(name);
        static_cast<void>(dialect->connected({}));
        const auto told = [&](const Decoded& decoded) {
            for (const Request& request : decoded.requests) {
                if (const auto* join = std::get_if<Join>(&request)) {
                    dialect->joined({join->slot, join->name.empty() ? "new" : join->name, ""});
                    engine::Opened opened;
                    opened.slot = join->slot;
                    static_cast<void>(dialect->notice(opened));
                }
            }
        };
        for (const Frame& frame : describe(name)->frames) {
            if (frame.direction != Direction::to_server) continue;
            ASSERT_FALSE(frame.example.empty()) << name << " " << frame.name;
            const Decoded decoded = dialect->text(frame.example);
            EXPECT_FALSE(decoded.refused.has_value())
                << name << " " << frame.name << ": " << frame.example
                << (decoded.frames.empty() ? "" : decoded.frames.front());
            told(decoded);
        }
    }
}

}  // namespace
}  // namespace chartroom::dialects
