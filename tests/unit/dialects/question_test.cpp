#include <gtest/gtest.h>

#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

TEST(Question, AnAnswerIsStartTokensEnd) {
    Conversation talk("question");
    EXPECT_EQ(talk.connect(), "! join slot=0\n");
    EXPECT_EQ(talk.open(0, "s-1"), "");
    EXPECT_EQ(talk.client("What helps?\n\"rest\""),
              "! send slot=0 chat {\"content\":\"What helps?\\n\\\"rest\\\"\"}\n");
    EXPECT_EQ(talk.notice(engine::Accepted{.request = 1, .offset = {1}, .duplicate = false}), "");
    EXPECT_EQ(talk.event(2, 1, "message", R"({"id":2,"content":"What helps?"})"), "");
    EXPECT_EQ(talk.event(3, 1, "stream_start", R"({"message_id":3})"),
              R"(< {"type":"start","offset":3,"session":"s-1","epoch":"00000000000000e1"})"
              "\n");
    EXPECT_EQ(talk.event(4, 1, "status", R"({"message_id":3,"status":"processing"})"), "");
    EXPECT_EQ(talk.event(5, 1, "emergency", R"({"message_id":3,"message":"call"})"), "");
    EXPECT_EQ(talk.event(6, 1, "token", R"({"message_id":3,"content":"Sleep\n"})"),
              R"(< {"type":"token","content":"Sleep\n","offset":6})"
              "\n");
    EXPECT_EQ(talk.event(7, 1, "token", R"({"message_id":3,"content":"well \u00e9"})"),
              R"(< {"type":"token","content":"well \u00e9","offset":7})"
              "\n");
    EXPECT_EQ(talk.event(8, 1, "stream_end", R"({"message_id":3,"content":"Sleep\nwell é"})", true),
              R"(< {"type":"end","offset":8})"
              "\n");
}

TEST(Question, AJsonQuestionIsAQuestion) {
    Conversation talk("question");
    talk.connect();
    EXPECT_EQ(talk.client(R"({"question":"Why \ud83d\ude00?"})"),
              "! send slot=0 chat {\"content\":\"Why \xF0\x9F\x98\x80?\"}\n");
    EXPECT_EQ(talk.client(R"({"why":1})"),
              "! send slot=0 chat {\"content\":\"{\\\"why\\\":1}\"}\n");
    EXPECT_EQ(talk.client("[1,2]"), "! send slot=0 chat {\"content\":\"[1,2]\"}\n");
    EXPECT_EQ(talk.client(R"({"question":)"),
              "! send slot=0 chat {\"content\":\"{\\\"question\\\":\"}\n");
}

TEST(Question, TheSessionIsThePathsName) {
    Conversation talk("question");
    EXPECT_EQ(talk.connect({{"after", "7"}, {"epoch", "e1"}, {"session", "other"}},
                           {{"session_id", "abc"}}),
              "! join slot=0 name=abc after=7 epoch=e1\n");
    Conversation other("question");
    EXPECT_EQ(other.connect({{"session", "other"}}), "! join slot=0 name=other\n");
}

TEST(Question, CancelStopsTheTurn) {
    Conversation talk("question");
    talk.connect();
    EXPECT_EQ(talk.client(R"({"type":"cancel"})"), "! cancel slot=0\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel","cause":12})"), "! cancel slot=0 cause=12\n");
    EXPECT_EQ(
        talk.client(R"({"type":"cancel","cause":"x"})"),
        R"(< {"type":"error","message":"cause must be a whole number from 0 to 9007199254740991","code":"validation_error","field":"cause"})"
        "\n- validation_error\n");
}

TEST(Question, AFollowerFromTheHeadBeginsWithTheNextTurn) {
    Conversation talk("question");
    talk.connect();
    engine::Opened opened;
    opened.running = {{10}};
    talk.open(0, "s", opened);
    EXPECT_EQ(talk.event(13, 10, "token", R"({"content":"late "})"), "");
    EXPECT_EQ(talk.event(14, 10, "stream_end", R"({"content":"too late"})", true), "");
    EXPECT_EQ(talk.event(16, 15, "stream_start", "{}"),
              R"(< {"type":"start","offset":16,"session":"s","epoch":"00000000000000e1"})"
              "\n");
}

TEST(Question, AResumeInsideAStreamMakesUpItsStartOnce) {
    Conversation talk("question");
    talk.connect({{"session", "s"}, {"after", "12"}});
    engine::Opened opened;
    opened.running = {{10}};
    opened.resumed = true;
    talk.open(0, "s", opened);
    EXPECT_EQ(talk.event(13, 10, "token", R"({"content":"a"})"),
              "< {\"type\":\"start\"}\n"
              "< {\"type\":\"token\",\"content\":\"a\",\"offset\":13,\"session\":\"s\",\"epoch\":"
              "\"00000000000000e1\"}\n");
    EXPECT_EQ(talk.event(14, 10, "token", R"({"content":"b"})"),
              "< {\"type\":\"token\",\"content\":\"b\",\"offset\":14}\n");
    EXPECT_EQ(talk.event(15, 10, "stream_end", "{}", true), "< {\"type\":\"end\",\"offset\":15}\n");
}

TEST(Question, AResumeBeforeTheLastFrameStillGetsAStartAndAnEnd) {
    Conversation talk("question");
    talk.connect({{"session", "s"}, {"after", "14"}});
    talk.open(0, "s");
    EXPECT_EQ(talk.event(15, 10, "stream_end", "{}", true),
              "< {\"type\":\"start\"}\n< {\"type\":\"end\",\"offset\":15,\"session\":\"s\","
              "\"epoch\":\"00000000000000e1\"}\n");
}

TEST(Question, AnErrorComesBeforeTheEndOfItsStream) {
    Conversation talk("question");
    talk.connect();
    talk.open(0, "s");
    talk.event(2, 1, "stream_start", "{}");
    EXPECT_EQ(talk.event(3, 1, "error", R"({"code":"deadline_exceeded","message":"too slow"})"),
              R"(< {"type":"error","message":"too slow","code":"deadline_exceeded","offset":3})"
              "\n");
    EXPECT_EQ(talk.event(4, 1, "stream_end", "{}", true), "< {\"type\":\"end\",\"offset\":4}\n");
}

TEST(Question, AResumeThatIsNotCompleteSaysSo) {
    Conversation talk("question");
    talk.connect({{"after", "900"}});
    engine::Opened opened;
    opened.reset = engine::ResetReason::ahead;
    EXPECT_EQ(
        talk.open(0, "s", opened),
        R"(< {"type":"error","message":"what came before is not complete: there is no such offset yet","code":"resume_impossible"})"
        "\n");
}

TEST(Question, WithoutItsSessionTheConnectionIsClosed) {
    for (const auto& [code, closes] :
         {std::pair{base::Code::forbidden, 4003}, std::pair{base::Code::erased, 4009},
          std::pair{base::Code::validation_error, 1008}}) {
        Conversation talk("question");
        talk.connect();
        const std::string lines =
            talk.notice(engine::Unfollowed{.slot = 0, .error = {.code = code, .message = "no"}});
        EXPECT_TRUE(lines.ends_with("x " + std::to_string(closes) + "\n")) << lines;
    }
}

TEST(Question, WhatIsNotForClientsIsToldAsInternal) {
    Conversation talk("question");
    talk.connect();
    EXPECT_EQ(talk.refused({.code = base::Code::disk_full, .message = "/var/secret.db: full"}),
              R"(< {"type":"error","message":"a bug in the server","code":"internal"})"
              "\n");
    EXPECT_EQ(
        talk.refused({.code = base::Code::rate_limited, .message = "wait", .retry_after_ms = 250}),
        R"(< {"type":"error","message":"wait","code":"rate_limited","retry_after_ms":250})"
        "\n");
}

}  // namespace
}  // namespace chartroom::dialects
