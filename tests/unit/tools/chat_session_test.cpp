#include "tools/chartroom/chat_session.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chartroom::tool {
namespace {

using nlohmann::json;

constexpr const char* kOpened =
    R"({"type":"session.opened","session":"s1","epoch":"e1","head":4,"participant":"k1"})";

class ChatSessionTest : public ::testing::Test {
  protected:
    ChatSession::Taken take(const std::string& frame) { return session_.take(frame, parsed_); }
    json opening() { return json::parse(session_.open_frame()); }

    ChatSession session_{{.session = "", .after = std::nullopt, .id_prefix = "p-"}};
    json parsed_;
};

TEST_F(ChatSessionTest, FirstOpeningAsksForANewSession) {
    const json frame = opening();
    EXPECT_EQ(frame["type"], "session.open");
    EXPECT_FALSE(frame.contains("session"));
    EXPECT_FALSE(frame.contains("after"));
}

TEST_F(ChatSessionTest, ReopeningContinuesAfterTheLastOffsetOfTheSameEpoch) {
    take(kOpened);
    take(R"({"type":"token","offset":6,"prev":4,"cause":5,"data":{"content":"a"}})");
    session_.disconnected();
    const json frame = opening();
    EXPECT_EQ(frame["session"], "s1");
    EXPECT_EQ(frame["after"], 6);
    EXPECT_EQ(frame["epoch"], "e1");
    EXPECT_EQ(frame["participant"], "k1");
}

TEST_F(ChatSessionTest, UnacceptedMessageIsSentAgainWithItsIdAndSince) {
    take(kOpened);
    const auto first = session_.send("hello");
    ASSERT_EQ(first.size(), 1u);
    take(R"({"type":"session.position","offset":9,"prev":4})");
    session_.disconnected();
    const auto again = take(R"({"type":"session.opened","session":"s1","epoch":"e1","head":9})");
    ASSERT_EQ(again.frames.size(), 1u);
    EXPECT_EQ(json::parse(again.frames[0]), json::parse(first[0]));
    EXPECT_EQ(json::parse(first[0])["since"], 4);
}

TEST_F(ChatSessionTest, ARetryInANewEpochSaysWhichEpochItsSinceIsOf) {
    take(kOpened);
    (void)session_.send("hello");
    session_.disconnected();
    const auto again = take(R"({"type":"session.opened","session":"s1","epoch":"e2","head":0})");
    EXPECT_EQ(json::parse(again.frames.at(0))["epoch"], "e1");
}

TEST_F(ChatSessionTest, MessageTypedWhileAwayGoesWithTheOpening) {
    EXPECT_TRUE(session_.send("early").empty());
    const auto taken = take(kOpened);
    ASSERT_EQ(taken.frames.size(), 1u);
    EXPECT_EQ(json::parse(taken.frames[0])["data"]["content"], "early");
    EXPECT_EQ(json::parse(taken.frames[0])["since"], 4);
}

TEST_F(ChatSessionTest, IsIdleOnlyOnceTheAnswerHasEnded) {
    take(kOpened);
    (void)session_.send("hello");
    EXPECT_FALSE(session_.idle());
    take(R"({"type":"accepted","id":"p-1","offset":5})");
    EXPECT_FALSE(session_.idle());
    take(R"({"type":"token","offset":6,"prev":4,"cause":5,"data":{"content":"x"}})");
    EXPECT_FALSE(session_.idle());
    EXPECT_EQ(json::parse(session_.cancel().at(0))["cause"], 5);
    take(R"({"type":"stream_end","offset":7,"prev":6,"cause":5,"data":{"content":"x"}})");
    EXPECT_TRUE(session_.idle());
    EXPECT_TRUE(session_.cancel().empty());
}

TEST_F(ChatSessionTest, AnAnswerThatEndsBeforeItsAcceptanceIsToldIsNotWaitedFor) {
    take(kOpened);
    (void)session_.send("hello");
    take(R"({"type":"stream_end","offset":7,"prev":4,"cause":5,"data":{"content":"x"}})");
    take(R"({"type":"accepted","id":"p-1","offset":5})");
    EXPECT_TRUE(session_.idle());
}

TEST_F(ChatSessionTest, ARefusedMessageIsNotSentAgain) {
    take(kOpened);
    (void)session_.send("hello");
    EXPECT_TRUE(take(R"({"type":"error","code":"busy","message":"later","id":"p-1"})").show);
    EXPECT_TRUE(session_.idle());
    EXPECT_TRUE(take(kOpened).frames.empty());
}

TEST_F(ChatSessionTest, AFrameThatDoesNotFollowTheLastOneIsAGap) {
    take(kOpened);
    EXPECT_TRUE(take(R"({"type":"token","offset":9,"prev":8,"data":{}})").gap);
    EXPECT_EQ(session_.offset(), 4u);
    EXPECT_TRUE(take("not json").gap);
}

TEST_F(ChatSessionTest, AFirstFrameOfAnotherFormatIsForeign) {
    for (const char* frame :
         {"Echo: {}", R"({"type":"start"})", R"({"type":"connection","status":"connected"})",
          R"({"type":"error","data":{"code":"UNKNOWN_TYPE"}})", R"({"reply":"hi"})"}) {
        EXPECT_TRUE(take(frame).foreign) << frame;
    }
    EXPECT_FALSE(
        take(R"({"type":"error","code":"forbidden","message":"no","fatal":true})").foreign);
    take(kOpened);
    EXPECT_FALSE(take(R"({"type":"start"})").foreign);
    session_.disconnected();
    EXPECT_TRUE(take(R"({"type":"start"})").foreign);
}

TEST_F(ChatSessionTest, AMessageThatIsTooLongIsNotSentAgain) {
    take(kOpened);
    (void)session_.send("short");
    (void)session_.send("much longer than the other");
    take(R"({"type":"error","code":"message_too_long","message":"too long","fatal":false})");
    take(R"({"type":"accepted","id":"p-1","offset":5})");
    session_.disconnected();
    EXPECT_TRUE(take(kOpened).frames.empty());
}

TEST_F(ChatSessionTest, AResetStartsAtWhatThereIs) {
    take(kOpened);
    take(R"({"type":"session.reset","reason":"epoch","epoch":"e2","first":1,"head":3})");
    EXPECT_EQ(session_.offset(), 0u);
    EXPECT_EQ(opening()["epoch"], "e2");
}

}  // namespace
}  // namespace chartroom::tool
