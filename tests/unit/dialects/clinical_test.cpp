#include <gtest/gtest.h>

#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

constexpr auto kAt = R"("timestamp":"2026-01-15T10:30:00.123Z")";

std::string at(std::string text) {
    for (std::size_t i = 0; (i = text.find("@", i)) != std::string::npos;) {
        text.replace(i, 1, kAt);
    }
    return text;
}

TEST(Clinical, AComputationIsProgressChunksComplete) {
    Conversation talk("clinical");
    EXPECT_EQ(talk.connect({}, {{"user_id", "anna"}}), "! join slot=0 name=clinical:anna\n");
    EXPECT_EQ(talk.open(0, "s-1"), "");
    EXPECT_EQ(talk.client(R"({"type":"diagnosis","data":{"symptoms":[{"name":"cough"}]}})"),
              "! send slot=0 diagnosis {\"symptoms\":[{\"name\":\"cough\"}]}\n");
    EXPECT_EQ(talk.notice(engine::Accepted{.request = 1, .offset = {1}, .duplicate = false}), "");
    EXPECT_EQ(
        talk.event(2, 1, "progress",
                   R"({"stage":"symptoms_analysis","progress":10,"message":"Reading"})"),
        at(R"(< {"type":"progress","stage":"symptoms_analysis","progress":10,"message":"Reading",@,"offset":2,"session":"s-1","epoch":"00000000000000e1"})"
           "\n"));
    EXPECT_EQ(talk.event(3, 1, "stream_chunk", R"({"content":{"matched":[]}})"),
              at(R"(< {"type":"stream_chunk","content":{"matched":[]},@,"offset":3})"
                 "\n"));
    EXPECT_EQ(
        talk.event(4, 1, "emergency", R"({"level":"high","message":"call","matched":["x"]})"),
        at(R"(< {"type":"stream_chunk","content":{"emergency":{"level":"high","message":"call","matched":["x"]}},@,"offset":4})"
           "\n"));
    EXPECT_EQ(
        talk.event(5, 1, "progress", R"({"stage":"complete","progress":100,"message":"Done"})"),
        at(R"(< {"type":"progress","stage":"complete","progress":100,"message":"Done",@,"offset":5})"
           "\n"));
    EXPECT_EQ(
        talk.event(6, 1, "complete", R"({"result":{"urgency":"low","medications":["a"]}})", true),
        at(R"(< {"type":"complete","result":{"urgency":"low","medications":["a"]},@,"offset":6})"
           "\n"));
}

TEST(Clinical, AProgressOf100IsMadeUpWhereThereWasNone) {
    Conversation talk("clinical");
    talk.connect();
    talk.open(0, "s");
    talk.event(2, 1, "progress", R"({"stage":"x","progress":95,"message":""})");
    EXPECT_EQ(talk.event(3, 1, "complete", R"({"result":{}})", true),
              at(R"(< {"type":"progress","stage":"complete","progress":100,"message":"Complete",@})"
                 "\n"
                 R"(< {"type":"complete","result":{"medications":[]},@,"offset":3})"
                 "\n"));
}

TEST(Clinical, MedicationsAreAlwaysAList) {
    for (const auto& [result, told] :
         {std::pair{R"({})", R"({"medications":[]})"},
          std::pair{R"({"a":1})", R"({"a":1,"medications":[]})"},
          std::pair{R"({"medications":null,"a":1})", R"({"medications":[],"a":1})"},
          std::pair{R"({"medications":{"name":"x"}})", R"({"medications":[{"name":"x"}]})"},
          std::pair{R"({"medications":[1]})", R"({"medications":[1]})"},
          std::pair{R"("text")", R"("text")"}}) {
        Conversation talk("clinical");
        talk.connect();
        talk.open(0, "s");
        const std::string lines =
            talk.event(3, 1, "complete", "{\"result\":" + std::string(result) + "}", true);
        EXPECT_NE(lines.find("\"result\":" + std::string(told) + ","), std::string::npos) << lines;
    }
}

TEST(Clinical, AChatIsTokensAndItsWholeText) {
    Conversation talk("clinical");
    talk.connect();
    talk.open(0, "s");
    EXPECT_EQ(talk.event(2, 1, "message", R"({"id":2,"content":"Hi"})"), "");
    EXPECT_EQ(talk.event(3, 1, "stream_start", R"({"message_id":3})"), "");
    EXPECT_EQ(talk.event(4, 1, "status", R"({"message_id":3,"status":"processing"})"), "");
    EXPECT_EQ(
        talk.event(5, 1, "token", R"({"message_id":3,"content":"Hello "})"),
        at(R"(< {"type":"stream_chunk","content":{"token":"Hello "},@,"offset":5,"session":"s","epoch":"00000000000000e1"})"
           "\n"));
    EXPECT_EQ(
        talk.event(6, 1, "stream_end", R"({"message_id":3,"content":"Hello ","finish":"stop"})",
                   true),
        at(R"(< {"type":"progress","stage":"complete","progress":100,"message":"Complete",@})"
           "\n"
           R"(< {"type":"complete","result":{"reply":"Hello ","finish":"stop","medications":[]},@,"offset":6})"
           "\n"));
}

TEST(Clinical, AChatsTextStandsWhereItsClientPutIt) {
    Conversation talk("clinical");
    talk.connect();
    for (const char* frame :
         {R"({"type":"chat","content":"Hi"})", R"({"type":"chat","message":"Hi"})",
          R"({"type":"chat","data":{"content":"Hi"}})",
          R"({"type":"chat","data":{"message":"Hi"}})",
          R"({"type":"chat","content":null,"data":{"message":"Hi","content":null}})"}) {
        EXPECT_EQ(talk.client(frame), "! send slot=0 chat {\"content\":\"Hi\"}\n") << frame;
    }
    EXPECT_EQ(talk.client(R"({"type":"chat","message":"Hi","data":{"agents":true,"x":1}})"),
              "! send slot=0 chat {\"content\":\"Hi\",\"agents\":true}\n");
}

TEST(Clinical, AUsersConnectionsFollowTheirHome) {
    ConnectInfo info;
    info.user = "anna";
    info.path["user_id"] = "anna";
    Conversation talk("clinical");
    EXPECT_EQ(talk.connect(info), "! join slot=0 name=home\n");
    info.query = {{"session", "other"}, {"after", "5"}, {"epoch", "e"}};
    Conversation resumed("clinical");
    EXPECT_EQ(resumed.connect(info), "! join slot=0 name=other after=5 epoch=e\n");
}

TEST(Clinical, ErrorsAreStringsWithATime) {
    Conversation talk("clinical");
    talk.connect();
    EXPECT_EQ(
        talk.refused({.code = base::Code::unknown_type,
                      .message = "Unknown message type: dance",
                      .field = "type"}),
        at(R"(< {"type":"error","error":"Unknown message type: dance","code":"unknown_type","field":"type",@})"
           "\n"));
    EXPECT_EQ(
        talk.event(3, 1, "error", R"({"code":"cancelled","message":"stopped"})", true),
        at(R"(< {"type":"error","error":"stopped","code":"cancelled",@,"offset":3,"session":"","epoch":""})"
           "\n"));
}

TEST(Clinical, CancelStopsTheTurn) {
    Conversation talk("clinical");
    talk.connect();
    EXPECT_EQ(talk.client(R"({"type":"cancel"})"), "! cancel slot=0\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel","cause":7})"), "! cancel slot=0 cause=7\n");
}

TEST(Clinical, ANewcomerBeginsWithTheNextTurn) {
    Conversation talk("clinical");
    talk.connect();
    engine::Opened opened;
    opened.running = {{10}};
    talk.open(0, "s", opened);
    EXPECT_EQ(talk.event(13, 10, "progress", R"({"stage":"x","progress":50})"), "");
    EXPECT_EQ(talk.event(14, 10, "complete", R"({"result":{}})", true), "");
    EXPECT_NE(talk.event(16, 15, "progress", R"({"stage":"x","progress":10})"), "");
}

TEST(Clinical, WhatIsNotOfThisFormatIsNotSent) {
    Conversation talk("clinical");
    talk.connect();
    talk.open(0, "s");
    for (const char* type : {"echo", "typing", "conversation", "message_added", "profile", "x"}) {
        EXPECT_EQ(talk.event(2, 1, type, "{}"), "") << type;
    }
}

}  // namespace
}  // namespace chartroom::dialects
