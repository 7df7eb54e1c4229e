// What several messages add up to.
#include "plugins/clinical/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/clinical/assessment.hpp"
#include "tests/unit/clinical/free_text_fixture.hpp"

namespace clinical {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Story told(std::initializer_list<const char*> messages) {
    Story story(shipped());
    for (const char* message : messages) story.add(reader().read(message));
    return story;
}

State state_of(const Story& story, std::string_view finding) {
    const Intake intake = take_in(shipped(), story.diagnosis_request());
    return intake.facts.findings[shipped().findings.find(finding).value()];
}

TEST(Story, MessagesAddUp) {
    const Story story = told({"I have a cough", "and a temperature of 38.7", "I am 70 years old"});
    EXPECT_EQ(state_of(story, "cough"), State::present);
    EXPECT_EQ(state_of(story, "fever"), State::present);
    EXPECT_EQ(state_of(story, "age_65"), State::present);
    EXPECT_TRUE(story.has_complaint());
}

TEST(Story, ALaterMessageCorrectsAnEarlierOne) {
    EXPECT_EQ(state_of(told({"I have a fever", "no fever any more"}), "fever"), State::absent);
    EXPECT_EQ(state_of(told({"no fever", "now I do have a fever"}), "fever"), State::present);
    EXPECT_EQ(state_of(told({"I am 7 years old", "sorry, I am 70 years old"}), "age_65"),
              State::present);
    EXPECT_THAT(told({"I take warfarin", "I stopped taking warfarin"}).medications(), IsEmpty());
}

TEST(Story, WhatWasSaidFirstComesFirst) {
    const auto order = [](std::initializer_list<const char*> messages) {
        std::vector<std::string> names;
        for (const Symptom& symptom : told(messages).diagnosis_request().symptoms)
            names.push_back(symptom.name);
        return names;
    };
    EXPECT_THAT(order({"vomiting and a headache", "also a fever"}),
                ElementsAre("vomiting", "headache", "fever"));
    EXPECT_THAT(order({"a fever, no cough", "a headache", "the fever is worse"}),
                ElementsAre("fever", "cough", "headache"));
}

TEST(Story, ADenialTakesBackWhatEntailsIt) {
    const Story story = told({"I had a temperature of 39.5 this morning", "I have no fever now"});
    EXPECT_EQ(state_of(story, "fever"), State::absent);
    EXPECT_EQ(state_of(story, "high_fever"), State::absent);
    const Story chest = told({"no chest pain", "crushing chest pain and sweating"});
    EXPECT_EQ(state_of(chest, "chest_pain"), State::present);
}

TEST(Story, InOneMessageTheMoreCarefulReadingHolds) {
    EXPECT_EQ(state_of(told({"No chest pain at rest. Chest pain when I run."}), "chest_pain"),
              State::present);
}

TEST(Story, AnAgeDecidesOverAWordForIt) {
    EXPECT_EQ(state_of(told({"my son is drowsy"}), "child"), State::present);
    EXPECT_NE(state_of(told({"my son is 35 years old and drowsy"}), "child"), State::present);
}

TEST(Story, DurationsAndSeveritiesReachTheEngine) {
    EXPECT_EQ(state_of(told({"I have had a cough for 5 weeks"}), "prolonged_cough"),
              State::present);
    EXPECT_EQ(state_of(told({"my headache is 9 out of 10"}), "severe_headache"), State::present);
}

TEST(Story, APrescriptionNeedsAnAge) {
    EXPECT_FALSE(told({"I have a cough"}).prescription_request("pneumonia"));
    const auto request = told({"I am 40, 80 kg, I take warfarin and I am allergic to penicillin"})
                             .prescription_request("pneumonia");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->patient.age, 40);
    EXPECT_EQ(request->patient.weight, 80);
    EXPECT_THAT(request->medications, ElementsAre("warfarin"));
    EXPECT_THAT(request->allergies, ElementsAre("penicillin"));
}

TEST(Story, NothingSaidIsNoComplaint) {
    EXPECT_FALSE(told({"Hello", "I am 40 years old", "my father had a stroke"}).has_complaint());
}

}  // namespace
}  // namespace clinical
