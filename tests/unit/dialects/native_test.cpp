#include <gtest/gtest.h>

#include "tests/unit/dialects/conversation.hpp"

namespace chartroom::dialects {
namespace {

constexpr const char* kLimits =
    R"("limits":{"frame_bytes":65536,"history_page":1000,"id_bytes":64,"sessions":64,"unanswered":1024},"server":"chartroom/test")";

Conversation opened() {
    Conversation talk("native");
    talk.connect();
    talk.client(R"({"type":"session.open"})");
    talk.open(0, "s-1");
    return talk;
}

TEST(Native, OpeningANewSession) {
    Conversation talk("native");
    EXPECT_EQ(talk.connect(), "");
    EXPECT_EQ(talk.client(R"({"type":"session.open","client":{"name":"t"}})"),
              "! join slot=0 epoch_required\n");
    talk.give_participant("00112233445566778899aabbccddeeff");
    EXPECT_EQ(
        talk.open(0, "s-1"),
        R"(< {"type":"session.opened","session":"s-1","epoch":"00000000000000e1","head":0,"resumed":false,"participant":"00112233445566778899aabbccddeeff",)" +
            std::string(kLimits) + "}\n");
    EXPECT_EQ(talk.notice(engine::Live{.slot = 0, .offset = {0}}),
              "< {\"type\":\"session.live\",\"session\":\"s-1\",\"offset\":0}\n");
}

TEST(Native, OpeningWithEverything) {
    Conversation talk("native");
    talk.connect();
    EXPECT_EQ(
        talk.client(
            R"({"type":"session.open","session":"s-1","after":5,"epoch":"e1","token":"a.b.c","participant":"pk"})"),
        "! join slot=0 name=s-1 after=5 epoch=e1 epoch_required participant=pk token=a.b.c\n");
    engine::Opened opened;
    opened.resumed = true;
    opened.head = {9};
    EXPECT_EQ(
        talk.open(0, "s-1", opened),
        R"(< {"type":"session.opened","session":"s-1","epoch":"00000000000000e1","head":9,"resumed":true,)" +
            std::string(kLimits) + "}\n");
}

TEST(Native, TheUrlStandsInForAnOpenThatSaysNothing) {
    Conversation talk("native");
    talk.connect({{"session", "s-9"}, {"after", "3"}, {"epoch", "e1"}});
    EXPECT_EQ(talk.client(R"({"type":"session.open","session":null})"),
              "! join slot=0 name=s-9 after=3 epoch=e1 epoch_required\n");
    Conversation other("native");
    other.connect({{"session", "s-9"}, {"after", "3"}});
    EXPECT_EQ(other.client(R"({"type":"session.open","session":"mine"})"),
              "! join slot=0 name=mine epoch_required\n");
}

TEST(Native, AMessageAndItsEvents) {
    Conversation talk = opened();
    EXPECT_EQ(
        talk.client(
            R"({"type":"echo","id":"c-1","since":0,"epoch":"e1","data":{"content": "h\u00e9", "n":[1, 2]}})"),
        R"(! send slot=0 echo id=c-1 since=0 epoch=e1 {"content": "h\u00e9", "n":[1, 2]})"
        "\n");
    EXPECT_EQ(talk.notice(engine::Accepted{.request = 1, .offset = {1}, .duplicate = false}),
              R"(< {"type":"accepted","id":"c-1","session":"s-1","offset":1,"duplicate":false})"
              "\n");
    EXPECT_EQ(
        talk.event(2, 1, "echo", R"({"content": "h\u00e9"})"),
        R"(< {"type":"echo","session":"s-1","offset":2,"prev":0,"cause":1,"at":"2026-01-15T10:30:00.123Z","actor":"plugin","data":{"content": "h\u00e9"}})"
        "\n");
    EXPECT_EQ(
        talk.event(4, 3, "echo", "{}"),
        R"(< {"type":"echo","session":"s-1","offset":4,"prev":2,"cause":3,"at":"2026-01-15T10:30:00.123Z","actor":"plugin","data":{}})"
        "\n");
    EXPECT_EQ(talk.notice(engine::Position{.slot = 0, .prev = {4}, .offset = {300}}),
              R"(< {"type":"session.position","session":"s-1","offset":300,"prev":4})"
              "\n");
}

TEST(Native, PrevRunsOnWithinABatch) {
    Conversation talk = opened();
    engine::Delivered delivered{.slot = 0, .prev = {7}, .events = {}};
    for (const std::uint64_t offset : {9, 12}) {
        auto event = std::make_shared<events::Event>();
        event->offset = {offset};
        event->type.text = "t";
        event->payload = "1";
        delivered.events.push_back(event);
    }
    EXPECT_EQ(
        talk.notice(delivered),
        R"(< {"type":"t","session":"s-1","offset":9,"prev":7,"at":"1970-01-01T00:00:00.000Z","data":1})"
        "\n"
        R"(< {"type":"t","session":"s-1","offset":12,"prev":9,"at":"1970-01-01T00:00:00.000Z","data":1})"
        "\n");
}

TEST(Native, AnErasedEventKeepsItsPlaceAndNothingElse) {
    Conversation talk = opened();
    auto event = std::make_shared<events::Event>();
    event->offset = {2};
    event->erased = true;
    event->type.text = "echo";
    event->actor.text = "user/ann";
    EXPECT_EQ(
        talk.deliver(event),
        R"(< {"type":"erased","session":"s-1","offset":2,"prev":0,"at":"1970-01-01T00:00:00.000Z"})"
        "\n");
}

TEST(Native, BytesTravelAsBase64) {
    Conversation talk = opened();
    auto event = std::make_shared<events::Event>();
    event->offset = {2};
    event->json = false;
    event->type.text = "blob";
    event->payload = std::string("\0\xff", 2);
    EXPECT_EQ(
        talk.deliver(event),
        R"(< {"type":"blob","session":"s-1","offset":2,"prev":0,"at":"1970-01-01T00:00:00.000Z","encoding":"base64","data":"AP8="})"
        "\n");
}

TEST(Native, AResetFollowsTheOpening) {
    Conversation talk("native");
    talk.connect();
    talk.client(R"({"type":"session.open","session":"s-1","after":900})");
    engine::Opened opened;
    opened.reset = engine::ResetReason::ahead;
    opened.first = {1};
    opened.head = {9};
    const std::string lines = talk.open(0, "s-1", opened);
    EXPECT_TRUE(lines.ends_with(
        R"(< {"type":"session.reset","session":"s-1","reason":"ahead","epoch":"00000000000000e1","first":1,"head":9})"
        "\n"))
        << lines;
}

TEST(Native, SeveralSessionsOnOneConnection) {
    Conversation talk = opened();
    EXPECT_EQ(
        talk.client(R"({"type":"session.join","session":"conversation:1","after":0,"epoch":"e1"})"),
        "! join slot=1 name=conversation:1 after=0 epoch=e1 epoch_required\n");
    EXPECT_EQ(
        talk.open(1, "conversation:1"),
        R"(< {"type":"session.joined","session":"conversation:1","epoch":"00000000000000e1","head":0,"resumed":false})"
        "\n");
    EXPECT_EQ(talk.client(R"({"type":"chat","session":"conversation:1","data":{}})"),
              "! send slot=1 chat {}\n");
    EXPECT_EQ(talk.event(2, 1, "t", "{}", false, 1).substr(0, 44),
              R"(< {"type":"t","session":"conversation:1","of)");
    EXPECT_EQ(talk.client(R"({"type":"session.leave","session":"conversation:1"})"),
              "! leave slot=1\n< {\"type\":\"session.left\",\"session\":\"conversation:1\"}\n");
    EXPECT_EQ(talk.event(3, 1, "t", "{}", false, 1), "");
}

TEST(Native, JoiningWhatIsFollowedBeginsAnewUnderAnotherSlot) {
    Conversation talk = opened();
    EXPECT_EQ(talk.client(R"({"type":"session.join","session":"s-1","after":3,"epoch":"e1"})"),
              "! leave slot=0\n! join slot=1 name=s-1 after=3 epoch=e1 epoch_required\n");
    EXPECT_EQ(talk.event(9, 1, "t", "{}", false, 0), "");
    talk.open(1, "s-1");
    EXPECT_EQ(talk.client(R"({"type":"echo","data":{}})"), "! send slot=1 echo {}\n");
}

TEST(Native, ANameThatIsOnlyALabelIsToldWithTheOneThatComesBack) {
    Conversation talk = opened();
    talk.client(R"({"type":"session.join","session":"patient:7"})");
    EXPECT_EQ(
        talk.open(1, "u-u-i-d"),
        R"(< {"type":"session.joined","session":"u-u-i-d","asked":"patient:7","epoch":"00000000000000e1","head":0,"resumed":false})"
        "\n");
    EXPECT_EQ(talk.client(R"({"type":"echo","session":"patient:7"})"), "! send slot=1 echo {}\n");
    EXPECT_EQ(talk.client(R"({"type":"echo","session":"u-u-i-d"})"), "! send slot=1 echo {}\n");
}

TEST(Native, HistoryIsAPageOfAnySession) {
    Conversation talk = opened();
    EXPECT_EQ(talk.client(R"({"type":"session.history","before":9,"limit":2,"id":"h"})"),
              "! page slot=0 before=9 limit=2\n");
    engine::HistoryPage page{.request = 1, .events = {}, .more = true};
    for (const std::uint64_t offset : {5, 8}) {
        auto event = std::make_shared<events::Event>();
        event->offset = {offset};
        event->type.text = "t";
        event->payload = "{}";
        page.events.push_back(event);
    }
    EXPECT_EQ(
        talk.notice(page),
        R"(< {"type":"session.page","session":"s-1","id":"h","events":[)"
        R"({"type":"t","session":"s-1","offset":5,"at":"1970-01-01T00:00:00.000Z","data":{}},)"
        R"({"type":"t","session":"s-1","offset":8,"at":"1970-01-01T00:00:00.000Z","data":{}}],"more":true})"
        "\n");
    EXPECT_EQ(talk.client(R"({"type":"session.history","session":"other","after":1,"epoch":"e1"})"),
              "! page name=other after=1 epoch=e1 limit=100\n");
}

TEST(Native, TheRestOfTheVerbs) {
    Conversation talk = opened();
    EXPECT_EQ(talk.client(R"({"type":"ack","session":"s-1","offset":7})"),
              "! ack slot=0 offset=7\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel","session":"s-1","cause":3})"),
              "! cancel slot=0 cause=3\n");
    EXPECT_EQ(talk.client(R"({"type":"cancel"})"), "! cancel slot=0\n");
    EXPECT_EQ(talk.client(R"({"type":"session.refresh","token":"t"})"), "! refresh token=t\n");
    EXPECT_EQ(talk.client(R"({"type":"ping","id":"p"})"), "< {\"type\":\"pong\",\"id\":\"p\"}\n");
    EXPECT_EQ(talk.notice(engine::CancelTaken{.request = 1}), "");
    EXPECT_EQ(talk.expiring(30000), "< {\"type\":\"session.expiring\",\"in_ms\":30000}\n");
}

TEST(Native, ARefusalNamesTheClientsId) {
    Conversation talk = opened();
    talk.client(R"({"type":"echo","id":"c-1"})");
    EXPECT_EQ(talk.notice(engine::Refused{
                  .request = 1, .error = {.code = base::Code::id_reused, .message = "again"}}),
              R"(< {"type":"error","code":"id_reused","message":"again","id":"c-1","fatal":false})"
              "\n");
    talk.client(R"({"type":"echo","id":"c-2"})");
    EXPECT_EQ(
        talk.refused(
            {.code = base::Code::rate_limited, .message = "slow down", .retry_after_ms = 100}, 2),
        R"(< {"type":"error","code":"rate_limited","message":"slow down","id":"c-2","retry_after_ms":100,"fatal":false})"
        "\n");
}

TEST(Native, CredentialsThatDoNotHoldEndTheConnection) {
    Conversation talk = opened();
    EXPECT_EQ(talk.refused({.code = base::Code::unauthenticated, .message = "expired"}),
              R"(< {"type":"error","code":"unauthenticated","message":"expired","fatal":true})"
              "\nx 4001\n");
}

TEST(Native, LosingTheMainSessionEndsTheConnectionOrLetsItOpenAgain) {
    Conversation erased = opened();
    EXPECT_EQ(erased.notice(engine::Unfollowed{
                  .slot = 0, .error = {.code = base::Code::erased, .message = "gone"}}),
              R"(< {"type":"error","code":"erased","message":"gone","session":"s-1","fatal":true})"
              "\nx 4009\n");

    Conversation talk("native");
    talk.connect();
    talk.client(R"({"type":"session.open","session":"a b"})");
    EXPECT_EQ(
        talk.notice(engine::Unfollowed{.slot = 0,
                                       .error = {.code = base::Code::validation_error,
                                                 .message = "bad name",
                                                 .field = "session"}}),
        R"(< {"type":"error","code":"validation_error","message":"bad name","field":"session","session":"a b","fatal":false})"
        "\n");
    EXPECT_EQ(talk.client(R"({"type":"session.open"})"), "! join slot=1 epoch_required\n");
    EXPECT_EQ(talk.open(1, "s").substr(0, 26), R"(< {"type":"session.opened")");
}

TEST(Native, LosingAnotherSessionLeavesIt) {
    Conversation talk = opened();
    talk.client(R"({"type":"session.join","session":"b"})");
    talk.open(1, "b");
    EXPECT_EQ(talk.notice(engine::Unfollowed{
                  .slot = 1, .error = {.code = base::Code::forbidden, .message = "not yours"}}),
              R"(< {"type":"session.left","session":"b","code":"forbidden","message":"not yours"})"
              "\n");
}

TEST(Native, UnansweredMessagesAreBounded) {
    Conversation talk = opened();
    for (int i = 0; i < 1024; ++i) {
        ASSERT_EQ(talk.client(R"({"type":"echo"})"), "! send slot=0 echo {}\n");
    }
    EXPECT_TRUE(talk.client(R"({"type":"echo","id":"x"})").ends_with("- busy\n"));
    talk.notice(engine::Accepted{.request = 5, .offset = {5}, .duplicate = false});
    EXPECT_EQ(talk.client(R"({"type":"echo"})"), "! send slot=0 echo {}\n");
}

}  // namespace
}  // namespace chartroom::dialects
