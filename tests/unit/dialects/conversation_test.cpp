#include "tests/unit/dialects/conversation.hpp"

#include <gtest/gtest.h>

namespace chartroom::dialects {
namespace {

constexpr auto kMessage =
    R"({"id":84,"content":"Hi","message_type":"user","sender":"7","created_at":"t"})";

// Ids as engine::message_id makes them, in a session with number 0.
constexpr std::uint64_t message_at(std::uint64_t offset) {
    return offset << 1;
}
constexpr std::uint64_t answer_at(std::uint64_t offset) {
    return (offset << 1) | 1;
}
std::string number(std::uint64_t value) {
    return std::to_string(value);
}

ConnectInfo to_authenticate() {
    ConnectInfo info;
    info.must_authenticate = true;
    return info;
}

// A user who is there, with the home session open.
Conversation anna(ConnectInfo info = to_authenticate()) {
    Conversation talk("conversation");
    EXPECT_EQ(talk.connect(std::move(info)), "");
    talk.client(R"({"type":"auth","token":"jwt"})");
    talk.authenticated("anna");
    talk.open(0, "home");
    return talk;
}

// Who follows conversation 5 besides, over slot 1.
Conversation in_conversation(engine::Opened opened = {}) {
    Conversation talk = anna();
    EXPECT_EQ(talk.client(R"({"type":"join_conversation","data":{"conversation_id":5}})"),
              "! join slot=1 name=conversation:5\n");
    talk.open(1, "conversation:5", std::move(opened));
    return talk;
}

TEST(Conversation, TheFirstFrameShowsWhoIsThere) {
    Conversation talk("conversation");
    EXPECT_EQ(talk.connect(to_authenticate()), "");
    EXPECT_EQ(talk.client(R"({"type":"auth","token":"jwt"})"),
              "! refresh token=jwt\n! join slot=0 name=home\n");
    EXPECT_EQ(talk.authenticated("42"), R"(< {"type":"auth_success","data":{"user_id":42}})"
                                        "\n");
    EXPECT_EQ(talk.client(R"({"type":"auth","data":{"token":"newer"}})"),
              "! refresh token=newer\n");
    EXPECT_EQ(talk.authenticated("anna"), R"(< {"type":"auth_success","data":{"user_id":"anna"}})"
                                          "\n");
}

TEST(Conversation, WhoCameWithATokenIsToldAtOnce) {
    ConnectInfo info;
    info.user = "007";
    Conversation talk("conversation");
    EXPECT_EQ(
        talk.connect(info),
        "! join slot=0 name=home\n< {\"type\":\"auth_success\",\"data\":{\"user_id\":\"007\"}}"
        "\n");
}

TEST(Conversation, AFirstFrameWithoutATokenEndsTheConnection) {
    for (const char* frame : {"{", "[]", R"({"type":"auth"})", R"({"type":"auth","token":7})",
                              R"({"type":"auth","data":"jwt"})", R"({"type":"auth","token":""})"}) {
        Conversation talk("conversation");
        talk.connect(to_authenticate());
        EXPECT_TRUE(talk.client(frame).starts_with("! close 4001 Invalid token\n< {")) << frame;
    }
    Conversation talk("conversation");
    talk.connect(to_authenticate());
    EXPECT_EQ(
        talk.client(R"({"type":"typing_start","data":{"conversation_id":5}})"),
        "! close 4001 Authentication required\n"
        R"(< {"type":"error","data":{"code":"UNAUTHENTICATED","message":"the first frame must be auth"}})"
        "\n- unauthenticated\n");
    Conversation longer("conversation");
    longer.connect(to_authenticate());
    EXPECT_TRUE(longer.too_long(9'000).starts_with("! close 4001 Invalid token\n< {"));
}

TEST(Conversation, WhereNobodyIsAskedTheFirstFrameMayBeAny) {
    Conversation talk("conversation");
    EXPECT_EQ(talk.connect(), "");
    EXPECT_EQ(talk.client(R"({"type":"typing_stop","data":{"conversation_id":"x"}})"),
              "! join slot=0 name=home\n! join slot=1 name=conversation:x\n"
              "! send slot=1 typing {\"is_typing\":false}\n");
}

TEST(Conversation, AMessageJoinsAndReachesEveryFollower) {
    Conversation talk = anna();
    EXPECT_EQ(talk.client(R"({"type":"send_message","data":{"conversation_id":5,"content":"Hi"}})"),
              "! join slot=1 name=conversation:5\n"
              "! send slot=1 chat {\"content\":\"Hi\",\"message_type\":\"user\"}\n");
    talk.open(1, "conversation:5");
    EXPECT_EQ(
        talk.client(
            R"({"type":"send_message","data":{"conversation_id":"5","content":"n","message_type":"note"}})"),
        "! send slot=1 chat {\"content\":\"n\",\"message_type\":\"note\"}\n");
    EXPECT_EQ(
        talk.event(42, 42, "message", kMessage, false, 1),
        R"(< {"type":"message_received","data":{"message":{"id":84,"content":"Hi","message_type":"user","sender_id":7,"created_at":"t","conversation_id":5}},"offset":42,"session":"conversation:5","epoch":"00000000000000e1"})"
        "\n");
}

TEST(Conversation, TheAnswerStartsByItself) {
    Conversation talk = in_conversation();
    EXPECT_EQ(
        talk.event(43, 42, "stream_start", R"({"message_id":85,"in_reply_to":84})", false, 1),
        R"(< {"type":"stream_start","data":{"message_id":85,"in_reply_to":84,"conversation_id":5},"offset":43,"session":"conversation:5","epoch":"00000000000000e1"})"
        "\n");
    EXPECT_EQ(talk.event(44, 42, "status", R"({"message_id":85})", false, 1), "");
    EXPECT_EQ(talk.event(45, 42, "emergency", R"({"message_id":85})", false, 1), "");
    EXPECT_EQ(
        talk.event(46, 42, "token", R"({"message_id":85,"content":"Rest "})", false, 1),
        R"(< {"type":"stream_content","data":{"message_id":85,"content":"Rest ","is_complete":false},"session":"conversation:5","offset":46})"
        "\n");
    EXPECT_EQ(
        talk.event(
            47, 42, "stream_end",
            R"({"message_id":85,"content":"Rest ","usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}})",
            true, 1),
        R"(< {"type":"stream_content","data":{"message_id":85,"content":"","is_complete":true}})"
        "\n"
        R"(< {"type":"stream_complete","data":{"message_id":85,"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}},"session":"conversation:5","offset":47})"
        "\n");
}

TEST(Conversation, UsageIsNumbersWhateverHappened) {
    for (const char* payload :
         {R"({"message_id":85,"finish":"cancelled"})", R"({"message_id":85,"usage":null})",
          R"({"message_id":85,"usage":{"prompt_tokens":null,"total_tokens":"4"}})"}) {
        Conversation talk = in_conversation();
        talk.event(43, 42, "stream_start", R"({"message_id":85})", false, 1);
        const std::string told = talk.event(44, 42, "stream_end", payload, true, 1);
        EXPECT_NE(
            told.find(R"("usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})"),
            std::string::npos)
            << told;
    }
}

TEST(Conversation, AnErrorComesBeforeTheEndOfItsStream) {
    Conversation talk = in_conversation();
    talk.event(43, 42, "stream_start", R"({"message_id":85})", false, 1);
    EXPECT_EQ(
        talk.event(44, 42, "error",
                   R"({"message_id":85,"code":"deadline_exceeded","message":"too slow"})", false,
                   1),
        R"(< {"type":"error","data":{"code":"DEADLINE_EXCEEDED","message":"too slow"},"session":"conversation:5","offset":44})"
        "\n");
}

TEST(Conversation, OthersSeeWhoIsTyping) {
    Conversation talk = in_conversation();
    for (const char* frame : {R"({"type":"typing","data":{"conversation_id":5,"is_typing":true}})",
                              R"({"type":"typing_start","data":{"conversation_id":5}})"}) {
        EXPECT_EQ(talk.client(frame), "! send slot=1 typing {\"is_typing\":true}\n");
    }
    EXPECT_EQ(talk.client(R"({"type":"typing_stop","data":{"conversation_id":5}})"),
              "! send slot=1 typing {\"is_typing\":false}\n");
    EXPECT_EQ(
        talk.event(9, 8, "typing", R"({"user":"ben","is_typing":true})", false, 1),
        R"(< {"type":"typing_indicator","data":{"conversation_id":5,"user_id":"ben","is_typing":true},"offset":9,"session":"conversation:5","epoch":"00000000000000e1"})"
        "\n");
}

TEST(Conversation, JoinResumesAndLeaveLeaves) {
    Conversation talk = in_conversation();
    EXPECT_EQ(talk.client(R"({"type":"join_conversation","data":{"conversation_id":"5"}})"), "");
    EXPECT_EQ(
        talk.client(
            R"({"type":"join_conversation","data":{"conversation_id":5,"after":7,"epoch":"e"}})"),
        "! leave slot=1\n! join slot=2 name=conversation:5 after=7 epoch=e\n");
    EXPECT_EQ(talk.event(42, 42, "message", kMessage, false, 1), "");
    talk.open(2, "conversation:5");
    EXPECT_NE(talk.event(42, 42, "message", kMessage, false, 2), "");
    EXPECT_EQ(talk.client(R"({"type":"leave_conversation","data":{"conversation_id":5}})"),
              "! leave slot=2\n");
    EXPECT_EQ(talk.client(R"({"type":"leave_conversation","data":{"conversation_id":5}})"), "");
}

TEST(Conversation, AResumeInsideAStreamMakesUpItsStart) {
    Conversation talk = anna();
    talk.client(R"({"type":"join_conversation","data":{"conversation_id":5,"after":45}})");
    engine::Opened opened;
    opened.running = {{42}};
    talk.open(1, "conversation:5", opened);
    EXPECT_EQ(
        talk.event(46, 42, "token", R"({"message_id":85,"content":"a"})", false, 1),
        R"(< {"type":"stream_start","data":{"message_id":85,"in_reply_to":null,"conversation_id":5}})"
        "\n"
        R"(< {"type":"stream_content","data":{"message_id":85,"content":"a","is_complete":false},"offset":46,"session":"conversation:5","epoch":"00000000000000e1"})"
        "\n");
}

TEST(Conversation, TheStartThatIsMadeUpSaysWhatTheRealOneSaid) {
    Conversation talk = anna();
    talk.client(R"({"type":"join_conversation","data":{"conversation_id":5,"after":45}})");
    talk.open(1, "conversation:5");
    EXPECT_EQ(talk.began(42, R"({"message_id":85,"in_reply_to":84})", 1), "");
    EXPECT_TRUE(
        talk.event(46, 42, "token", R"({"message_id":85,"content":"a"})", false, 1)
            .starts_with(
                R"(< {"type":"stream_start","data":{"message_id":85,"in_reply_to":84,"conversation_id":5}})"));
    EXPECT_EQ(talk.event(47, 42, "token", R"({"message_id":85,"content":"a"})", false, 1)
                  .find("stream_start"),
              std::string::npos);
}

// A ticket is for one session: the user's home is not for who holds one.
TEST(Conversation, WhoseHomeIsRefusedHasHisConversationsAllTheSame) {
    Conversation talk = anna();
    EXPECT_EQ(talk.notice(engine::Unfollowed{
                  .slot = 0, .error = {.code = base::Code::forbidden, .message = "not for you"}}),
              "");
    EXPECT_EQ(talk.client(R"({"type":"join_conversation","data":{"conversation_id":5}})"),
              "! join slot=1 name=conversation:5\n");
    EXPECT_EQ(talk.open(1, "conversation:5"), "");
    EXPECT_NE(talk.event(42, 42, "message", kMessage, false, 1), "");
    EXPECT_NE(talk.notice(engine::Unfollowed{
                  .slot = 1, .error = {.code = base::Code::forbidden, .message = "not for you"}}),
              "");
}

TEST(Conversation, TheHomeSessionKeepsOtherTabsLists) {
    Conversation talk = anna();
    EXPECT_EQ(
        talk.event(
            3, 0, "message_added",
            R"({"conversation":"5","message":{"id":84,"content":"Hi","message_type":"user","sender":"7","created_at":"t"}})"),
        R"(< {"type":"message_added","data":{"message":{"id":84,"content":"Hi","message_type":"user","sender_id":7,"created_at":"t","conversation_id":5}},"offset":3,"session":"home","epoch":"00000000000000e1"})"
        "\n");
    EXPECT_EQ(
        talk.event(
            4, 0, "conversation",
            R"({"id":"5","last_message":{"id":84,"content":"Hi","message_type":"user","sender":"ben","created_at":"t"},"updated_at":"t","participants":["7","ben"]})"),
        R"(< {"type":"conversation_updated","data":{"conversation":{"id":5,"last_message":{"id":84,"content":"Hi","message_type":"user","sender_id":"ben","created_at":"t","conversation_id":5},"updated_at":"t","participants":[7,"ben"]}},"session":"home","offset":4})"
        "\n");
}

TEST(Conversation, WhoFollowsAConversationIsNotToldOfItsMessagesTwice) {
    Conversation talk = in_conversation();
    EXPECT_EQ(talk.event(3, 0, "message_added", R"({"conversation":"5","message":{}})"), "");
    EXPECT_NE(talk.event(4, 0, "message_added", R"({"conversation":"6","message":{}})"), "");
    EXPECT_NE(talk.event(5, 0, "conversation", R"({"id":"5","participants":[]})"), "");
}

TEST(Conversation, IdsAreNumbersWhereTheyLookLikeOne) {
    for (const auto& [id, told] :
         {std::pair{"5", "5"}, std::pair{R"("5")", "5"}, std::pair{R"("05")", R"("05")"},
          std::pair{R"("-5")", R"("-5")"}, std::pair{R"("a.b")", R"("a.b")"},
          std::pair{"9007199254740991", "9007199254740991"},
          std::pair{R"("9007199254740992")", R"("9007199254740992")"}}) {
        Conversation talk = anna();
        talk.client(R"({"type":"join_conversation","data":{"conversation_id":)" + std::string(id) +
                    "}}");
        talk.open(1, "s");
        const std::string lines = talk.event(42, 42, "message", kMessage, false, 1);
        EXPECT_NE(lines.find("\"conversation_id\":" + std::string(told) + "}"), std::string::npos)
            << lines;
    }
}

// ---- stream_response ---------------------------------------------------------------------------

std::string respond(std::uint64_t message) {
    return R"({"type":"stream_response","data":{"conversation_id":5,"assistant_id":2,"message_id":)" +
           number(message) + "}}";
}
std::string asked(std::uint64_t message) {
    return "! send slot=1 chat.respond {\"message\":" + number(message) + ",\"assistant\":\"2\"}\n";
}

TEST(Conversation, AnAnswerThatIsBeingShownIsNotShownAgain) {
    Conversation talk = in_conversation();
    const std::string id = "{\"message_id\":" + number(answer_at(42)) + ",\"content\":\"x\"}";
    talk.event(43, 42, "stream_start", id, false, 1);
    EXPECT_EQ(talk.client(respond(message_at(42))), asked(message_at(42)));
    talk.event(44, 42, "stream_end", id, true, 1);
    EXPECT_EQ(talk.client(respond(message_at(42))), asked(message_at(42)));
}

TEST(Conversation, AnAnswerFromBeforeIsShownByAFollowerApart) {
    engine::Opened running;
    running.running = {{42}};
    Conversation talk = in_conversation(running);
    EXPECT_EQ(talk.client(respond(message_at(42))),
              asked(message_at(42)) + "! join slot=2 name=conversation:5 after=42\n");
    EXPECT_EQ(talk.open(2, "conversation:5"), "");
    const std::string start = R"({"message_id":85,"in_reply_to":84,"content":"x"})";
    EXPECT_EQ(talk.event(40, 40, "message", kMessage, false, 2), "");
    EXPECT_NE(talk.event(43, 42, "stream_start", start, false, 2), "");
    EXPECT_EQ(talk.notice(engine::Live{.slot = 2, .offset = {43}}), "");
    // What comes over the conversation's own slot is of a turn that began before it followed.
    EXPECT_EQ(talk.event(44, 42, "token", start, false, 1), "");
    EXPECT_NE(talk.event(44, 42, "token", start, false, 2), "");
    EXPECT_EQ(talk.event(45, 44, "stream_start", R"({"message_id":89,"in_reply_to":88})", false, 2),
              "");
    const std::string end = talk.event(46, 42, "stream_end", start, true, 2);
    EXPECT_NE(end.find("stream_complete"), std::string::npos);
    EXPECT_TRUE(end.ends_with("! leave slot=2\n")) << end;
}

TEST(Conversation, AnAnswerOfWhichOnlyTheEndIsLeftIsShownWhole) {
    Conversation talk = in_conversation();
    talk.client(respond(message_at(42)));
    talk.open(2, "conversation:5");
    EXPECT_EQ(
        talk.event(46, 42, "stream_end", R"({"message_id":85,"in_reply_to":84,"content":"All"})",
                   true, 2),
        R"(< {"type":"stream_start","data":{"message_id":85,"in_reply_to":84,"conversation_id":5}})"
        "\n"
        R"(< {"type":"stream_content","data":{"message_id":85,"content":"All","is_complete":false}})"
        "\n"
        R"(< {"type":"stream_content","data":{"message_id":85,"content":"","is_complete":true}})"
        "\n"
        R"(< {"type":"stream_complete","data":{"message_id":85,"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}})"
        "\n! leave slot=2\n");
}

TEST(Conversation, WhereThereIsNoAnswerYetItComesLive) {
    Conversation talk = in_conversation();
    talk.client(respond(message_at(42)));
    talk.open(2, "conversation:5");
    EXPECT_EQ(talk.notice(engine::Live{.slot = 2, .offset = {43}}), "! leave slot=2\n");
    EXPECT_NE(
        talk.event(60, 59, "stream_start", R"({"message_id":119,"in_reply_to":84})", false, 1), "");
}

TEST(Conversation, AnAnswerIsShownByOneFollowerOnly) {
    Conversation talk = in_conversation();
    talk.client(respond(message_at(42)));
    talk.open(2, "conversation:5");
    const std::string start = R"({"message_id":85,"in_reply_to":84,"content":"x"})";
    EXPECT_NE(talk.event(43, 42, "stream_start", start, false, 1), "");
    EXPECT_EQ(talk.event(43, 42, "stream_start", start, false, 2), "! leave slot=2\n");
    EXPECT_NE(talk.event(44, 42, "stream_end", start, true, 1), "");

    Conversation other = in_conversation();
    other.client(respond(message_at(42)));
    other.open(2, "conversation:5");
    EXPECT_NE(other.event(43, 42, "stream_start", start, false, 2), "");
    EXPECT_EQ(other.event(43, 42, "stream_start", start, false, 1), "");
    EXPECT_NE(other.event(44, 42, "stream_end", start, true, 2), "");
    EXPECT_EQ(other.event(44, 42, "stream_end", start, true, 1), "");
}

TEST(Conversation, WhoLeavesAndComesBackIsShownTheRest) {
    Conversation talk = in_conversation();
    const std::string piece = R"({"message_id":85,"in_reply_to":84,"content":"x"})";
    talk.event(43, 42, "stream_start", piece, false, 1);
    talk.client(R"({"type":"leave_conversation","data":{"conversation_id":5}})");
    talk.client(R"({"type":"join_conversation","data":{"conversation_id":5,"after":43}})");
    talk.open(2, "conversation:5");
    EXPECT_NE(talk.event(44, 42, "token", piece, false, 2), "");
}

TEST(Conversation, LeavingEndsWhatIsShownApart) {
    Conversation talk = in_conversation();
    talk.client(respond(message_at(42)));
    EXPECT_EQ(talk.client(R"({"type":"leave_conversation","data":{"conversation_id":5}})"),
              "! leave slot=1\n! leave slot=2\n");
}

// ---- the rest ----------------------------------------------------------------------------------

TEST(Conversation, CancelStopsTheNewestWhereNoneIsNamed) {
    Conversation talk = in_conversation();
    EXPECT_NE(talk.client(R"({"type":"cancel"})").find("- validation_error"), std::string::npos);
    talk.client(R"({"type":"send_message","data":{"conversation_id":6,"content":"Hi"}})");
    talk.client(R"({"type":"typing_start","data":{"conversation_id":5}})");
    EXPECT_EQ(talk.client(R"({"type":"cancel"})"), "! cancel slot=2\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel","cause":8})"), "! cancel slot=2 cause=8\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel","data":{"conversation_id":5,"cause":9}})"),
              "! cancel slot=1 cause=9\n");
}

TEST(Conversation, TheUrlResumesAConversationOrTheHome) {
    ConnectInfo info = to_authenticate();
    info.query = {{"session", "conversation:5"}, {"after", "7"}, {"epoch", "e"}};
    Conversation talk("conversation");
    talk.connect(info);
    EXPECT_EQ(talk.client(R"({"type":"auth","token":"jwt"})"),
              "! refresh token=jwt\n! join slot=0 name=home\n"
              "! join slot=1 name=conversation:5 after=7 epoch=e\n");
    info.query = {{"after", "7"}, {"epoch", "e"}};
    Conversation home("conversation");
    home.connect(info);
    EXPECT_EQ(home.client(R"({"type":"auth","token":"jwt"})"),
              "! refresh token=jwt\n! join slot=0 name=home after=7 epoch=e\n");
}

TEST(Conversation, AnAfterInTheUrlThatIsNoneIsToldOnceItIsKnownWhoAsks) {
    ConnectInfo info = to_authenticate();
    info.query = {{"after", "x"}};
    Conversation talk("conversation");
    talk.connect(info);
    EXPECT_EQ(talk.client(R"({"type":"auth","token":"jwt"})"),
              "! refresh token=jwt\n! join slot=0 name=home\n");
    const std::string told = talk.authenticated("anna");
    EXPECT_TRUE(told.starts_with(R"(< {"type":"auth_success")")) << told;
    EXPECT_NE(told.find(R"("field":"after")"), std::string::npos) << told;
    Conversation anonymous("conversation");
    info.must_authenticate = false;
    anonymous.connect(info);
    EXPECT_NE(anonymous.client(R"({"type":"leave_conversation","data":{"conversation_id":1}})")
                  .find(R"("field":"after")"),
              std::string::npos);
}

TEST(Conversation, WhatIsShownApartMovesThePlaceToGoOnFromOnlyInStep) {
    engine::Opened running;
    running.running = {{42}};
    Conversation talk = in_conversation(running);
    talk.client(respond(message_at(42)));
    talk.open(2, "conversation:5");
    const std::string piece = R"({"message_id":85,"in_reply_to":84,"content":"x"})";
    const auto offset_told = [&](std::uint64_t offset, const char* type, Slot slot) {
        return talk.event(offset, 42, type, piece, false, slot).contains("\"offset\":");
    };
    EXPECT_FALSE(offset_told(43, "stream_start", 2));  // the other follower is not that far
    EXPECT_FALSE(offset_told(44, "token", 1));
    EXPECT_TRUE(offset_told(44, "token", 2));
    EXPECT_NE(talk.event(46, 46, "message", kMessage, false, 1), "");
    EXPECT_FALSE(offset_told(45, "token", 2));  // behind what was told
}

TEST(Conversation, ASessionOfAnotherRouteGoesByItsOwnName) {
    ConnectInfo info = to_authenticate();
    info.query = {{"session", "visit-7"}, {"after", "0"}};
    Conversation talk = anna(info);
    talk.open(1, "visit-7");
    EXPECT_NE(
        talk.event(42, 42, "message", kMessage, false, 1).find(R"("conversation_id":"visit-7")"),
        std::string::npos);
    EXPECT_EQ(talk.client(
                  R"({"type":"send_message","data":{"conversation_id":"visit-7","content":"Hi"}})"),
              "! send slot=1 chat {\"content\":\"Hi\",\"message_type\":\"user\"}\n");
}

TEST(Conversation, CodesAreInUpperCase) {
    Conversation talk = in_conversation();
    EXPECT_EQ(
        talk.client(R"({"type":"dance"})"),
        R"(< {"type":"error","data":{"code":"UNKNOWN_TYPE","message":"Unknown message type: dance","field":"type"}})"
        "\n- unknown_type\n");
    EXPECT_EQ(talk.too_long(9).substr(0, 55),
              R"(< {"type":"error","data":{"code":"MESSAGE_TOO_LONG","me)");
    EXPECT_EQ(
        talk.refused({.code = base::Code::rate_limited, .message = "wait", .retry_after_ms = 9}),
        R"(< {"type":"error","data":{"code":"RATE_LIMITED","message":"wait","retry_after_ms":9}})"
        "\n");
}

TEST(Conversation, AConversationThatIsRefusedIsToldOnceAndTheConnectionStays) {
    Conversation talk = anna();
    talk.client(R"({"type":"send_message","data":{"conversation_id":"a b","content":"Hi"}})");
    EXPECT_EQ(
        talk.notice(engine::Unfollowed{.slot = 1,
                                       .error = {.code = base::Code::validation_error,
                                                 .message = "a name",
                                                 .field = "session"}}),
        R"(< {"type":"error","data":{"code":"VALIDATION_ERROR","message":"a name","field":"conversation_id"}})"
        "\n");
    EXPECT_EQ(talk.refused({.code = base::Code::forbidden, .message = "no such session"}, 1), "");
}

}  // namespace
}  // namespace chartroom::dialects
