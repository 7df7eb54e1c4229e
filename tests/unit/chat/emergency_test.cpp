// What a message is warned of: the phrases that people use for it.
#include "plugins/chat/emergency.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/engine_fixture.hpp"

namespace chat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::optional<Emergency> find_red_flags(std::string_view text) {
    return emergency_in(text);
}

TEST(Emergencies, EveryRuleIsFound) {
    for (const char* text : {
             "My face is drooping on the left",
             "His speech is slurred since an hour",
             "I have the worst headache of my life",
             "High fever and my neck is very stiff",
             "A fever, and purple spots on the legs",
             "I have chest pain and I am sweating",
             "chest pain, then I passed out",
             "Tearing pain between my shoulders",
             "My SpO2 is 88 %",
             "My throat is closing up",
             "She has hives and is wheezing",
             "I am vomiting blood and feel faint",
             "black tarry stools, dizzy and pale",
             "His stomach is rigid",
             "I'm pregnant and bleeding",
             "Sudden pain in my left testicle",
             "I feel numbness in my groin",
             "red painful eye, I can't see with it",
             "She had a seizure",
             "Blood sugar is 22 and I keep vomiting",
             "I want to end my life",
             "My 6-week-old has a fever",
             "My baby is lethargic and vomits everything",
             "I can\xe2\x80\x99t breathe",
         })
        EXPECT_TRUE(find_red_flags(text)) << text;
}

TEST(Emergencies, EverydayComplaintsAreNone) {
    for (const char* text : {
             "I have had a headache and a sore throat for three days, and I do not sleep well.",
             "I have a cough and a runny nose",
             "My knee hurts after running",
             "Hello",
             "My blood pressure is 120/80 and my sugar is 5.4",
             "chest pain only when I press on the rib",
             "I am pregnant and feel fine",
             "The baby has a nappy rash",
             "I have a fever of 38.5",
             "SpO2 is 98",
             "",
             "My sugar is 110 mg/dl and I vomited once",
         })
        EXPECT_FALSE(find_red_flags(text)) << text;
}

TEST(Emergencies, WhatIsDeniedIsNotThere) {
    for (const char* text : {
             "No chest pain, no sweating",
             "I have chest pain but no sweating",
             "Chest pain without sweating or fainting",
             "He denies chest pain or sweating",
             "I don't have a stiff neck, only a fever",
             "She never had a seizure",
             "I am not suicidal",
         })
        EXPECT_FALSE(find_red_flags(text)) << text;
    for (const char* text : {
             "No fever, but chest pain and sweating",
             "I am not well. Chest pain and sweating.",
             "It is not only chest pain, I am also sweating",
             "No doubt this is a seizure",
             "My father is not breathing",
         })
        EXPECT_TRUE(find_red_flags(text)) << text;
}

TEST(Emergencies, TheWarningSaysWhatMatchedWhatToDoAndFromWhere) {
    const auto found =
        find_red_flags("I have crushing chest pain and I'm sweating. She had a seizure");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->level, "emergency");
    EXPECT_THAT(found->matched, ElementsAre(HasSubstr("Chest pain"), HasSubstr("Seizure")));
    EXPECT_THAT(found->message, HasSubstr("local emergency number"));
    EXPECT_THAT(found->source, HasSubstr("NICE"));
}

TEST(Emergencies, ThoughtsOfSuicideGetWordsOfTheirOwn) {
    const auto found = find_red_flags("I want to kill myself");
    ASSERT_TRUE(found);
    EXPECT_THAT(found->message, HasSubstr("stay with someone you trust"));
}

TEST(Emergencies, OthersThePastAndQuestionsAreNone) {
    for (const char* text : {
             "My father had a stroke and was unconscious",
             "Could this be a stroke?",
             "Last year I had chest pain and was sweating",
             "What should I do if I get chest pain with sweating?",
             "Can stress cause a seizure?",
         })
        EXPECT_FALSE(find_red_flags(text)) << text;
}

// What the profile says counts for the message.
TEST(Emergencies, TheProfileCounts) {
    const nlohmann::json pregnant{{"pregnant", true}, {"age", 30}, {"sex", "female"}};
    EXPECT_TRUE(emergency_in("I am bleeding", pregnant));
    EXPECT_FALSE(emergency_in("I am bleeding"));
    const nlohmann::json baby{{"age", "6 weeks"}};
    EXPECT_TRUE(emergency_in("a temperature of 38.5", baby));
}

TEST(Emergencies, AddUpOverMessages) {
    EXPECT_FALSE(asking("I have chest pain").consultation->emergency);
    const Conversation talk = asking("Now I am sweating, too", {"I have chest pain"});
    ASSERT_TRUE(talk.consultation->new_emergency);
    EXPECT_THAT(talk.consultation->new_emergency->message, HasSubstr("Chest pain"));
    // It stays one, but is not new.
    const Conversation later = asking("thanks", {"I have chest pain", "Now I am sweating"});
    EXPECT_TRUE(later.consultation->emergency);
    EXPECT_FALSE(later.consultation->new_emergency);
    // A correction takes it back.
    EXPECT_FALSE(asking("No chest pain, I meant my back", {"I have chest pain", "I am sweating"})
                     .consultation->emergency);
}

}  // namespace
}  // namespace chat
