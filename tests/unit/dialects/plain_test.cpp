#include <gtest/gtest.h>

#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

TEST(Plain, TextIsEchoed) {
    Conversation talk("plain");
    EXPECT_EQ(talk.connect(), "! join slot=0\n");
    talk.open(0, "s");
    for (const auto& [frame, content] : {
             std::pair<const char*, const char*>{"hello", "hello"},
             {"", ""},
             {"{broken", "{broken"},
             {"[1]", "[1]"},
             {"42", "42"},
             {R"({"other":1})", R"({\"other\":1})"},
             {R"({"content":"x")", R"({\"content\":\"x\")"},
         }) {
        EXPECT_EQ(talk.client(frame),
                  "! send slot=0 echo {\"content\":\"" + std::string(content) + "\"}\n");
    }
    EXPECT_EQ(talk.event(2, 1, "echo", R"({"content":"hel\nlo"})"), "< Echo: hel\nlo\n");
}

TEST(Plain, AnAnswerIsOneFrame) {
    Conversation talk("plain");
    talk.connect();
    talk.open(0, "s");
    EXPECT_EQ(talk.client(R"({"role":"user","content":"Hello"})"),
              "! send slot=0 chat {\"content\":\"Hello\",\"role\":\"user\"}\n");
    EXPECT_EQ(talk.notice(engine::Accepted{.request = 1, .offset = {1}, .duplicate = false}), "");
    EXPECT_EQ(talk.event(2, 1, "message", R"({"content":"Hello"})"), "");
    EXPECT_EQ(talk.event(3, 1, "stream_start", "{}"), "");
    EXPECT_EQ(talk.event(4, 1, "token", R"({"content":"Good "})"), "");
    EXPECT_EQ(talk.event(5, 1, "stream_end", R"({"content":"Good day","finish":"stop"})", true),
              R"(< {"reply":"Good day","offset":5,"session":"s","epoch":"00000000000000e1"})"
              "\n");
}

TEST(Plain, StatusIsSentWhereTheUrlAsksForIt) {
    Conversation talk("plain");
    talk.connect({{"status", "1"}, {"session", "s"}, {"after", "3"}});
    talk.open(0, "s");
    EXPECT_EQ(
        talk.event(5, 1, "stream_end", R"({"content":"a"})", true),
        "< {\"status\":\"processing\"}\n"
        "< {\"reply\":\"a\",\"offset\":5,\"session\":\"s\",\"epoch\":\"00000000000000e1\"}\n");
    EXPECT_EQ(talk.event(7, 6, "stream_start", "{}"), "< {\"status\":\"processing\"}\n");
    EXPECT_EQ(talk.event(8, 6, "stream_end", R"({"content":"b"})", true),
              "< {\"reply\":\"b\",\"offset\":8}\n");
}

TEST(Plain, AFailedAnswerIsStillOneFrame) {
    Conversation talk("plain");
    talk.connect();
    talk.open(0, "s");
    talk.event(2, 1, "stream_start", "{}");
    EXPECT_EQ(talk.event(3, 1, "error", R"({"code":"plugin_failed","message":"sorry"})"), "");
    EXPECT_EQ(
        talk.event(4, 1, "stream_end", R"({"content":"half","finish":"error"})", true),
        R"(< {"error":{"code":"plugin_failed","message":"sorry"},"reply":"half","offset":4,"session":"s","epoch":"00000000000000e1"})"
        "\n");
    talk.event(6, 5, "stream_start", "{}");
    EXPECT_EQ(talk.event(7, 5, "stream_end", R"({"content":"","finish":"cancelled"})", true),
              R"(< {"error":{"code":"cancelled","message":"stopped"},"reply":"stopped","offset":7})"
              "\n");
    EXPECT_EQ(talk.event(9, 8, "error", R"({"code":"no_such_model","message":"down"})", true),
              R"(< {"error":{"code":"plugin_failed","message":"down"},"reply":"down","offset":9})"
              "\n");
}

TEST(Plain, APatientsQuestionGoesToThePatientsSession) {
    Conversation talk("plain");
    talk.connect();
    talk.open(0, "s");
    EXPECT_EQ(talk.client(R"({"symptoms":"cough","doctor_id":"d1","patient_id":7})"),
              "! join slot=1 name=patient:7\n"
              "! send slot=1 chat {\"content\":\"cough\",\"fields\":{\"doctor_id\":\"d1\","
              "\"patient_id\":7}}\n");
    talk.open(1, "patient:7");
    EXPECT_EQ(talk.client(R"({"symptoms":"fever","patient_id":"7"})"),
              "! send slot=1 chat {\"content\":\"fever\",\"fields\":{\"patient_id\":\"7\"}}\n");
    EXPECT_EQ(talk.client(R"({"content":"hi"})"), "! send slot=0 chat {\"content\":\"hi\"}\n");
}

TEST(Plain, OnlyOtherFollowersOfAPatientGetTheQuestion) {
    Conversation talk("plain");
    talk.connect();
    talk.open(0, "s");
    talk.client(R"({"symptoms":"cough","patient_id":7})");
    talk.open(1, "patient:7");
    talk.notice(engine::Accepted{.request = 1, .offset = {5}, .duplicate = false});
    EXPECT_EQ(talk.event(6, 5, "message", R"({"content":"cough"})", false, 1), "");
    EXPECT_EQ(
        talk.event(9, 8, "message", R"({"content":"fever","fields":{"doctor_id":"d2"}})", false, 1),
        R"(< {"question":"fever","doctor_id":"d2","offset":9,"session":"patient:7","epoch":"00000000000000e1"})"
        "\n");
    EXPECT_EQ(talk.event(11, 5, "stream_end", R"({"content":"rest"})", true, 1),
              R"(< {"reply":"rest","offset":11})"
              "\n");
}

TEST(Plain, ARefusedFrameIsShownToAPerson) {
    Conversation talk("plain");
    talk.connect();
    EXPECT_EQ(
        talk.client(R"({"content":5})"),
        R"(< {"error":{"code":"validation_error","message":"content must be a string","field":"content"},"reply":"content must be a string"})"
        "\n- validation_error\n");
    EXPECT_EQ(
        talk.too_long(99999),
        R"(< {"error":{"code":"message_too_long","message":"the message is too long: 99999 bytes"},"reply":"the message is too long: 99999 bytes"})"
        "\n- message_too_long\n");
}

TEST(Plain, AQuestionWhoseSessionIsRefusedGetsOneAnswer) {
    Conversation talk("plain");
    talk.connect();
    talk.open(0, "s");
    talk.client(R"({"symptoms":"cough","patient_id":"a b"})");
    EXPECT_EQ(talk.notice(engine::Unfollowed{
                  .slot = 1, .error = {.code = base::Code::forbidden, .message = "not there"}}),
              R"(< {"error":{"code":"forbidden","message":"not there"},"reply":"not there"})"
              "\n");
    EXPECT_EQ(talk.refused({.code = base::Code::forbidden, .message = "no such session"}, 1), "");
    talk.client("hi");
    EXPECT_NE(talk.refused({.code = base::Code::busy, .message = "busy"}, 2), "");
}

TEST(Plain, TooManyPatientsAreBusy) {
    Conversation talk("plain");
    talk.connect();
    std::string last;
    for (int i = 0; i < 64; ++i) {
        last = talk.client(R"({"symptoms":"a","patient_id":)" + std::to_string(i) + "}");
    }
    EXPECT_TRUE(last.ends_with("- busy\n")) << last;
}

TEST(Plain, ABadOffsetInTheUrlIsNamedAndLeftOut) {
    Conversation talk("plain");
    EXPECT_EQ(
        talk.connect({{"after", "-1"}}),
        "! join slot=0\n"
        R"(< {"error":{"code":"validation_error","message":"after must be an offset: a whole number","field":"after"},"reply":"after must be an offset: a whole number"})"
        "\n- validation_error\n");
}

}  // namespace
}  // namespace chartroom::dialects
