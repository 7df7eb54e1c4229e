// What a model's text may not add, and what becomes of it.
#include "plugins/chat/model_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/engine_fixture.hpp"
#include "tests/unit/chat/plugin_driver.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Unchecked checked(std::string_view text, std::string_view given = "") {
    return check_model_text(shipped_engine(), text, given);
}

TEST(ModelCheck, ADrugThatNobodyGaveIsNamedByItsId) {
    EXPECT_THAT(checked("Take some ibuprofen.").drugs, ElementsAre("ibuprofen"));
    EXPECT_THAT(checked("Take some ibuprofen.", "May I take ibuprofen?").drugs, IsEmpty());
    EXPECT_THAT(checked("An SSRI may help.").drugs, ElementsAre("ssri"));
    EXPECT_THAT(checked("NSAIDs, then.", "I take ibuprofen").drugs, IsEmpty());
    EXPECT_THAT(checked("Zorbomycin would do.").drugs, ElementsAre("-mycin"));
}

TEST(ModelCheck, AConditionThatNobodyGaveIsNamedByItsId) {
    EXPECT_THAT(checked("It looks like pneumonia.").conditions, ElementsAre("pneumonia"));
    EXPECT_THAT(checked("It looks like pneumonia.", "1. Pneumonia: possible").conditions,
                IsEmpty());
    EXPECT_THAT(checked("Perhaps pancolitis.").conditions, ElementsAre("-itis"));
    EXPECT_THAT(checked("This is not a diagnosis.").conditions, IsEmpty());
}

TEST(ModelCheck, ANumberWithAClinicalUnitIsNamedByItsUnit) {
    EXPECT_THAT(checked("Take 400 mg.").numbers, ElementsAre("mg"));
    EXPECT_THAT(checked("Take 400mg.", "400 mg were given").numbers, IsEmpty());
    EXPECT_THAT(checked("Take 800 mg.", "400 mg were given").numbers, ElementsAre("mg"));
    EXPECT_THAT(checked("Take five hundred mg.").numbers, ElementsAre("mg"));
    EXPECT_THAT(checked("A probability of 0.8, or 80 %").numbers, ElementsAre("probability", "%"));
    EXPECT_THAT(checked("1 in 10 people").numbers, ElementsAre("probability"));
    EXPECT_THAT(checked("Pressure of 120/80").numbers, ElementsAre("ratio"));
    EXPECT_THAT(checked("39.2 degrees", "temp 39.2").numbers, ElementsAre("degrees"));
    EXPECT_THAT(checked("39.2 degrees",
                        "temperature 39.2 \xc2\xb0"
                        "C")
                    .numbers,
                IsEmpty());
    EXPECT_THAT(checked("every 6 hours").numbers, ElementsAre("hours"));
    EXPECT_THAT(checked("2 tablets").numbers, ElementsAre("tablets"));
    EXPECT_THAT(checked("There are 3 things to tell 2 people in 2026.").numbers, IsEmpty());
}

std::string says(const std::string& text) {
    return "data: " + Json{{"choices", {{{"delta", {{"content", text}}}}}}}.dump() + "\n\n";
}
const std::string kDone = R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}]})"
                          "\n\ndata: [DONE]\n\n";

Json config(bool strict) {
    return {{"provider", "openai"},
            {"base_url", "http://127.0.0.1:9/v1"},
            {"model", "m"},
            {"history", 0},
            {"strict", strict}};
}

Json end_of(const PluginDriver& plugin) {
    EXPECT_EQ(plugin.ends, 1u);
    EXPECT_EQ(plugin.ends_failed, 0u);
    const Emitted& last = plugin.emitted().back();
    EXPECT_EQ(last.type, "stream_end");
    EXPECT_EQ(last.data["content"], plugin.tokens());
    return last.data;
}

TEST(ModelText, TheEnginesResultsArePartOfThePrompt) {
    PluginDriver plugin(config(false));
    plugin.message(Json{{"content", "I have a cough and a fever"}});
    const Json messages = Json::parse(plugin.requests.at(0).body)["messages"];
    const std::string context = messages[messages.size() - 2]["content"];
    EXPECT_THAT(context, HasSubstr("- there is: fever, cough"));
    EXPECT_THAT(context, HasSubstr("\n1. "));
    EXPECT_LT(context.size(), kContextBytesMax + 1'000);
}

TEST(ModelText, WhatItAddsIsNotedWithoutItsWords) {
    PluginDriver plugin(config(false));
    plugin.message(Json{{"content", "I have a cough"}});
    plugin.chunk(200, says("Take 750 mg of ciprofloxacin for your cellulitis.") + kDone);
    EXPECT_EQ(end_of(plugin)["content"], "Take 750 mg of ciprofloxacin for your cellulitis.");
    EXPECT_EQ(Json::parse(plugin.state)["unchecked"], (Json{{"message_id", 1001},
                                                            {"replaced", false},
                                                            {"drugs", {"ciprofloxacin"}},
                                                            {"conditions", {"cellulitis"}},
                                                            {"numbers", {"mg"}}}));
}

TEST(ModelText, WhatAddsNothingIsNotNoted) {
    PluginDriver plugin(config(false));
    plugin.message(Json{{"content", "I have a cough"}});
    plugin.chunk(200, says("Please tell me more about the cough.") + kDone);
    EXPECT_EQ(end_of(plugin)["finish"], "stop");
    EXPECT_EQ(plugin.state, "");
}

TEST(ModelText, StrictHoldsItUntilItWasChecked) {
    PluginDriver plugin(config(true));
    plugin.message(Json{{"content", "I have a cough"}});
    plugin.chunk(200, says("Please tell me more "));
    EXPECT_EQ(plugin.tokens(), "");
    plugin.chunk(200, says("about the cough.") + kDone);
    EXPECT_EQ(end_of(plugin)["content"], "Please tell me more about the cough.");
}

TEST(ModelText, StrictReplacesWhatAddsSomething) {
    PluginDriver plugin(config(true));
    plugin.message(Json{{"content", "I have a cough"}});
    plugin.chunk(200, says("Take 750 mg of ciprofloxacin.") + kDone);
    const std::string text = end_of(plugin)["content"];
    EXPECT_THAT(text, Not(HasSubstr("ciprofloxacin")));
    EXPECT_THAT(text, HasSubstr("- there is: cough"));
    EXPECT_EQ(Json::parse(plugin.state)["unchecked"]["replaced"], true);
    for (const Emitted& event : plugin.emitted())
        EXPECT_THAT(event.data.dump(), Not(HasSubstr("ciprofloxacin")));
}

TEST(ModelText, StrictShowsNothingOfATextThatDidNotEnd) {
    for (const bool cancelled : {true, false}) {
        PluginDriver plugin(config(true));
        plugin.message(Json{{"content", "I have a cough"}});
        plugin.chunk(200, says("Take cipro"));
        if (cancelled)
            plugin.cancel(CHARTROOM_CANCEL_CLIENT_STOP);
        else
            plugin.http_end(CHARTROOM_OUTCOME_TIMED_OUT, 200);
        EXPECT_EQ(end_of(plugin)["content"], "");
    }
}

TEST(ModelText, AnEmergencyIsToldBeforeTheModelIsAsked) {
    PluginDriver plugin(config(true));
    plugin.message(Json{{"content", "crushing chest pain and sweating"}});
    EXPECT_THAT(plugin.types(), Contains("emergency"));
    EXPECT_THAT(plugin.tokens(), HasSubstr("emergency number"));
    plugin.chunk(200, says("Please call now.") + kDone);
    EXPECT_THAT(end_of(plugin)["content"].get<std::string>(), HasSubstr("Please call now."));
}

TEST(ModelText, PartsOfAgentsAreCheckedOneByOne) {
    PluginDriver plugin(config(true));
    plugin.message(Json{{"content", "I have a cough"}, {"agents", true}});
    plugin.chunk(200, says("Not urgent.") + kDone);
    plugin.chunk(200, says("It is cellulitis.") + kDone);
    plugin.chunk(200, says("Take ciprofloxacin.") + kDone);
    const std::string text = end_of(plugin)["content"];
    EXPECT_THAT(text, HasSubstr("Triage:\nNot urgent."));
    EXPECT_THAT(text, HasSubstr("Diagnostic:\nWhat a clinician may want to consider"));
    EXPECT_THAT(text, Not(HasSubstr("cellulitis")));
    const Json note = Json::parse(plugin.state)["unchecked"];
    EXPECT_EQ(note["conditions"], Json{"cellulitis"});
    EXPECT_EQ(note["drugs"], Json{"ciprofloxacin"});
}

TEST(ModelText, TheParticipantsOfAConversationStayBesideTheNote) {
    PluginDriver plugin(config(false));
    plugin.session = "shared/conversation:12";
    plugin.message(Json{{"content", "I have a cough"}});
    plugin.chunk(200, says("Take ciprofloxacin.") + kDone);
    EXPECT_EQ(Json::parse(plugin.state)["participants"], Json{"user/ann"});
    EXPECT_EQ(Json::parse(plugin.state)["unchecked"]["drugs"], Json{"ciprofloxacin"});
}

}  // namespace
}  // namespace chat
