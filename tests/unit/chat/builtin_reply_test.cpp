#include "plugins/chat/builtin_reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/engine_fixture.hpp"

namespace chat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(BuiltinReply, NamesNoCauseWhereNoneFits) {
    const std::string text = reply(asking("I fell off my bike"));
    EXPECT_THAT(text, HasSubstr("None of the conditions that I know fits"));
    EXPECT_THAT(text, HasSubstr("too little is known to say"));
    EXPECT_THAT(text, Not(HasSubstr("What a clinician may want to consider")));
    EXPECT_THAT(text, Not(HasSubstr("Have it looked at")));
}

TEST(BuiltinReply, SaysWhatItUnderstoodWhatMattersAndWhatToAsk) {
    const std::string text = reply(asking(
        "I am a 30 year old woman. Burning when I pee and peeing often for 2 days, no fever."));
    EXPECT_THAT(text, HasSubstr("- there is: pain on passing urine (2 days), passing urine often"));
    EXPECT_THAT(text, HasSubstr("- there is not: fever"));
    EXPECT_THAT(text, HasSubstr("- about the person: age 30 years, female"));
    EXPECT_THAT(text, HasSubstr("\n1. Cystitis (lower urinary tract infection): fits strongly"));
    EXPECT_THAT(text, HasSubstr("For it: pain on passing urine, "));
    EXPECT_THAT(text, HasSubstr("How soon: this "));
    EXPECT_THAT(text, HasSubstr("What would help most to know next:\n1. "));
    EXPECT_THAT(text, HasSubstr("\n3. "));
    EXPECT_THAT(text, HasSubstr("Get help at once for: "));
    EXPECT_THAT(text, HasSubstr("Not a medical device. Knowledge base kb-"));
}

TEST(BuiltinReply, NeverSaysThatSomebodyHasSomethingOrThatSomethingIsSafe) {
    for (const char* question : {"crushing chest pain and sweating", "I have a cough and a fever",
                                 "Can I take ibuprofen with warfarin?", "Is paracetamol safe?",
                                 "Hello", "My elbow glows", "I want to end my life"}) {
        const std::string text = reply(asking(question));
        EXPECT_THAT(text, Not(HasSubstr("ou have"))) << question;
        EXPECT_THAT(text, Not(HasSubstr("safe"))) << question;
    }
}

TEST(BuiltinReply, LittleToGoByIsNotCalledHarmless) {
    for (const char* question : {"my knee hurts", "my chest feels tight", "I have a cough"}) {
        const std::string text = reply(asking(question));
        EXPECT_THAT(text, HasSubstr("How soon: ")) << question;
        EXPECT_THAT(text, Not(HasSubstr("at home"))) << question;
    }
}

TEST(BuiltinReply, SaysWhatItDidNotUnderstandAndWhatItSetAside) {
    const std::string text = reply(asking(
        "I have a cough, my elbow glows in the dark. My father had a seizure. Temperature 400 C"));
    EXPECT_THAT(text, HasSubstr("Not understood: \"my elbow glows in the dark\"."));
    EXPECT_THAT(text, HasSubstr("- set aside: seizure (of somebody else)"));
    EXPECT_THAT(text, HasSubstr("Not used: temperature must be"));
}

TEST(BuiltinReply, EarlierMessagesCountAndLaterOnesCorrectThem) {
    const std::string text =
        reply(asking("no fever any more, but a sore throat", {"I have a fever and a cough"}));
    EXPECT_THAT(text, HasSubstr("- there is: cough, sore throat"));
    EXPECT_THAT(text, HasSubstr("- there is not: fever"));
}

TEST(BuiltinReply, TheProfileCounts) {
    const nlohmann::json profile{
        {"age", 70},
        {"chronic_conditions", {"asthma"}},
        {"current_medications", {{{"name", "warfarin"}, {"dose", "5 mg"}}}},
        {"allergies", {{"drug", {"penicillin"}}}}};
    const std::string text = reply(asking("I have a cough", {}, profile));
    EXPECT_THAT(text, HasSubstr("age 70 years"));
    EXPECT_THAT(text, HasSubstr("asthma"));
    EXPECT_THAT(text, HasSubstr("- takes: warfarin"));
    EXPECT_THAT(text, HasSubstr("- allergic to: penicillin"));
}

TEST(BuiltinReply, AGreetingIsAnsweredWithWhoItIs) {
    EXPECT_THAT(reply(asking("Hello!")), HasSubstr("built-in assistant"));
    EXPECT_THAT(reply(asking("Hello!")), Not(HasSubstr("1. ")));
}

TEST(BuiltinReply, WithoutAFindingThereIsAQuestionAndNoDifferential) {
    for (const char* question : {"My elbow glows", "could this be a stroke?", "asdf qwer",
                                 "my father had a stroke", "\xff\xfe\xc3"}) {
        const std::string text = reply(asking(question));
        EXPECT_THAT(text, HasSubstr("What troubles you most")) << question;
        EXPECT_THAT(text, Not(HasSubstr("1. "))) << question;
    }
}

TEST(BuiltinReply, WhatWasAnEmergencyStaysOne) {
    const std::string text = reply(asking("thanks", {"crushing chest pain and sweating"}));
    EXPECT_THAT(text, HasSubstr("What was said before may still be an emergency"));
}

TEST(BuiltinReply, LongTextsAreQuotedToACharactersBoundary) {
    std::string text = "xy";
    for (int i = 0; i < 300; ++i) text += " \xc3\xa9\xc3\xa9";
    const std::string answer = reply(asking(text));
    EXPECT_LT(answer.size(), 1'200u);
    EXPECT_THAT(answer, HasSubstr(" \xe2\x80\xa6\""));
    EXPECT_NO_THROW(static_cast<void>(nlohmann::json(answer).dump()));  // it is UTF-8
}

TEST(DrugAnswer, NamesTheRuleOrSaysThatThisListHasNone) {
    const std::string known = reply(asking("Can I take ibuprofen with warfarin?"));
    EXPECT_THAT(known, HasSubstr("ibuprofen with warfarin: major interaction: "));
    EXPECT_THAT(known, HasSubstr("No allergy was stated"));
    const std::string unknown = reply(asking("Can I take paracetamol with cetirizine?"));
    EXPECT_THAT(unknown, HasSubstr("no interaction found in this list ("));
    EXPECT_THAT(unknown, HasSubstr(" rules, kb-"));
}

TEST(DrugAnswer, LooksAtWhatIsTakenAndNotTolerated) {
    const nlohmann::json profile{{"current_medications", {"warfarin", "xyzol"}},
                                 {"allergies", {"penicillin"}}};
    const std::string text = reply(asking("Can I take ibuprofen?", {}, profile));
    EXPECT_THAT(text, HasSubstr("ibuprofen with warfarin: major interaction"));
    EXPECT_THAT(text, HasSubstr("xyzol is not in this list"));
    EXPECT_THAT(text, HasSubstr("No match with the stated allergies"));
    EXPECT_THAT(reply(asking("Can I take amoxicillin?", {}, profile)),
                HasSubstr("amoxicillin: not with the stated allergy: penicillin"));
}

TEST(Treatment, SaysWhatIsMissingOrWhatGuidanceOffersOrRefers) {
    const auto treated = [](std::string question, nlohmann::json profile = {}) {
        Conversation talk = asking(std::move(question), {}, std::move(profile));
        talk.agent = &kTreatment;
        return reply(talk);
    };
    const std::string cystitis = "burning when I pee, peeing often, no fever, no vaginal discharge";
    EXPECT_THAT(treated(cystitis), HasSubstr("these are missing: the age, allergies"));
    const nlohmann::json known{{"age", 30},
                               {"sex", "female"},
                               {"pregnant", false},
                               {"allergies", nlohmann::json::array()},
                               {"current_medications", nlohmann::json::array()}};
    EXPECT_THAT(treated(cystitis, known), HasSubstr("guidance offers, for review"));
    EXPECT_THAT(treated(cystitis, known), HasSubstr("nitrofurantoin"));
    EXPECT_THAT(treated("crushing chest pain and sweating", known),
                HasSubstr("An emergency comes first"));
    EXPECT_THAT(treated("My elbow glows"), HasSubstr("Nothing is known yet"));
}

TEST(InPieces, JoinedTheyAreTheText) {
    const std::string text = "one two  three\n\nfour \xc3\xa9t\xc3\xa9 six ";
    for (std::size_t words = 1; words <= 8; ++words) {
        std::string joined;
        for (const auto piece : in_pieces(text, words)) joined += piece;
        EXPECT_EQ(joined, text);
    }
    EXPECT_THAT(in_pieces("one two three", 2), ElementsAre("one two ", "three"));
    EXPECT_THAT(in_pieces("one two", 1), ElementsAre("one ", "two"));
    EXPECT_TRUE(in_pieces("", 1).empty());
}

}  // namespace
}  // namespace chat
