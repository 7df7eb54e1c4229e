// What the plugin does for conversations of several people: home updates, answers on request,
// profiles, and whose error it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/chat/home_updates.hpp"
#include "tests/unit/chat/plugin_driver.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const Json kBuiltin{{"provider", "builtin"}, {"history", 20}, {"token_delay_ms", 0}};
const std::string kConversation = "shared/conversation:12";

Json asked(std::uint64_t id, const std::string& content, const std::string& type = "user") {
    return {{"id", id}, {"content", content}, {"message_type", type}};
}

TEST(HomeUpdates, TellEveryParticipantsHomeOfAMessageAndItsAnswer) {
    PluginDriver plugin(kBuiltin);
    plugin.session = kConversation;
    plugin.state = R"({"participants":["user/bob"]})";
    plugin.message(Json{{"content", "My knee hurts"}});
    ASSERT_EQ(plugin.sent().size(), 4u);
    const Emitted& added = plugin.sent()[0];
    EXPECT_EQ(added.type, "message_added");
    EXPECT_EQ(added.data["conversation"], "12");
    EXPECT_EQ(added.data["message"], plugin.emitted()[0].data);
    EXPECT_EQ(plugin.sent()[1].type, "conversation");
    EXPECT_EQ(plugin.sent()[1].data, (Json{{"id", "12"},
                                           {"last_message", plugin.emitted()[0].data},
                                           {"updated_at", "2026-01-15T10:30:00.123Z"},
                                           {"participants", {"bob", "ann"}}}));
    for (const Emitted& event : plugin.sent()) {
        EXPECT_EQ(event.session, "home");
        EXPECT_EQ(event.scope, std::uint32_t{CHARTROOM_SCOPE_FOLLOWERS});
    }
    EXPECT_EQ(plugin.sent()[0].owner, "user/bob");
    EXPECT_EQ(plugin.sent()[2].owner, "user/ann");
    plugin.history({});
    ASSERT_EQ(plugin.sent().size(), 8u);
    EXPECT_EQ(plugin.sent()[4].data["message"]["id"], PluginDriver::kAnswerId);
    EXPECT_EQ(plugin.sent()[4].data["message"]["content"], plugin.tokens());
    EXPECT_EQ(plugin.sent()[4].data["message"]["message_type"], "assistant");
}

TEST(HomeUpdates, SayNothingOfAnAnswerWithoutText) {
    PluginDriver plugin(kBuiltin);
    plugin.session = kConversation;
    plugin.message(Json{{"content", "My knee hurts"}});
    plugin.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
    EXPECT_EQ(plugin.emitted().back().type, "stream_end");
    EXPECT_EQ(plugin.sent().size(), 2u);
}

TEST(HomeUpdates, AreForConversationsAndUsersOnly) {
    for (const char* session : {"user/ann/home", "user/ann/conversations", "open/x"}) {
        PluginDriver plugin(kBuiltin);
        plugin.session = session;
        plugin.message(Json{{"content", "a"}, {"message_type", "note"}});
        EXPECT_THAT(plugin.sent(), IsEmpty()) << session;
        EXPECT_EQ(plugin.state, "");
    }
    PluginDriver plugin(kBuiltin);
    plugin.session = "room/conversation/conversation:12";
    plugin.actor = "anon/0123";
    plugin.message(Json{{"content", "a"}, {"message_type", "note"}});
    EXPECT_THAT(plugin.sent(), IsEmpty());
    EXPECT_EQ(plugin.emitted()[0].data["sender"], "anon/0123");
}

TEST(HomeUpdates, KeepSoManyParticipantsAndTheNewest) {
    Json parties = Json::array();
    for (std::size_t i = 0; i < kParticipantsMax; ++i)
        parties.push_back("user/" + std::to_string(i));
    PluginDriver plugin(kBuiltin);
    plugin.session = kConversation;
    plugin.state = Json{{"participants", parties}}.dump();
    plugin.message(Json{{"content", "a"}, {"message_type", "note"}});
    const auto kept = Json::parse(plugin.state)["participants"].get<std::vector<std::string>>();
    EXPECT_EQ(kept.size(), kParticipantsMax);
    EXPECT_THAT(kept, Not(Contains("user/0")));
    EXPECT_EQ(kept.back(), "user/ann");
    EXPECT_EQ(plugin.sent().size(), 2 * kParticipantsMax);
}

TEST(HomeUpdates, LongTextsAreCutAndSayThatTheyAre) {
    PluginDriver plugin(kBuiltin);
    plugin.session = kConversation;
    const std::string text = std::string(kHomeTextBytesMax - 1, 'x') + "\xc3\xa9";
    plugin.message(Json{{"content", text}, {"message_type", "note"}});
    EXPECT_EQ(plugin.emitted()[0].data["content"], text);
    const Json added = plugin.sent()[0].data["message"];
    EXPECT_EQ(added["content"].get<std::string>().size(), kHomeTextBytesMax - 1);
    EXPECT_EQ(added["truncated"], true);
    const Json shown = plugin.sent()[1].data["last_message"];
    EXPECT_EQ(shown["content"].get<std::string>().size(), kPreviewBytesMax);
}

TEST(Respond, AnswersAMessageThatHasNone) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"message", 40}}, "chat.respond");
    plugin.history({{"message", asked(30, "I have a cough")},
                    {"stream_end", {{"message_id", 31}, {"in_reply_to", 30}, {"content", "b"}}},
                    {"message", asked(40, "My knee hurts", "note")},
                    {"message", asked(50, "later", "note")}});
    const auto types = plugin.types();
    EXPECT_THAT(types, Not(Contains("message")));
    EXPECT_EQ(types.front(), "stream_start");
    EXPECT_EQ(plugin.emitted()[0].data["in_reply_to"], 40);
    EXPECT_EQ(plugin.emitted()[0].data["message_id"], PluginDriver::kAnswerId);
    EXPECT_EQ(plugin.emitted().back().data["in_reply_to"], 40);
    EXPECT_THAT(plugin.tokens(), ::testing::HasSubstr("joint pain"));
    EXPECT_THAT(plugin.tokens(), ::testing::HasSubstr("cough"));
}

TEST(Respond, NeverMakesASecondAnswer) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"message", "40"}}, "chat.respond");
    plugin.history({{"message", asked(40, "My knee hurts")},
                    {"stream_end", {{"message_id", 41}, {"in_reply_to", 40}, {"content", ""}}}});
    EXPECT_THAT(plugin.types(), IsEmpty());
    EXPECT_EQ(plugin.ends, 1u);
    EXPECT_EQ(plugin.ends_failed, 0u);
}

TEST(Respond, AMessageThatIsNotInTheSessionIsOneError) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"message", 41}}, "chat.respond");
    plugin.history({{"message", asked(40, "My knee hurts")}, {"message", Json(7)}});
    ASSERT_THAT(plugin.types(), ElementsAre("error"));
    EXPECT_EQ(plugin.emitted()[0].data["code"], "not_found");
    EXPECT_EQ(plugin.emitted()[0].data["field"], "message");
}

TEST(Respond, AsksTheAssistantThatIsNamed) {
    PluginDriver plugin({{"provider", "openai"},
                         {"base_url", "http://127.0.0.1:9/v1"},
                         {"model", "m"},
                         {"history", 20},
                         {"assistants", {{"7", {{"model", "knees"}}}}}});
    plugin.message(Json{{"message", 40}, {"assistant", 7}}, "chat.respond");
    plugin.history({{"message", asked(40, "My knee hurts", "note")}});
    EXPECT_EQ(Json::parse(plugin.requests.at(0).body)["model"], "knees");
}

TEST(Profile, IsGivenBackForWhoComesLater) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"age", 40}}, "profile");
    ASSERT_THAT(plugin.types(), ElementsAre("profile"));
    EXPECT_EQ(plugin.emitted()[0].data, (Json{{"age", 40}}));
    EXPECT_EQ(plugin.emitted()[0].cls, std::uint32_t{CHARTROOM_CLASS_LASTING});
    EXPECT_EQ(plugin.emitted()[0].scope, std::uint32_t{CHARTROOM_SCOPE_EVERYONE});
}

TEST(Profile, ThatIsNoneIsRefused) {
    PluginDriver plugin(kBuiltin);
    plugin.message(std::string_view("[40]"), "profile");
    ASSERT_THAT(plugin.types(), ElementsAre("error"));
    EXPECT_EQ(plugin.emitted()[0].data["code"], "validation_error");
}

TEST(ChatErrors, AreForTheUserWhoMadeThem) {
    PluginDriver user(kBuiltin);
    user.message(Json{{"content", ""}});
    EXPECT_EQ(user.emitted()[0].scope, std::uint32_t{CHARTROOM_SCOPE_ONLY});
    EXPECT_EQ(user.emitted()[0].party, "user/ann");
    PluginDriver anonymous(kBuiltin);
    anonymous.actor = "anon/0123";
    anonymous.message(Json{{"content", ""}});
    EXPECT_EQ(anonymous.emitted()[0].scope, std::uint32_t{CHARTROOM_SCOPE_EVERYONE});
}

}  // namespace
}  // namespace chat
