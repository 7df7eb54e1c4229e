#include "core/engine/open_stream.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chartroom::engine {
namespace {

using nlohmann::json;

events::EventPtr row(std::string type, const json& payload, events::Kind kind = events::Kind::out) {
    auto event = std::make_shared<events::Event>();
    event->kind = kind;
    event->type.text = std::move(type);
    event->payload = payload.dump();
    return event;
}

TEST(OpenStream, ItsEndHasEveryFieldThatAHandlersEndHas) {
    OpenStream stream;
    stream.observe(row("stream_start", {{"message_id", 3}, {"in_reply_to", 2}}));
    stream.observe(row("token", {{"content", "one "}}));
    stream.observe(row("token", {{"content", "two"}}));
    const auto closed = stream.close("turn_timeout", "too long");
    ASSERT_EQ(closed.size(), 2u);
    EXPECT_EQ(closed[0].first, "error");
    EXPECT_EQ(json::parse(closed[0].second),
              json({{"code", "turn_timeout"}, {"message", "too long"}, {"message_id", 3}}));
    EXPECT_EQ(closed[1].first, "stream_end");
    EXPECT_EQ(
        json::parse(closed[1].second),
        json({{"message_id", 3},
              {"in_reply_to", 2},
              {"content", "one two"},
              {"finish", "error"},
              {"usage", {{"prompt_tokens", 0}, {"completion_tokens", 0}, {"total_tokens", 0}}},
              {"agents_completed", json::array()}}));
}

TEST(OpenStream, ItsFinishSaysWhatEndedIt) {
    OpenStream stream;
    stream.observe(row("stream_start", {{"message_id", 3}}));
    for (const auto& [code, finish] :
         {std::pair{"cancelled", "cancelled"}, std::pair{"interrupted", "interrupted"},
          std::pair{"plugin_failed", "error"}}) {
        EXPECT_EQ(json::parse(stream.close(code, "").at(1).second)["finish"], finish);
    }
}

TEST(OpenStream, WithoutAStreamThereIsAnErrorAlone) {
    OpenStream stream;
    EXPECT_EQ(stream.close("cancelled", "stopped").size(), 1u);
    stream.observe(row("stream_start", {{"message_id", 3}}));
    stream.observe(row("stream_end", {{"message_id", 3}}));
    EXPECT_FALSE(stream.open());
    EXPECT_EQ(stream.start(), nullptr);
    EXPECT_EQ(stream.close("cancelled", "stopped").size(), 1u);
    stream.observe(row("stream_start", json::object(), events::Kind::note));
    EXPECT_FALSE(stream.open());
}

}  // namespace
}  // namespace chartroom::engine
