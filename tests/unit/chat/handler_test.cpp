// The chat protocol, with the built-in assistant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/plugin_driver.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Json kBuiltin{{"provider", "builtin"}, {"history", 20}, {"token_delay_ms", 0}};

// The last event closes the stream and repeats its pieces.
void expect_closed(const PluginDriver& plugin, const std::string& finish) {
    const Emitted& end = plugin.emitted().back();
    EXPECT_EQ(end.type, "stream_end");
    EXPECT_EQ(end.cls, std::uint32_t{CHARTROOM_CLASS_LASTING});
    EXPECT_EQ(end.data["content"], plugin.tokens());
    EXPECT_EQ(end.data["finish"], finish);
    EXPECT_EQ(end.data["message_id"], PluginDriver::kAnswerId);
    EXPECT_TRUE(end.data["agents_completed"].is_array());
    EXPECT_TRUE(end.data["usage"]["total_tokens"].is_number());
    EXPECT_EQ(std::ranges::count(plugin.types(), "stream_end"), 1);
    EXPECT_EQ(plugin.ends, 1u);
    EXPECT_EQ(plugin.ends_failed, 0u);
}

TEST(ChatHandler, AnAnswerIsAMessageAStreamAndItsEnd) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"content", "My knee hurts"}, {"fields", {{"doctor_id", "d1"}}}});
    EXPECT_THAT(plugin.types(),
                ElementsAre("message", "stream_start", "status", "status", "status", "status"));
    const auto first = plugin.take_emitted();
    EXPECT_EQ(first[0].data, (Json{{"id", 1000},
                                   {"content", "My knee hurts"},
                                   {"message_type", "user"},
                                   {"sender", "ann"},
                                   {"created_at", "2026-01-15T10:30:00.123Z"},
                                   {"fields", {{"doctor_id", "d1"}}}}));
    EXPECT_EQ(first[0].cls, std::uint32_t{CHARTROOM_CLASS_LASTING});
    EXPECT_EQ(first[1].data, (Json{{"message_id", 1001},
                                   {"in_reply_to", 1000},
                                   {"workflow", "single"},
                                   {"agents", Json::array()}}));
    EXPECT_EQ(first[2].data["status"], "validating");
    EXPECT_EQ(first[3].data["status"], "checking_emergency");
    EXPECT_EQ(first[4].data["status"], "processing");
    EXPECT_EQ(first[5].data["status"], "retrieving_context");
    plugin.history({});
    EXPECT_EQ(plugin.take_emitted()[0].data["status"], "generating_response");
    EXPECT_THAT(plugin.tokens(), HasSubstr("joint pain"));
    for (const Emitted& event : plugin.emitted()) {
        const bool lasting = event.type == "message" || event.type == "stream_end";
        EXPECT_EQ(event.cls,
                  std::uint32_t{lasting ? CHARTROOM_CLASS_LASTING : CHARTROOM_CLASS_PIECE})
            << event.type;
    }
    expect_closed(plugin, "stop");
}

TEST(ChatHandler, AnEmergencyComesFirstAndOpensTheAnswer) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"content", "I have chest pain and I am sweating"}});
    const auto types = plugin.types();
    const auto emergency = std::ranges::find(types, "emergency");
    const auto token = std::ranges::find(types, "token");
    ASSERT_NE(token, types.end());
    EXPECT_LT(emergency, token);
    const Json data = plugin.emitted()[static_cast<std::size_t>(emergency - types.begin())].data;
    EXPECT_EQ(data["message_id"], 1001);
    EXPECT_EQ(data["level"], "emergency");
    EXPECT_TRUE(data["matched"].is_array());
    EXPECT_TRUE(data["source"].is_string());
    plugin.history({});
    EXPECT_THAT(plugin.tokens(), StartsWith(data["message"].get<std::string>()));
    expect_closed(plugin, "stop");
}

TEST(ChatHandler, AnEmergencyThatTheHistoryCompletesIsToldBeforeTheFirstToken) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"content", "Now I am sweating a lot"}});
    EXPECT_THAT(plugin.types(), Not(Contains("emergency")));
    plugin.history(
        {{"message", {{"id", 5}, {"content", "My chest hurts"}, {"message_type", "user"}}}});
    const auto types = plugin.types();
    EXPECT_EQ(std::ranges::count(types, "emergency"), 1);
    EXPECT_LT(std::ranges::find(types, "emergency"), std::ranges::find(types, "token"));
    EXPECT_THAT(plugin.tokens(), StartsWith("This may be an emergency: Chest pain"));
    expect_closed(plugin, "stop");
}

TEST(ChatHandler, AnEmptyMessageIsOneErrorAndNothingElse) {
    for (const char* payload : {R"({"content":""})", R"({"content":"  \n"})", "{}"}) {
        PluginDriver plugin(kBuiltin);
        plugin.message(std::string_view(payload));
        ASSERT_THAT(plugin.types(), ElementsAre("error"));
        EXPECT_EQ(plugin.emitted()[0].data, (Json{{"code", "validation_error"},
                                                  {"message", "Message cannot be empty"},
                                                  {"field", "content"}}));
        EXPECT_EQ(plugin.ends, 1u);
    }
}

TEST(ChatHandler, ANoteIsPublishedAndNotAnswered) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"content", "between us"}, {"message_type", "note"}});
    EXPECT_THAT(plugin.types(), ElementsAre("message"));
    EXPECT_EQ(plugin.ends, 1u);
}

TEST(ChatHandler, ADelayIsARecordedTimerForEachWord) {
    PluginDriver plugin({{"provider", "builtin"}, {"history", 0}, {"token_delay_ms", 30}});
    plugin.message(Json{{"content", "Hello"}});
    EXPECT_EQ(plugin.histories, 0u);
    EXPECT_THAT(plugin.types(), Not(Contains("stream_end")));
    std::size_t steps = 0;
    while (plugin.ends == 0 && ++steps < 1'000) plugin.timer();
    EXPECT_GT(steps, 20u);
    EXPECT_THAT(plugin.timers_us, ::testing::Each(30'000u));
    expect_closed(plugin, "stop");
}

TEST(ChatHandler, ACancelClosesTheStreamWithWhatWasSaid) {
    PluginDriver plugin({{"provider", "builtin"}, {"history", 0}, {"token_delay_ms", 30}});
    plugin.message(Json{{"content", "Hello"}});
    plugin.timer();
    plugin.timer();
    plugin.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
    EXPECT_EQ(plugin.tokens(), "Hello. I am ");
    expect_closed(plugin, "cancelled");
}

TEST(ChatHandler, ADeadlineIsAnErrorAndThenTheEnd) {
    PluginDriver plugin({{"provider", "builtin"}, {"history", 0}, {"token_delay_ms", 30}});
    plugin.message(Json{{"content", "Hello"}});
    plugin.cancel(CHARTROOM_CANCEL_DEADLINE);
    const auto& events = plugin.emitted();
    EXPECT_EQ(events[events.size() - 2].type, "error");
    EXPECT_EQ(events[events.size() - 2].data["code"], "deadline_exceeded");
    expect_closed(plugin, "error");
}

TEST(ChatHandler, ACancelWhileItWaitsForHistoryClosesAnEmptyStream) {
    PluginDriver plugin(kBuiltin);
    plugin.message(Json{{"content", "My knee hurts"}});
    plugin.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
    EXPECT_EQ(plugin.tokens(), "");
    expect_closed(plugin, "cancelled");
}

TEST(ChatHandler, TheSameEventsGiveTheSameCommands) {
    const auto run = [] {
        PluginDriver plugin(kBuiltin);
        plugin.message(Json{{"content", "My knee hurts, no chest pain"}});
        plugin.history(
            {{"message", {{"id", 5}, {"content", "since 3 days"}, {"message_type", "user"}}}});
        std::string all;
        for (const Emitted& event : plugin.emitted()) all += event.type + event.data.dump();
        return all;
    };
    EXPECT_EQ(run(), run());
}

TEST(ChatHandler, AConfigurationThatCannotWorkIsRefusedWithAReason) {
    try {
        const PluginDriver plugin({{"provider", "openai"}, {"model", "m"}});
        FAIL() << "was accepted";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("base_url"));
    }
}

}  // namespace
}  // namespace chat
