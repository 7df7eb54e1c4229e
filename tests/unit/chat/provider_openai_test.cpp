// An OpenAI-compatible service that is scripted piece by piece.
#include "plugins/chat/provider_openai.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/plugin_driver.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string delta(const std::string& text) {
    return "data: " + Json{{"choices", {{{"delta", {{"content", text}}}}}}}.dump() + "\n\n";
}
std::string finish(const std::string& reason) {
    return "data: " +
           Json{{"choices", {{{"delta", Json::object()}, {"finish_reason", reason}}}}}.dump() +
           "\n\n";
}
const std::string kUsage =
    R"(data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})"
    "\n\n";
const std::string kDone = "data: [DONE]\n\n";

class OpenAi : public ::testing::Test {
  protected:
    OpenAi() { plugin_.message(Json{{"content", "My knee hurts"}}); }

    Json end() {
        EXPECT_EQ(plugin_.ends, 1u);
        EXPECT_EQ(plugin_.ends_failed, 0u);
        const Emitted& last = plugin_.emitted().back();
        EXPECT_EQ(last.type, "stream_end");
        EXPECT_EQ(last.data["content"], plugin_.tokens());
        EXPECT_EQ(std::ranges::count(plugin_.types(), "stream_end"), 1);
        return last.data;
    }
    Json error() {
        const auto& events = plugin_.emitted();
        EXPECT_EQ(events[events.size() - 2].type, "error");
        return events[events.size() - 2].data;
    }
    Json messages(std::size_t request) {
        return Json::parse(plugin_.requests.at(request).body)["messages"];
    }

    PluginDriver plugin_{{{"provider", "openai"},
                          {"base_url", "http://127.0.0.1:9/v1"},
                          {"model", "m"},
                          {"api_key_env", "KEY"},
                          {"history", 0},
                          {"retries", 2}}};
};

TEST_F(OpenAi, TheRequestNamesTheKeyOnlyByItsPlaceholder) {
    ASSERT_EQ(plugin_.requests.size(), 1u);
    const auto& request = plugin_.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "http://127.0.0.1:9/v1/chat/completions");
    EXPECT_THAT(request.headers, Contains(Pair("Authorization", "Bearer {{secret:api_key}}")));
    EXPECT_EQ(messages(0).back()["content"], "My knee hurts");
}

TEST_F(OpenAi, PiecesBecomeTokensAndTheEndCarriesTheUsage) {
    plugin_.chunk(200, delta("Hel") + delta("lo"));
    EXPECT_EQ(plugin_.emitted().back().data["content"], "Hello");
    const std::string emoji = delta(" \xf0\x9f\x98\x80");
    plugin_.chunk(200, emoji.substr(0, emoji.size() - 12));
    plugin_.chunk(200, emoji.substr(emoji.size() - 12));
    plugin_.chunk(200, finish("stop") + kUsage + kDone);
    const Json last = end();
    EXPECT_EQ(last["content"], "Hello \xf0\x9f\x98\x80");
    EXPECT_EQ(last["finish"], "stop");
    EXPECT_EQ(last["usage"],
              (Json{{"prompt_tokens", 7}, {"completion_tokens", 3}, {"total_tokens", 10}}));
    EXPECT_EQ(plugin_.stops, 1u);  // nothing after [DONE] is waited for
}

TEST_F(OpenAi, LengthIsPassedOn) {
    plugin_.chunk(200, delta("cut") + finish("length"));
    plugin_.http_end(CHARTROOM_OUTCOME_OK, 200);
    EXPECT_EQ(end()["finish"], "length");
}

TEST_F(OpenAi, AnInterruptedAnswerGoesOnFromTheTextSoFar) {
    plugin_.chunk(200, delta("The knee "));
    plugin_.http_end(CHARTROOM_OUTCOME_INTERRUPTED, 200);
    ASSERT_EQ(plugin_.requests.size(), 2u);
    EXPECT_TRUE(plugin_.timers_us.empty());
    const Json asked = messages(1);
    EXPECT_EQ(asked[asked.size() - 2], (Json{{"role", "assistant"}, {"content", "The knee "}}));
    EXPECT_THAT(asked.back()["content"], HasSubstr("Continue"));
    plugin_.chunk(200, delta("is a joint.") + finish("stop") + kDone);
    EXPECT_EQ(end()["content"], "The knee is a joint.");
}

TEST_F(OpenAi, ACutStreamGoesOnAfterAPause) {
    plugin_.chunk(200, delta("The knee "));
    plugin_.http_end(CHARTROOM_OUTCOME_FAILED, 200);
    EXPECT_EQ(plugin_.requests.size(), 1u);
    ASSERT_EQ(plugin_.timers_us.size(), 1u);
    EXPECT_GE(plugin_.timers_us[0], 500'000u);
    plugin_.timer();
    ASSERT_EQ(plugin_.requests.size(), 2u);
    plugin_.chunk(200, delta("is.") + finish("stop") + kUsage + kDone);
    EXPECT_EQ(end()["content"], "The knee is.");
}

TEST_F(OpenAi, ABusyServiceIsAskedAgainAndThenGivenUp) {
    for (int i = 0; i < 2; ++i) {
        plugin_.chunk(429, R"({"error":{"message":"slow down, secret detail"}})");
        plugin_.http_end(CHARTROOM_OUTCOME_OK, 429);
        plugin_.timer();
    }
    EXPECT_LT(plugin_.timers_us[0], plugin_.timers_us[1]);
    plugin_.http_end(CHARTROOM_OUTCOME_OK, 429);
    EXPECT_EQ(plugin_.requests.size(), 3u);
    EXPECT_EQ(end()["finish"], "error");
    EXPECT_EQ(error()["code"], "rate_limited");
    EXPECT_EQ(error()["message_id"], 1001);
    EXPECT_GT(error()["retry_after_ms"], 0);
    for (const Emitted& event : plugin_.emitted())
        EXPECT_THAT(event.data.dump(), Not(HasSubstr("secret detail")));
}

TEST_F(OpenAi, APauseThatTheServiceAsksForIsKept) {
    plugin_.http_end(CHARTROOM_OUTCOME_OK, 429, {{"retry-after", "7"}});
    ASSERT_EQ(plugin_.timers_us.size(), 1u);
    EXPECT_EQ(plugin_.timers_us[0], 7'000'000u);
    plugin_.timer();
    plugin_.chunk(200, delta("well") + finish("stop") + kDone);
    EXPECT_EQ(end()["content"], "well");
}

TEST_F(OpenAi, APauseThatIsTooLongIsToldToTheClient) {
    plugin_.http_end(CHARTROOM_OUTCOME_OK, 503, {{"retry-after", "3600"}});
    EXPECT_TRUE(plugin_.timers_us.empty());
    EXPECT_EQ(end()["finish"], "error");
    EXPECT_EQ(error()["code"], "provider_unavailable");
    EXPECT_EQ(error()["retry_after_ms"], 3'600'000);
}

// Wed, 21 Oct 2026 07:28:00 GMT
constexpr chartroom::Time kNow{std::chrono::seconds(1'792'567'680)};

TEST(RetryAfter, IsAWholeNumberOfSeconds) {
    EXPECT_EQ(parse_retry_after("0", kNow), std::chrono::milliseconds(0));
    EXPECT_EQ(parse_retry_after("120", kNow), std::chrono::milliseconds(120'000));
    for (const char* other : {"", "-1", "1.5", "2 ", "86401", "99999999999999999999"})
        EXPECT_EQ(parse_retry_after(other, kNow), std::nullopt) << other;
}

TEST(RetryAfter, IsADateInAnyFormOfHttp) {
    for (const char* date : {"Wed, 21 Oct 2026 07:28:09 GMT", "Wednesday, 21-Oct-26 07:28:09 GMT",
                             "Wed Oct 21 07:28:09 2026"}) {
        EXPECT_EQ(parse_retry_after(date, kNow), std::chrono::seconds(9)) << date;
        EXPECT_EQ(parse_retry_after(date, kNow + std::chrono::microseconds(8'999'999)),
                  std::chrono::milliseconds(1));
        EXPECT_EQ(parse_retry_after(date, kNow + std::chrono::hours(1)),
                  std::chrono::milliseconds(0));
        EXPECT_EQ(parse_retry_after(date, kNow - std::chrono::hours(24)), std::nullopt);
    }
    for (const char* other : {"Wed, 21 Oct 2026 07:28:09 CET", "Wed, 21 Oct 2026 07:28:09",
                              "Wed, 21 Oct 2026 07:28:09 GMT and more", "tomorrow",
                              "Wed, 41 Oct 2026 07:28:09 GMT", "2026-10-21T07:28:09Z"})
        EXPECT_EQ(parse_retry_after(other, kNow), std::nullopt) << other;
}

TEST_F(OpenAi, ARefusalIsNotRepeated) {
    plugin_.chunk(401, "{}");
    plugin_.http_end(CHARTROOM_OUTCOME_OK, 401);
    EXPECT_EQ(plugin_.requests.size(), 1u);
    EXPECT_EQ(end()["finish"], "error");
    EXPECT_EQ(error()["code"], "provider_error");
}

TEST_F(OpenAi, ATimeoutIsAnErrorWithWhatWasSaid) {
    plugin_.chunk(200, delta("The knee "));
    plugin_.http_end(CHARTROOM_OUTCOME_TIMED_OUT, 200);
    EXPECT_EQ(end()["finish"], "error");
    EXPECT_EQ(end()["content"], "The knee ");
    EXPECT_EQ(error()["code"], "provider_timeout");
}

TEST_F(OpenAi, AServiceThatIsNotThereIsAnErrorAfterTheRetries) {
    for (int i = 0; i < 2; ++i) {
        plugin_.http_end(CHARTROOM_OUTCOME_FAILED, 0);
        plugin_.timer();
    }
    plugin_.http_end(CHARTROOM_OUTCOME_FAILED, 0);
    EXPECT_EQ(end()["finish"], "error");
    EXPECT_EQ(error()["code"], "provider_unavailable");
}

TEST_F(OpenAi, MalformedEventsAreAnError) {
    plugin_.chunk(200, delta("so far") + "data: {oops\n\n");
    EXPECT_EQ(end()["finish"], "error");
    EXPECT_EQ(end()["content"], "so far");
    EXPECT_EQ(error()["code"], "provider_error");
}

TEST_F(OpenAi, AnEndlessAnswerEndsAtItsBound) {
    const std::string block = delta(std::string(8'191, 'x') + "\xc3\xa9");
    for (int i = 0; i < 100 && plugin_.ends == 0; ++i) plugin_.chunk(200, block);
    const Json last = end();
    EXPECT_EQ(last["finish"], "length");
    const auto size = last["content"].get_ref<const std::string&>().size();
    EXPECT_LE(size, kAnswerBytesMax);
    EXPECT_GT(size, kAnswerBytesMax - 2);
}

TEST_F(OpenAi, ACancelStopsTheRequest) {
    plugin_.chunk(200, delta("The knee "));
    plugin_.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
    EXPECT_EQ(plugin_.stops, 1u);
    EXPECT_EQ(end()["finish"], "cancelled");
    EXPECT_EQ(end()["content"], "The knee ");
}

}  // namespace
}  // namespace chat
