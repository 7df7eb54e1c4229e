#include <gtest/gtest.h>

#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

constexpr auto kSession = "0b5e2f70-6f5b-4f0e-8d2a-0f3c1f6f8a11";
constexpr auto kOther = "5c2a9d1e-1111-4222-8333-444455556666";

// `@` stands for the time, `#` for the session's name.
std::string lines(std::string text) {
    for (const auto& [mark, meaning] :
         {std::pair{"@", R"("timestamp":"2026-01-15T10:30:00.123Z")"}, std::pair{"#", kSession}}) {
        for (std::size_t i = 0; (i = text.find(mark, i)) != std::string::npos;) {
            text.replace(i, 1, meaning);
        }
    }
    return text;
}

const std::string kConnection =
    lines(R"(< {"type":"connection","status":"connected","session_id":"#",@,"offset":0,)"
          R"("epoch":"00000000000000e1"})"
          "\n");

Conversation anonymous() {
    Conversation talk("stream");
    EXPECT_EQ(talk.connect(), "! join slot=0\n");
    EXPECT_EQ(talk.open(0, kSession), kConnection);
    return talk;
}

ConnectInfo anna() {
    ConnectInfo info;
    info.user = "anna";
    return info;
}

TEST(Stream, AnAnswerIsStartStatusTokensEnd) {
    Conversation talk = anonymous();
    EXPECT_EQ(talk.client(R"({"message":"My head hurts"})"),
              "! send slot=0 chat {\"content\":\"My head hurts\",\"agents\":true}\n");
    EXPECT_EQ(talk.event(2, 1, "message", R"({"id":2})"), "");
    EXPECT_EQ(
        talk.event(
            3, 1, "stream_start",
            R"({"message_id":3,"workflow":"multi_agent","agents":["triage","diagnostic","treatment"]})"),
        lines(
            R"(< {"type":"stream_start","metadata":{"workflow":"multi_agent","agents":["triage","diagnostic","treatment"]},@,"offset":3,"session":"#","epoch":"00000000000000e1"})"
            "\n"));
    EXPECT_EQ(talk.event(4, 1, "status", R"({"message_id":3,"status":"validating"})"),
              lines(R"(< {"type":"status","status":"validating","details":{},@,"offset":4})"
                    "\n"));
    EXPECT_EQ(
        talk.event(5, 1, "emergency",
                   R"({"message_id":3,"level":"high","message":"call 112","matched":["a"]})"),
        lines(
            R"(< {"type":"emergency","level":"high","message":"call 112","matched":["a"],@,"offset":5})"
            "\n"));
    EXPECT_EQ(
        talk.event(6, 1, "status",
                   R"({"status":"running_triage","details":{"current_agent":"triage"}})"),
        lines(
            R"(< {"type":"status","status":"running_triage","details":{"current_agent":"triage"},@,"offset":6})"
            "\n"));
    EXPECT_EQ(talk.event(7, 1, "token", R"({"message_id":3,"content":"Rest "})"),
              lines(R"(< {"type":"token","content":"Rest ",@,"offset":7})"
                    "\n"));
    EXPECT_EQ(
        talk.event(
            8, 1, "stream_end",
            R"({"message_id":3,"content":"Rest ","finish":"stop","agents_completed":["triage"]})",
            true),
        lines(
            R"(< {"type":"stream_end","metadata":{"agents_completed":["triage"],"session_id":"#","finish":"stop"},@,"offset":8})"
            "\n"));
}

TEST(Stream, WithoutAgentsTheListsAreThereAllTheSame) {
    Conversation talk = anonymous();
    EXPECT_EQ(talk.client(R"({"message":"Hi","enable_agents":false,"session_id":null})"),
              "! send slot=0 chat {\"content\":\"Hi\",\"agents\":false}\n");
    EXPECT_EQ(
        talk.event(3, 1, "stream_start", R"({"message_id":3,"workflow":"single"})"),
        lines(
            R"(< {"type":"stream_start","metadata":{"workflow":"single","agents":[]},@,"offset":3,"session":"#","epoch":"00000000000000e1"})"
            "\n"));
}

TEST(Stream, NothingComesBeforeTheConnectionFrame) {
    Conversation talk("stream");
    EXPECT_EQ(talk.connect({{"after", "x"}}), "! join slot=0\n- validation_error\n");
    EXPECT_EQ(talk.client(R"({"message":"quick"})"), "");
    EXPECT_EQ(talk.client("{"), "");
    EXPECT_EQ(talk.too_long(99), "- message_too_long\n");
    EXPECT_EQ(talk.refused({.code = base::Code::rate_limited, .message = "wait"}), "");
    const std::string told = talk.open(0, kSession);
    EXPECT_EQ(
        told,
        kConnection +
            lines(
                R"(< {"type":"error","error_type":"validation_error","message":"after must be an offset: a whole number","field":"after",@})"
                "\n"
                R"(< {"type":"error","error_type":"message_too_long","message":"the message is too long: 99 bytes",@})"
                "\n"
                R"(< {"type":"error","error_type":"rate_limited","message":"wait",@})"
                "\n"
                R"(< {"type":"error","error_type":"malformed","message":"the frame is not valid JSON",@})"
                "\n"
                "! send slot=0 chat {\"content\":\"quick\",\"agents\":true}\n"));
}

TEST(Stream, AResumeSaysSoFirstAndMakesUpTheStart) {
    Conversation talk("stream");
    EXPECT_EQ(talk.connect({{"session", kSession}, {"after", "12"}, {"epoch", "e"}}),
              "! join slot=0 name=" + std::string(kSession) +
                  " after=12 epoch=e\n! page slot=0 limit=1 type=profile\n");
    engine::Opened opened;
    opened.head = {20};
    opened.after = {12};
    opened.resumed = true;
    opened.running = {{10}};
    EXPECT_EQ(
        talk.open(0, kSession, opened),
        lines(
            R"(< {"type":"connection","status":"resumed","session_id":"#",@,"offset":12,"epoch":"00000000000000e1"})"
            "\n"));
    EXPECT_EQ(
        talk.event(13, 10, "token", R"({"content":"on"})"),
        lines(
            R"(< {"type":"stream_start","metadata":{"workflow":"single","agents":[]},@})"
            "\n"
            R"(< {"type":"token","content":"on",@,"offset":13,"session":"#","epoch":"00000000000000e1"})"
            "\n"));
    EXPECT_EQ(talk.event(14, 10, "token", R"({"content":"on"})"),
              lines(R"(< {"type":"token","content":"on",@,"offset":14})"
                    "\n"));
}

TEST(Stream, TheStartThatIsMadeUpSaysWhatTheRealOneSaid) {
    Conversation talk("stream");
    talk.connect({{"session", kSession}, {"after", "12"}});
    talk.open(0, kSession);
    EXPECT_EQ(talk.began(10, R"({"message_id":3,"workflow":"multi_agent","agents":["triage"]})"),
              "");
    EXPECT_TRUE(
        talk.event(13, 10, "token", R"({"content":"on"})")
            .starts_with(
                R"(< {"type":"stream_start","metadata":{"workflow":"multi_agent","agents":["triage"]},"timestamp":"2026-01-15T10:29:59.123Z"})"
                "\n<"));
}

TEST(Stream, AResumeThatIsNotCompleteSaysSoAfterTheConnectionFrame) {
    Conversation talk("stream");
    talk.connect({{"session", kSession}, {"after", "900"}});
    engine::Opened opened;
    opened.head = {20};
    opened.reset = engine::ResetReason::ahead;
    EXPECT_EQ(
        talk.open(0, kSession, opened),
        kConnection +
            lines(
                R"(< {"type":"error","error_type":"resume_impossible","message":"what came before is not complete: there is no such offset yet",@})"
                "\n"));
}

TEST(Stream, AFramesSessionIsFollowedInsteadOfTheOneBefore) {
    ConnectInfo info = anna();
    Conversation talk("stream");
    EXPECT_EQ(talk.connect(info),
              "! join slot=0\n! join slot=1 name=home\n! page slot=1 limit=1 type=profile\n");
    talk.open(0, kSession);
    talk.open(1, "home");
    talk.notice(engine::HistoryPage{.request = 1, .events = {}, .more = false});
    EXPECT_EQ(talk.client(R"({"message":"a","session_id":")" + std::string(kSession) + "\"}"),
              "! send slot=0 chat {\"content\":\"a\",\"agents\":true}\n");
    talk.event(3, 1, "stream_start", "{}");
    EXPECT_EQ(
        talk.client(R"({"message":"b","session_id":"visit-7"})"),
        lines(
            "! join slot=2 name=visit-7\n! leave slot=0\n"
            "! send slot=2 chat {\"content\":\"b\",\"agents\":true}\n"
            R"(< {"type":"stream_end","metadata":{"agents_completed":[],"session_id":"#","finish":"interrupted"},@})"
            "\n"));
    EXPECT_EQ(talk.event(4, 1, "token", R"({"content":"late"})"), "");
    talk.open(2, "visit-7");
    EXPECT_EQ(talk.client(R"({"message":"c","session_id":"visit-7"})"),
              "! send slot=2 chat {\"content\":\"c\",\"agents\":true}\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel"})"), "! cancel slot=2\n");
}

TEST(Stream, ARefusedSessionIsToldOnceAndTheNextMessageBeginsANewOne) {
    Conversation talk("stream");
    talk.connect(anna());
    talk.open(0, kSession);
    talk.notice(engine::HistoryPage{.request = 1, .events = {}, .more = false});
    talk.client(R"({"message":"b","session_id":"a b"})");
    EXPECT_EQ(talk.notice(engine::Unfollowed{
                  .slot = 2, .error = {.code = base::Code::validation_error, .message = "a name"}}),
              lines(R"(< {"type":"error","error_type":"validation_error","message":"a name",@})"
                    "\n"));
    EXPECT_EQ(talk.refused({.code = base::Code::forbidden, .message = "no such session"}, 2), "");
    EXPECT_EQ(talk.client(R"({"message":"c"})"),
              "! join slot=3\n! send slot=3 chat {\"content\":\"c\",\"agents\":true}\n");
}

// A ticket is for one session: the user's home is not for who holds one.
TEST(Stream, WhoseHomeIsRefusedKeepsTheProfileInTheSession) {
    Conversation talk("stream");
    talk.connect(anna());
    const base::Error forbidden{.code = base::Code::forbidden, .message = "not for you"};
    EXPECT_EQ(talk.notice(engine::Unfollowed{.slot = 1, .error = forbidden}), "");
    EXPECT_EQ(talk.refused(forbidden, 1), "! page slot=0 limit=1 type=profile\n");
    EXPECT_EQ(talk.client(R"({"message":"a","patient_profile":{"age":7}})"), "");
    EXPECT_EQ(talk.open(0, kSession), kConnection);
    EXPECT_EQ(talk.notice(engine::HistoryPage{.request = 2, .events = {}, .more = false}),
              "! send slot=0 profile {\"age\":7}\n"
              "! send slot=0 chat {\"content\":\"a\",\"agents\":true,\"profile\":{\"age\":7}}\n");
}

TEST(Stream, AUsersProfileIsLoadedKeptAndReplaced) {
    Conversation talk("stream");
    talk.connect(anna());
    talk.open(0, kSession);
    EXPECT_EQ(talk.client(R"({"message":"quick"})"), "");
    auto profile = std::make_shared<events::Event>();
    profile->type.text = "profile";
    profile->payload = R"({"age":40})";
    EXPECT_EQ(
        talk.notice(engine::HistoryPage{.request = 1, .events = {profile}, .more = true}),
        "! send slot=0 chat {\"content\":\"quick\",\"agents\":true,\"profile\":{\"age\":40}}\n");
    EXPECT_EQ(talk.client(R"({"message":"b","patient_profile":{"age":41}})"),
              "! send slot=1 profile {\"age\":41}\n"
              "! send slot=0 chat {\"content\":\"b\",\"agents\":true,\"profile\":{\"age\":41}}\n");
    EXPECT_EQ(talk.client(R"({"message":"c","patient_profile":{"age":41}})"),
              "! send slot=0 chat {\"content\":\"c\",\"agents\":true,\"profile\":{\"age\":41}}\n");
    // Given over another connection of the same user.
    EXPECT_EQ(talk.event(9, 8, "profile", R"({"age":42})", true, 1), "");
    EXPECT_EQ(talk.client(R"({"message":"d"})"),
              "! send slot=0 chat {\"content\":\"d\",\"agents\":true,\"profile\":{\"age\":42}}\n");
}

TEST(Stream, AProfileThatCannotBeReadHoldsNothingUp) {
    Conversation talk("stream");
    talk.connect(anna());
    talk.open(0, kSession);
    talk.client(R"({"message":"a"})");
    EXPECT_EQ(talk.notice(engine::Refused{
                  .request = 1, .error = {.code = base::Code::unavailable, .message = "busy"}}),
              "! send slot=0 chat {\"content\":\"a\",\"agents\":true}\n");
}

TEST(Stream, SomebodyAnonymousKeepsTheProfileInTheSession) {
    Conversation talk = anonymous();
    EXPECT_EQ(talk.client(R"({"message":"a","patient_profile":{"age":3}})"),
              "! send slot=0 profile {\"age\":3}\n"
              "! send slot=0 chat {\"content\":\"a\",\"agents\":true,\"profile\":{\"age\":3}}\n");
    // Another session has its own, which is read before the message that names it goes on.
    EXPECT_EQ(talk.client(R"({"message":"b","session_id":")" + std::string(kOther) + "\"}"),
              "! join slot=1 name=" + std::string(kOther) +
                  "\n! leave slot=0\n! page slot=1 limit=1 type=profile\n");
    EXPECT_EQ(talk.client(R"({"message":"c"})"), "");
    talk.open(1, kOther);
    EXPECT_EQ(talk.notice(engine::HistoryPage{.request = 3, .events = {}, .more = false}),
              "! send slot=1 chat {\"content\":\"b\",\"agents\":true}\n"
              "! send slot=1 chat {\"content\":\"c\",\"agents\":true}\n");
}

TEST(Stream, AnErrorComesBeforeTheEndOfItsStream) {
    Conversation talk = anonymous();
    talk.event(2, 1, "stream_start", "{}");
    EXPECT_EQ(
        talk.event(3, 1, "error", R"({"code":"a plugin's own","message":"no model"})"),
        lines(R"(< {"type":"error","error_type":"plugin_failed","message":"no model",@,"offset":3})"
              "\n"));
    EXPECT_EQ(
        talk.event(4, 1, "stream_end", R"({"finish":"error"})", true),
        lines(
            R"(< {"type":"stream_end","metadata":{"agents_completed":[],"session_id":"#","finish":"error"},@,"offset":4})"
            "\n"));
}

TEST(Stream, ErrorsHaveTypes) {
    Conversation talk = anonymous();
    for (const char* frame : {R"({"message":""})", R"({"message":" \n"})", R"({"message":null})",
                              "{}", R"({"session_id":"a"})"}) {
        EXPECT_EQ(
            talk.client(frame),
            lines(
                R"(< {"type":"error","error_type":"validation_error","message":"Message cannot be empty","field":"message",@})"
                "\n- validation_error\n"))
            << frame;
    }
    EXPECT_EQ(
        talk.refused({.code = base::Code::disk_full, .message = "/var/x"}),
        lines(
            R"(< {"type":"error","error_type":"internal_error","message":"a bug in the server",@})"
            "\n"));
    EXPECT_EQ(
        talk.refused({.code = base::Code::rate_limited, .message = "wait", .retry_after_ms = 250}),
        lines(
            R"(< {"type":"error","error_type":"rate_limited","message":"wait","retry_after_ms":250,@})"
            "\n"));
}

TEST(Stream, MoreThanItHoldsIsRefused) {
    Conversation talk("stream");
    talk.connect();
    for (int i = 0; i < 64; ++i) {
        EXPECT_EQ(talk.client(R"({"message":"a"})"), "");
    }
    EXPECT_EQ(talk.client(R"({"message":"one too many"})"), "- busy\n");
    EXPECT_NE(talk.open(0, kSession).find("\"error_type\":\"busy\""), std::string::npos);
}

}  // namespace
}  // namespace chartroom::dialects
