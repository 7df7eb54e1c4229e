#include <gtest/gtest.h>

#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

TEST(Broadcast, TextGoesToEveryFollower) {
    Conversation talk("broadcast");
    EXPECT_EQ(talk.connect(), "! join slot=0\n");
    talk.open(0, "main");
    EXPECT_EQ(talk.client("hi \"all\""),
              "! send slot=0 broadcast {\"content\":\"hi \\\"all\\\"\"}\n");
    EXPECT_EQ(talk.event(2, 1, "broadcast", R"({"content":"hi \"all\""})"),
              "< Someone said: hi \"all\"\n");
    EXPECT_EQ(talk.event(3, 1, "message", R"({"content":"other"})"), "");
}

TEST(Broadcast, AnEnvelopeCarriesTheOffset) {
    Conversation talk("broadcast");
    EXPECT_EQ(talk.connect({{"envelope", "1"}, {"after", "4"}}), "! join slot=0 after=4\n");
    talk.open(0, "main");
    EXPECT_EQ(
        talk.event(5, 1, "broadcast", R"({"content":"a"})"),
        R"(< {"offset":5,"session":"main","epoch":"00000000000000e1","text":"Someone said: a"})"
        "\n");
    EXPECT_EQ(talk.event(6, 1, "broadcast", R"({"content":"b"})"),
              R"(< {"offset":6,"text":"Someone said: b"})"
              "\n");
}

TEST(Broadcast, ATokenIsNeverPassedOn) {
    Conversation talk("broadcast");
    talk.connect();
    for (const char* frame :
         {R"({"token":"x"})", R"({"data":{"token":"x"}})", R"({"tok\u0065n":"x"})",
          R"({"data":{"a":[{"b":1}],"\u0074oken":null}})"}) {
        EXPECT_EQ(
            talk.client(frame),
            R"(< {"error":{"code":"validation_error","message":"a token has no place in this frame; it was not read"}})"
            "\n- validation_error\n")
            << frame;
    }
    EXPECT_EQ(talk.client(R"({"deep":{"token":"x"}})").substr(0, 6), "! send");
}

}  // namespace
}  // namespace chartroom::dialects
