// Which handler takes a message type: engine::HandlerTable, which loading ends with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/handler.hpp"

namespace chartroom::engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class NamedHandler final : public Handler {
  public:
    NamedHandler(std::string id, std::vector<std::string> handles) {
        info_.id = std::move(id);
        info_.handles = std::move(handles);
    }
    [[nodiscard]] const HandlerInfo& info() const override { return info_; }
    [[nodiscard]] base::Result<std::vector<Command>> step(const StepEvent&) override { return {}; }

  private:
    HandlerInfo info_;
};

HandlerPtr handler(std::string id, std::vector<std::string> handles) {
    return std::make_shared<NamedHandler>(std::move(id), std::move(handles));
}

TEST(HandlerTable, FindsByTypeAndById) {
    const auto chat = handler("org.example.chat", {"chat", "chat.respond"});
    const auto echo = handler("org.example.echo", {"echo"});
    const auto table = HandlerTable::make({chat, echo});
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->find("chat.respond"), chat);
    EXPECT_EQ(table->find("echo"), echo);
    EXPECT_EQ(table->find("ech"), nullptr);
    EXPECT_EQ(table->find("zebra"), nullptr);
    EXPECT_EQ(table->by_id("org.example.echo"), echo);
    EXPECT_EQ(table->by_id("org.example.other"), nullptr);
}

TEST(HandlerTable, TwoPluginsForOneTypeAreRefusedNamingBothAndTheType) {
    const auto refused = HandlerTable::make(
        {handler("org.example.one", {"a", "echo"}), handler("org.example.two", {"echo", "b"})});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::bad_config);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("'echo'"), HasSubstr("org.example.one"),
                                               HasSubstr("org.example.two")));
}

TEST(HandlerTable, OnePluginTwiceIsRefused) {
    const auto one = handler("org.example.one", {"a"});
    EXPECT_THAT(HandlerTable::make({one, one}).error().message, HasSubstr("loaded twice"));
}

TEST(HandlerTable, AnEmptyOneFindsNothing) {
    EXPECT_EQ(HandlerTable::make({}).value().find("echo"), nullptr);
}

}  // namespace
}  // namespace chartroom::engine
