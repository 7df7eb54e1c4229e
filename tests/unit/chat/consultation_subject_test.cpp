// Two people never add up to one patient.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chat/engine_fixture.hpp"

namespace chat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kBladder =
    "I'm 34, female. Since yesterday it burns when I pee. No fever, no back pain.";
const std::string kDad = "My dad, 61, has crushing chest pain and is sweating";

std::string_view subject_in(const std::string& text) {
    return shipped_engine().reader.read(text).subject;
}

TEST(Subject, IsWhoTheComplaintIsOf) {
    const std::pair<const char*, const char*> cases[] = {
        {"I have a headache", "me"},
        {"My head hurts, a headache since noon", "me"},
        {"headache since noon", ""},
        {"My mum has a fever", "mother"},
        {"I'm worried about my dad. He has chest pain.", "father"},
        {"My dad has chest pain. I'm scared.", "father"},
        {"My dad had a stroke last year. I have a headache.", "me"},
        {"My wife says I look pale and I have a cough", "me"},
        {"My wife noticed that my cough got worse", "me"},
        {"Since my baby was born I have a fever", "me"},
        {"Our toddler has a barking cough", "child"},
        {"She has a fever", ""},
        {"I brought her here because she has a fever", ""},
    };
    for (const auto& [text, who] : cases) EXPECT_EQ(subject_in(text), who) << text;
}

TEST(Subject, AnAgeMayStandRightBehindWhoeverItIsOf) {
    EXPECT_EQ(shipped_engine().reader.read(kDad).values.age, 61);
    EXPECT_EQ(shipped_engine().reader.read("My son is 7 and has a fever").values.age, 7);
    EXPECT_EQ(shipped_engine().reader.read("My son, 2 days of fever").values.age, std::nullopt);
}

TEST(Subject, SomebodyElseBeginsAStoryOfTheirOwn) {
    const Conversation talk = asking(kDad, {kBladder});
    const Consultation& now = *talk.consultation;
    EXPECT_TRUE(now.another_person);
    EXPECT_EQ(now.story.values().at(clinical::Input::age), 61);
    EXPECT_THAT(now.story.sex(), IsEmpty());
    EXPECT_TRUE(now.new_emergency);
    const std::string text = reply(talk);
    EXPECT_THAT(text, HasSubstr("about your father, and set aside"));
    EXPECT_THAT(text, Not(HasSubstr("passing urine")));
}

TEST(Subject, TheSamePersonGoesOnUnderAnotherWordOrNone) {
    EXPECT_FALSE(
        asking("She has a rash, too", {"My daughter has a fever"}).consultation->another_person);
    const Conversation talk = asking("My son has a rash, too", {"The baby has a fever"});
    EXPECT_FALSE(talk.consultation->another_person);
    EXPECT_GE(talk.consultation->story.findings().size(), 2u);
    EXPECT_FALSE(asking("I have a fever, too", {"cough for 3 days"}).consultation->another_person);
}

TEST(Subject, TheProfileIsTheWritersAndNobodyElses) {
    const nlohmann::json profile{{"age", 70}, {"current_medications", {"warfarin"}}};
    EXPECT_THAT(asking("My son has a fever", {}, profile).consultation->story.medications(),
                IsEmpty());
    const Conversation back = asking("I have a cough now", {"My son has a fever"}, profile);
    EXPECT_TRUE(back.consultation->another_person);
    EXPECT_EQ(back.consultation->story.values().at(clinical::Input::age), 70);
}

TEST(Subject, TheIOfAnotherWriterIsAnotherPerson) {
    Conversation talk;
    talk.earlier.push_back({true, "I'm 61, male, with crushing chest pain", false});
    talk.question = "I am sweating a lot and I am 20";
    talk = consulted(std::move(talk));
    EXPECT_TRUE(talk.consultation->another_person);
    EXPECT_FALSE(talk.consultation->emergency);
    EXPECT_THAT(talk.consultation->story.sex(), IsEmpty());
}

TEST(Subject, WhoSpeaksOfNobodySpeaksOfWhoWroteBefore) {
    Conversation talk;
    talk.earlier.push_back({true, "I'm 61, with crushing chest pain", false});
    talk.question = "Sweating, too?  BP 90/60, sweating.";
    talk = consulted(std::move(talk));
    EXPECT_FALSE(talk.consultation->another_person);
    EXPECT_TRUE(talk.consultation->emergency);
    EXPECT_THAT(reply(talk), HasSubstr("who wrote before you"));
}

TEST(EmergencyReply, SaysFirstWhatMustNotBeMissedAndNamesNoDateForAVisit) {
    const std::string text = reply(asking(kDad));
    EXPECT_THAT(text, HasSubstr("1. Acute coronary syndrome"));
    EXPECT_THAT(text, Not(HasSubstr("Have it looked at")));
    const std::string young =
        reply(asking("I'm 34, female. I have crushing chest pain and I'm sweating"));
    EXPECT_THAT(young, HasSubstr("1. Acute coronary syndrome"));
}

}  // namespace
}  // namespace chat
