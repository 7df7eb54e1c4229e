// An answer by agents: three calls, one stream.
#include "plugins/chat/agents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/plugin_driver.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Json kOpenAi{{"provider", "openai"},
                   {"base_url", "http://127.0.0.1:9/v1"},
                   {"model", "m"},
                   {"history", 0},
                   {"retries", 1}};
const Json kQuestion{{"content", "My big toe joint is red, swollen and very painful"},
                     {"agents", true}};
const std::string kWhole = "Triage:\nNot urgent.\n\nDiagnostic:\nA sprain?\n\nTreatment:\nRest.";

std::string says(const std::string& text) {
    return "data: " + Json{{"choices", {{{"delta", {{"content", text}}}}}}}.dump() + "\n\n";
}
const std::string kDone =
    R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}]})"
    "\n\n"
    R"(data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})"
    "\n\ndata: [DONE]\n\n";

// The end of the stream, whose text is its tokens joined.
Json end(const PluginDriver& plugin) {
    const Emitted& last = plugin.emitted().back();
    EXPECT_EQ(last.type, "stream_end");
    EXPECT_EQ(last.data["content"], plugin.tokens());
    EXPECT_EQ(std::ranges::count(plugin.types(), "stream_end"), 1);
    EXPECT_EQ(plugin.ends, 1u);
    EXPECT_EQ(plugin.ends_failed, 0u);
    return last.data;
}

std::vector<std::string> statuses(const PluginDriver& plugin) {
    std::vector<std::string> names;
    for (const Emitted& event : plugin.emitted())
        if (event.type == "status") names.push_back(event.data["status"]);
    return names;
}

TEST(ChatAgents, AreThreeModelCallsAndOneAnswer) {
    PluginDriver plugin(kOpenAi);
    plugin.message(kQuestion);
    const Json start = plugin.emitted().at(1).data;
    EXPECT_EQ(start["workflow"], "multi_agent");
    EXPECT_EQ(start["agents"], (Json{"triage", "diagnostic", "treatment"}));
    plugin.chunk(200, says("Not urgent.") + kDone);
    plugin.chunk(200, says("A sprain?") + kDone);
    EXPECT_EQ(plugin.requests.size(), 3u);
    plugin.chunk(200, says("Rest.") + kDone);
    const Json last = end(plugin);
    EXPECT_EQ(last["content"], kWhole);
    EXPECT_EQ(last["agents_completed"], (Json{"triage", "diagnostic", "treatment"}));
    EXPECT_EQ(last["usage"],
              (Json{{"prompt_tokens", 21}, {"completion_tokens", 9}, {"total_tokens", 30}}));
    EXPECT_THAT(statuses(plugin),
                ElementsAre("validating", "checking_emergency", "processing", "running_triage",
                            "running_diagnostic", "running_treatment"));
    const auto running = std::ranges::find_if(plugin.emitted(), [](const Emitted& event) {
        return event.type == "status" && event.data["status"] == "running_diagnostic";
    });
    EXPECT_EQ(running->data["details"], (Json{{"current_agent", "diagnostic"}}));
}

TEST(ChatAgents, EachHasItsPromptAndKnowsWhatWasSaidBefore) {
    Json config = kOpenAi;
    config["system_prompt"] = "S";
    config["agents"] = {{"triage", "T"}, {"diagnostic", "D"}, {"treatment", "R"}};
    PluginDriver plugin(config);
    plugin.message(kQuestion);
    plugin.chunk(200, says("Not urgent.") + kDone);
    plugin.chunk(200, says("A sprain?") + kDone);
    const auto messages = [&](std::size_t request) {
        return Json::parse(plugin.requests.at(request).body)["messages"];
    };
    EXPECT_EQ(messages(0)[0]["content"], "S\n\nT");
    EXPECT_EQ(messages(1)[0]["content"], "S\n\nD");
    EXPECT_EQ(messages(2)[0]["content"], "S\n\nR");
    EXPECT_EQ(messages(2)[3]["content"], "Triage:\nNot urgent.\n\nDiagnostic:\nA sprain?");
}

TEST(ChatAgents, AnEmergencyComesBeforeAllOfThem) {
    PluginDriver plugin(kOpenAi);
    plugin.message(Json{{"content", "I have chest pain and I am sweating"}, {"agents", true}});
    const auto types = plugin.types();
    EXPECT_LT(std::ranges::find(types, "emergency"), std::ranges::find(types, "token"));
    const std::string warning = plugin.tokens();
    EXPECT_THAT(warning, HasSubstr("emergency number"));
    for (const char* part : {"Now.", "Heart?", "Help."}) plugin.chunk(200, says(part) + kDone);
    EXPECT_THAT(end(plugin)["content"].get<std::string>(), StartsWith(warning));
}

// Wherever it is stopped, the text is what was said and the agents are those that were done.
TEST(ChatAgents, ACancelBetweenOrWithinThemClosesTheStream) {
    for (std::size_t done = 0; done < 3; ++done) {
        for (const bool within : {false, true}) {
            PluginDriver plugin(kOpenAi);
            plugin.message(kQuestion);
            for (std::size_t i = 0; i < done; ++i) plugin.chunk(200, says("Part.") + kDone);
            if (within) plugin.chunk(200, says("Half a "));
            plugin.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
            const Json last = end(plugin);
            EXPECT_EQ(last["finish"], "cancelled");
            EXPECT_EQ(last["agents_completed"].size(), done);
            EXPECT_EQ(last["usage"]["total_tokens"], 10 * done);
            EXPECT_EQ(plugin.requests.size(), done + 1);
        }
    }
}

TEST(ChatAgents, AFailureEndsTheRest) {
    PluginDriver plugin(kOpenAi);
    plugin.message(kQuestion);
    plugin.chunk(200, says("Not urgent.") + kDone);
    plugin.http_end(CHARTROOM_OUTCOME_OK, 401);
    const Json last = end(plugin);
    EXPECT_EQ(last["finish"], "error");
    EXPECT_EQ(last["agents_completed"], Json{"triage"});
    EXPECT_EQ(last["content"], "Triage:\nNot urgent.\n\nDiagnostic:\n");
    EXPECT_EQ(plugin.requests.size(), 2u);
    EXPECT_EQ(plugin.emitted().at(plugin.emitted().size() - 2).data["code"], "provider_error");
}

// A restart of the server in the middle of any of the calls: only that part is asked for the rest.
TEST(ChatAgents, AnInterruptedPartGoesOnFromItsOwnText) {
    const std::vector<std::pair<std::string, std::string>> parts{
        {"Not ", "urgent."}, {"A ", "sprain?"}, {"Re", "st."}};
    for (std::size_t broken = 0; broken < parts.size(); ++broken) {
        PluginDriver plugin(kOpenAi);
        plugin.message(kQuestion);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            plugin.chunk(200, says(parts[i].first));
            if (i == broken) {
                plugin.http_end(CHARTROOM_OUTCOME_INTERRUPTED, 200);
                const Json asked = Json::parse(plugin.requests.back().body)["messages"];
                EXPECT_EQ(asked[asked.size() - 2]["content"], parts[i].first);
            }
            plugin.chunk(200, says(parts[i].second) + kDone);
        }
        EXPECT_EQ(end(plugin)["content"], kWhole) << broken;
        EXPECT_EQ(plugin.requests.size(), 4u);
    }
}

TEST(ChatAgents, APartThatIsCutByTheModelIsLengthAndTheOthersFollow) {
    PluginDriver plugin(kOpenAi);
    plugin.message(kQuestion);
    plugin.chunk(200, says("Not") + R"(data: {"choices":[{"delta":{},"finish_reason":"length"}]})" +
                          "\n\ndata: [DONE]\n\n");
    plugin.chunk(200, says("A sprain?") + kDone);
    plugin.chunk(200, says("Rest.") + kDone);
    EXPECT_EQ(end(plugin)["finish"], "length");
    EXPECT_EQ(end(plugin)["agents_completed"].size(), 3u);
}

TEST(ChatAgents, AFullAnswerEndsWithTheAgentThatFilledIt) {
    PluginDriver plugin(kOpenAi);
    plugin.message(kQuestion);
    const std::string block = says(std::string(8'192, 'x'));
    for (int i = 0; i < 100 && plugin.ends == 0; ++i) plugin.chunk(200, block);
    EXPECT_EQ(end(plugin)["finish"], "length");
    EXPECT_THAT(end(plugin)["agents_completed"], IsEmpty());
    EXPECT_EQ(plugin.requests.size(), 1u);
}

TEST(ChatAgents, TheBuiltinMakesThreePasses) {
    PluginDriver plugin({{"provider", "builtin"}, {"history", 0}, {"token_delay_ms", 0}});
    plugin.message(kQuestion);
    const Json last = end(plugin);
    const auto text = last["content"].get<std::string>();
    EXPECT_THAT(text, StartsWith("Triage:\nThis is what I understood so far:\n- there is: pain and "
                                 "swelling of the big toe"));
    EXPECT_THAT(text, HasSubstr("\n\nHow soon: this "));
    EXPECT_THAT(text, HasSubstr("\n\nDiagnostic:\nWhat a clinician may want to consider"));
    EXPECT_THAT(text, HasSubstr("\n\nTreatment:\nTo look up what guidance offers"));
    EXPECT_EQ(last["agents_completed"].size(), 3u);
}

TEST(ChatAgents, TheBuiltinIsStoppedBetweenTwoWords) {
    PluginDriver plugin({{"provider", "builtin"}, {"history", 0}, {"token_delay_ms", 30}});
    plugin.message(kQuestion);
    while (plugin.ends == 0 && plugin.tokens().find("Diagnostic:\nWhat a") == std::string::npos)
        plugin.timer();
    plugin.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
    EXPECT_EQ(end(plugin)["agents_completed"], Json{"triage"});
}

}  // namespace
}  // namespace chat
