#include "core/auth/principal.hpp"

#include <gtest/gtest.h>

namespace chartroom::auth {
namespace {

TEST(Participant, TheSameKeyIsTheSameParticipant) {
    base::SeededRandom random(1);
    const std::string key = make_participant_key(random);
    EXPECT_EQ(key.size(), 32u);
    EXPECT_EQ(anonymous_participant(key)->id, anonymous_participant(key)->id);
    EXPECT_NE(anonymous_participant(key)->id,
              anonymous_participant(make_participant_key(random))->id);
}

TEST(Participant, ItsIdDoesNotShowTheKey) {
    base::SeededRandom random(2);
    const std::string key = make_participant_key(random);
    const auto participant = anonymous_participant(key);
    ASSERT_TRUE(participant);
    EXPECT_EQ(participant->who, Who::anonymous);
    EXPECT_EQ(participant->id.size(), 32u);
    EXPECT_NE(participant->id, key);
    EXPECT_EQ(participant->party(), "anon/" + participant->id);
}

TEST(Participant, WhatIsNoKeyIsRefused) {
    for (const char* key :
         {"", "00", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdeg",
          "0123456789abcdef0123456789abcdef0"}) {
        const auto participant = anonymous_participant(key);
        ASSERT_FALSE(participant) << key;
        EXPECT_EQ(participant.error().code, base::Code::validation_error);
        EXPECT_EQ(participant.error().field, "participant");
    }
}

TEST(Principal, PartiesOfDifferentKindsNeverMeet) {
    EXPECT_EQ((Principal{.who = Who::user, .id = "7", .sessions = {}, .sessions_read = {}}.party()),
              "user/7");
    EXPECT_EQ(
        (Principal{.who = Who::admin, .id = "7", .sessions = {}, .sessions_read = {}}.party()),
        "admin/7");
}

}  // namespace
}  // namespace chartroom::auth
