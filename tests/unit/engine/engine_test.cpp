// The engine over the memory store: what a sender, a follower and a handler see.
#include "core/engine/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.hpp"
#include "storage/memory/memory_event_log.hpp"
#include "tests/fakes/engine/fake_handler.hpp"
#include "tests/fakes/engine/fake_world.hpp"

namespace chartroom::engine {
namespace {

using base::ConnectionId;
using base::Offset;
using base::SessionId;
using storage::MemoryFault;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr ConnectionId kAnna{1};
constexpr ConnectionId kBert{2};

auth::PrincipalPtr anonymous(const std::string& id) {
    return std::make_shared<const auth::Principal>(
        auth::Principal{auth::Who::anonymous, id, {}, {}});
}

class EngineTest : public testing::Test {
  protected:
    EngineTest() { start(); }
    ~EngineTest() override { kill(); }

    void start() {
        log_ = std::make_unique<storage::MemoryEventLog>(disk_, random_);
        std::vector<HandlerPtr> handlers{parallel_};
        if (!without_run_) handlers.push_back(handler_);
        engine_ = std::make_unique<Engine>(
            World{clock_, *log_, effects_, outlet_, {&strand_}, archived_},
            HandlerTable::make(handlers).value(), auth::AccessPolicy{}, limits_);
        engine_->recover([] {});
        strand_.run_all();
    }
    void kill() {
        effects_.drop_all();
        strand_.drop_all();
        engine_.reset();
        log_.reset();
    }
    void restart() {
        kill();
        handler_ = remade_ ? remade_ : fakes::FakeHandler::make();
        parallel_ = fakes::FakeHandler::make(true);
        outlet_.all.clear();
        start();
    }
    void follow(ConnectionId who, std::optional<Offset> after = {},
                std::optional<base::Epoch> epoch = {}) {
        EXPECT_TRUE(engine_->follow({who, 0, principal(who), session_, after, epoch, true}));
        strand_.run_all();
    }
    // As the dialects do whose clients know nothing of sessions.
    void follow_whole(ConnectionId who, Offset after) {
        EXPECT_TRUE(
            engine_->follow({who, 0, principal(who), session_, after, log_->epoch(), false, true}));
        strand_.run_all();
    }
    std::uint64_t send(ConnectionId who, const std::string& todo, const std::string& id = "",
                       const std::string& type = "run") {
        ++request_;
        EXPECT_TRUE(engine_->submit({who,
                                     request_,
                                     principal(who),
                                     session_,
                                     type,
                                     R"({"do":[)" + todo + "]}",
                                     id,
                                     {},
                                     {}}));
        strand_.run_all();
        return request_;
    }
    void finish_effects() {
        while (effects_.running() != 0) {
            effects_.step(0);
            strand_.run_all();
        }
    }
    void pass(std::int64_t ms) {
        clock_.advance(ms * 1000);
        strand_.run_all();
    }
    static auth::PrincipalPtr principal(ConnectionId who) {
        return anonymous(std::string(32, static_cast<char>('a' + who.value)));
    }
    [[nodiscard]] std::vector<std::string> seen(ConnectionId who) const {
        std::vector<std::string> texts;
        for (const auto& event : outlet_.events_of(who)) {
            texts.push_back(event->type.text + " " + event->payload);
        }
        return texts;
    }
    [[nodiscard]] std::vector<events::EventPtr> rows() {
        std::vector<events::EventPtr> all;
        log_->find_session(session_, strand_, [&](base::Result<storage::SessionInfo> info) {
            if (!info) return;
            log_->read({.session = info->number, .rows_max = 10'000, .bytes_max = 1u << 24},
                       strand_, [&](base::Result<storage::Page> page) { all = page->events; });
        });
        strand_.run_all();
        return all;
    }
    [[nodiscard]] base::Code refusal() const {
        for (auto at = outlet_.all.rbegin(); at != outlet_.all.rend(); ++at) {
            if (const auto* refused = std::get_if<Refused>(&at->body)) return refused->error.code;
        }
        return base::Code::internal;
    }

    base::SeededRandom random_{1};
    storage::MemoryDisk disk_{random_};
    fakes::FakeClock clock_;
    fakes::ManualExecutor strand_{clock_};
    fakes::FakeEffects effects_;
    fakes::RecordingOutlet outlet_;
    Limits limits_;
    std::shared_ptr<fakes::FakeHandler> handler_ = fakes::FakeHandler::make();
    std::shared_ptr<fakes::FakeHandler> parallel_ = fakes::FakeHandler::make(true);
    std::shared_ptr<fakes::FakeHandler> remade_;
    std::function<HandlerPtr(std::string_view)> archived_;
    bool without_run_ = false;
    std::unique_ptr<storage::MemoryEventLog> log_;
    std::unique_ptr<Engine> engine_;
    SessionId session_{"open/00000000-0000-4000-8000-000000000000"};
    std::uint64_t request_ = 0;
};

TEST_F(EngineTest, AnEchoIsTwoRowsOneCommitAndReachesEveryFollower) {
    follow(kAnna);
    follow(kBert);
    const auto commits = log_->stats().commits;
    send(kAnna, R"({"emit":"hi"})", "c-1");
    EXPECT_EQ(log_->stats().commits, commits + 1);
    EXPECT_THAT(seen(kAnna), ElementsAre(R"(echo {"content":"hi"})"));
    EXPECT_EQ(seen(kBert), seen(kAnna));
    const auto stored = rows();
    ASSERT_THAT(stored, SizeIs(2));
    EXPECT_EQ(stored[0]->kind, events::Kind::in);
    EXPECT_TRUE(stored[1]->ends_turn);
    EXPECT_EQ(stored[1]->cause, Offset{1});
    const auto accepted = outlet_.of<Accepted>(kAnna);
    ASSERT_THAT(accepted, SizeIs(1));
    EXPECT_EQ(accepted[0].offset, Offset{1});
    EXPECT_FALSE(accepted[0].duplicate);
}

TEST_F(EngineTest, NothingIsSeenWhileTheLogDoesNotTakeItAndAllOfItAfterwards) {
    follow(kAnna);
    log_->fail_next(MemoryFault::unavailable, 2);
    send(kAnna, R"({"emit":"kept"})", "c-1");
    EXPECT_THAT(seen(kAnna), SizeIs(0));
    EXPECT_THAT(outlet_.of<Accepted>(kAnna), SizeIs(0));
    send(kAnna, R"({"emit":"refused"})", "c-2");
    EXPECT_EQ(refusal(), base::Code::unavailable);
    pass(300);
    pass(300);
    EXPECT_THAT(seen(kAnna), ElementsAre(R"(echo {"content":"kept"})"));
    EXPECT_THAT(outlet_.of<Accepted>(kAnna), SizeIs(1));
    send(kAnna, R"({"emit":"again"})", "c-2");
    EXPECT_THAT(seen(kAnna), SizeIs(2));
}

TEST_F(EngineTest, AfterAnUnknownCommitARepeatIsAnsweredAndRunsNothingTwice) {
    for (const auto fault :
         {MemoryFault::unknown_written, MemoryFault::unknown_not_written, MemoryFault::conflict}) {
        SCOPED_TRACE(static_cast<int>(fault));
        session_.value.back() = static_cast<char>('1' + static_cast<int>(fault));
        outlet_.all.clear();
        follow(kAnna);
        log_->fail_next(fault);
        send(kAnna, R"({"emit":"once"})", "c-1");
        EXPECT_EQ(refusal(), base::Code::unavailable);
        send(kAnna, R"({"emit":"once"})", "c-1");
        EXPECT_THAT(seen(kAnna), ElementsAre(R"(echo {"content":"once"})"));
        EXPECT_THAT(outlet_.of<Accepted>(kAnna), SizeIs(1));
        EXPECT_THAT(rows(), SizeIs(2));
    }
}

TEST_F(EngineTest, ARepeatIsADuplicateAndAnotherMessageUnderTheSameIdIsRefused) {
    send(kAnna, R"({"emit":"a"})", "c-1");
    send(kAnna, R"({"emit":"a"})", "c-1");
    const auto accepted = outlet_.of<Accepted>(kAnna);
    ASSERT_THAT(accepted, SizeIs(2));
    EXPECT_TRUE(accepted[1].duplicate);
    EXPECT_EQ(accepted[1].offset, accepted[0].offset);
    send(kAnna, R"({"emit":"b"})", "c-1");
    EXPECT_EQ(refusal(), base::Code::id_reused);
    const auto after = rows();
    ASSERT_THAT(after, SizeIs(3));
    EXPECT_EQ(after[2]->type.text, "input.refused");
    EXPECT_EQ(after[2]->payload, R"({"bytes":21,"code":"id_reused","field":"id"})");
    restart();
    send(kAnna, R"({"emit":"a"})", "c-1");
    EXPECT_TRUE(outlet_.of<Accepted>(kAnna).at(0).duplicate);
    EXPECT_THAT(rows(), SizeIs(3));
}

TEST_F(EngineTest, RefusedInputLeavesANoteWithoutItsBytesUpToABoundAndOnlyWhereOneMayWrite) {
    const auto refuse = [&](const SessionId& session) {
        engine_->note_refused({principal(kAnna), session, base::Code::malformed, "data", 7});
        strand_.run_all();
    };
    refuse(session_);
    EXPECT_THAT(rows(), SizeIs(0)) << "a session begins with a message";
    send(kAnna, R"({"emit":"a"})");
    for (std::size_t i = 0; i <= kRefusalsNotedMax; ++i) refuse(session_);
    auto noted = rows();
    ASSERT_THAT(noted, SizeIs(2 + kRefusalsNotedMax));
    EXPECT_EQ(noted.back()->kind, events::Kind::note);
    EXPECT_EQ(noted.back()->payload, R"({"bytes":7,"code":"malformed","field":"data"})");
    send(kAnna, R"({"emit":"a"})");
    refuse(session_);
    EXPECT_THAT(rows(), SizeIs(2 + kRefusalsNotedMax + 3));
    session_ = SessionId{"user/somebody/else"};
    refuse(session_);
    EXPECT_THAT(rows(), SizeIs(0));
}

TEST_F(EngineTest, AResumeGivesWhatIsMissingAndThenSaysThatItIsLive) {
    for (int i = 0; i < 5; ++i) send(kAnna, R"({"emit":"x"})");
    follow(kBert, Offset{4}, log_->epoch());
    EXPECT_TRUE(outlet_.of<Opened>(kBert).at(0).resumed);
    std::vector<std::uint64_t> offsets;
    for (const auto& event : outlet_.events_of(kBert)) offsets.push_back(event->offset.value);
    EXPECT_THAT(offsets, ElementsAre(6, 8, 10));
    EXPECT_EQ(outlet_.of<Delivered>(kBert).at(0).prev, Offset{4});
    EXPECT_THAT(outlet_.of<Live>(kBert), SizeIs(1));
}

TEST_F(EngineTest, AResumeThatCannotBeCompleteIsAResetThatStartsAtTheBeginning) {
    send(kAnna, R"({"emit":"x"})");
    follow(kAnna, Offset{1}, base::Epoch{"0000000000000000"});
    EXPECT_EQ(outlet_.of<Opened>(kAnna).at(0).reset, ResetReason::epoch);
    follow(kBert, Offset{99}, log_->epoch());
    EXPECT_EQ(outlet_.of<Opened>(kBert).at(0).reset, ResetReason::ahead);
    EXPECT_THAT(seen(kBert), SizeIs(1));
    follow(ConnectionId{3}, Offset{1});
    EXPECT_EQ(outlet_.of<Opened>(ConnectionId{3}).at(0).reset, ResetReason::epoch);
}

TEST_F(EngineTest, AFollowerWithAFullWindowWaitsUntilItHasPassedThingsOn) {
    limits_.delivery_window_bytes = 400;
    restart();
    follow(kAnna);
    for (int i = 0; i < 20; ++i) send(kBert, R"({"emit":"0123456789"})");
    const auto before = outlet_.events_of(kAnna).size();
    EXPECT_LT(before, 5u);
    std::size_t passed = 0;
    while (passed < 20) {
        const auto events = outlet_.events_of(kAnna);
        ASSERT_LT(passed, events.size());
        for (; passed < events.size(); ++passed) {
            engine_->consumed(kAnna, session_, 0, events[passed]->offset,
                              delivery_weight(*events[passed]));
        }
        strand_.run_all();
    }
    EXPECT_THAT(outlet_.events_of(kAnna), SizeIs(20));
}

TEST_F(EngineTest, TurnsOfOnePluginRunOneAfterTheOther) {
    follow(kAnna);
    send(kAnna, R"({"sleep_ms":100},{"emit":"first"})");
    send(kAnna, R"({"emit":"second"})");
    send(kAnna, R"({"emit":"beside"})", "", "prun");
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("beside")));
    EXPECT_THAT(outlet_.of<Accepted>(kAnna), SizeIs(3));
    pass(100);
    EXPECT_THAT(seen(kAnna),
                ElementsAre(HasSubstr("beside"), HasSubstr("first"), HasSubstr("second")));
}

TEST_F(EngineTest, AStreamGoesOnAfterAKillAndEndsWhole) {
    follow(kAnna);
    send(kAnna, R"({"stream":"abcdefgh"})");
    effects_.step(0);
    strand_.run_all();
    restart();
    follow(kAnna, Offset{0});
    EXPECT_EQ(engine_->stats().turns_recovered, 1u);
    const auto texts = seen(kAnna);
    ASSERT_THAT(texts, SizeIs(3));
    EXPECT_THAT(texts[1], HasSubstr("abcd"));
    EXPECT_THAT(texts[2], HasSubstr(R"("content":"abcd","finish":"interrupted")"));
    EXPECT_EQ(handler_->turns_held(), 0u);
}

TEST_F(EngineTest, AResumeInsideAStreamIsToldItsStartOnceWhetherItGoesOnOrIsOver) {
    const auto type_of = [](const Notice& notice) -> std::string {
        if (const auto* began = std::get_if<StreamBegan>(&notice.body)) {
            return "began " + began->start->payload;
        }
        const auto* delivered = std::get_if<Delivered>(&notice.body);
        return delivered == nullptr ? "" : delivered->events.at(0)->type.text;
    };
    const auto told = [&](ConnectionId who) {
        std::vector<std::string> all;
        for (const auto& notice : outlet_.all) {
            if (notice.connection == who && !type_of(notice).empty()) {
                all.push_back(type_of(notice));
            }
        }
        return all;
    };
    follow(kAnna);
    send(kAnna, R"({"stream":"abcdefgh"})");
    effects_.step(0);
    strand_.run_all();
    const auto events = outlet_.events_of(kAnna);
    ASSERT_THAT(events, SizeIs(2));
    const std::string start = "began " + events[0]->payload;

    follow_whole(kBert, events[1]->offset);  // live
    EXPECT_THAT(told(kBert), SizeIs(0));
    finish_effects();
    EXPECT_THAT(told(kBert), ElementsAre(start, "token", "stream_end"));

    for (const bool from_store : {false, true}) {  // over
        if (from_store) restart();
        const ConnectionId later{from_store ? 4u : 3u};
        follow_whole(later, events[1]->offset);
        ASSERT_FALSE(told(later).empty());
        EXPECT_EQ(told(later)[0], start);
        EXPECT_THAT(outlet_.of<StreamBegan>(later), SizeIs(1));
    }
    follow_whole(ConnectionId{5}, Offset{0});  // sees the start itself
    follow(ConnectionId{6}, events[1]->offset, log_->epoch());
    EXPECT_THAT(outlet_.of<StreamBegan>(ConnectionId{5}), SizeIs(0));
    EXPECT_THAT(outlet_.of<StreamBegan>(ConnectionId{6}), SizeIs(0));
}

TEST_F(EngineTest, AnOpWithoutAnAnswerIsAskedForAgainUnderTheSameKey) {
    send(kAnna, R"({"stream":"abcdefgh"})");
    restart();
    follow(kAnna, Offset{0});
    ASSERT_THAT(effects_.idempotency_keys, SizeIs(2));
    EXPECT_EQ(effects_.idempotency_keys[0], effects_.idempotency_keys[1]);
    finish_effects();
    EXPECT_THAT(seen(kAnna).back(), HasSubstr(R"("content":"abcdefgh","finish":"stop")"));
}

TEST_F(EngineTest, ATimerThatWasDueWhileTheServerWasDownFiresAtTheStart) {
    send(kAnna, R"({"sleep_ms":1000},{"emit":"late"})");
    kill();
    clock_.advance(5'000'000);
    handler_ = fakes::FakeHandler::make();
    start();
    follow(kAnna, Offset{0});
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("late")));
}

TEST_F(EngineTest, AMessageThatWaitedForItsTurnGetsItAfterAKill) {
    send(kAnna, R"({"sleep_ms":1000},{"emit":"first"})");
    send(kAnna, R"({"emit":"second"})");
    restart();
    follow(kAnna, Offset{0});
    pass(1000);
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("first"), HasSubstr("second")));
}

TEST_F(EngineTest, ATurnThatAnotherVersionWouldNotHaveRunEndsInterrupted) {
    send(kAnna, R"({"emit":"old"},{"sleep_ms":1000},{"emit":"more"})");
    remade_ = fakes::FakeHandler::make();
    remade_->prefix = "new ";
    restart();
    follow(kAnna, Offset{0});
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("old"), HasSubstr(R"("code":"interrupted")")));
    EXPECT_TRUE(rows().back()->ends_turn);
    EXPECT_EQ(handler_->turns_held(), 0u);
}

TEST_F(EngineTest, ATurnGoesOnWithTheBuildThatBeganItWhereItsCopyIsThere) {
    send(kAnna, R"({"emit":"old"},{"sleep_ms":1000},{"emit":"more"})");
    const auto began = fakes::FakeHandler::make();
    HandlerInfo info = began->info();
    info.build = R"({"id":"test.run","version":"2.0.0"})";
    remade_ = std::make_shared<fakes::FakeHandler>(info);
    remade_->prefix = "new ";
    archived_ = [&](std::string_view build) {
        return build == began->info().build ? began : nullptr;
    };
    restart();
    follow(kAnna, Offset{0});
    pass(1000);
    send(kAnna, R"({"emit":"next"})");
    EXPECT_THAT(seen(kAnna),
                ElementsAre(HasSubstr("old"), HasSubstr("\"more"), HasSubstr("new next")));
}

TEST_F(EngineTest, AnOpenTurnWhosePluginIsGoneEndsOnceWithItsStreamClosed) {
    send(kAnna, R"({"stream":"abcdefgh"})");
    effects_.step(0);
    strand_.run_all();
    without_run_ = true;
    restart();
    restart();
    restart();
    follow(kAnna, Offset{0});
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("stream_start"), HasSubstr("abcd"),
                                         HasSubstr(R"("code":"interrupted")"),
                                         HasSubstr(R"("content":"abcd","finish":"interrupted")")));
    EXPECT_EQ(engine_->stats().turns_open, 0u);
}

TEST_F(EngineTest, CancelEndsOnesOwnTurnAndNobodyElsesAndOnlyOnce) {
    follow(kAnna);
    send(kAnna, R"({"stream":"abcdefgh"})");
    effects_.step(0);
    strand_.run_all();
    EXPECT_TRUE(engine_->cancel({kBert, 50, principal(kBert), session_, Offset{1}}));
    strand_.run_all();
    EXPECT_EQ(refusal(), base::Code::forbidden);
    EXPECT_TRUE(engine_->cancel({kAnna, 51, principal(kAnna), session_, {}}));
    EXPECT_TRUE(engine_->cancel({kAnna, 52, principal(kAnna), session_, {}}));
    strand_.run_all();
    EXPECT_THAT(outlet_.of<CancelTaken>(kAnna), SizeIs(2));
    EXPECT_THAT(seen(kAnna).back(), HasSubstr(R"("content":"abcd","finish":"cancelled")"));
    EXPECT_THAT(seen(kAnna), SizeIs(3));
    EXPECT_EQ(effects_.running(), 0u);
}

TEST_F(EngineTest, CancelOfAWaitingMessageEndsItUnstarted) {
    follow(kAnna);
    send(kAnna, R"({"wait":true})");
    send(kAnna, R"({"emit":"never"})");
    const Offset waiting = outlet_.of<Accepted>(kAnna).at(1).offset;
    EXPECT_TRUE(engine_->cancel({kAnna, 51, principal(kAnna), session_, waiting}));
    strand_.run_all();
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr(R"("code":"cancelled")")));
}

TEST_F(EngineTest, AHandlerThatThrowsFloodsOrEndsInsideItsStreamEndsItsTurnOnly) {
    follow(kAnna);
    send(kAnna, R"({"throw":true})");
    EXPECT_THAT(seen(kAnna).back(), HasSubstr(R"("code":"plugin_failed")"));
    send(kAnna, R"({"flood":5000})");
    EXPECT_THAT(seen(kAnna).back(), HasSubstr(R"("code":"plugin_failed")"));
    send(kAnna, R"({"bad_end":true})");
    EXPECT_THAT(seen(kAnna).back(), HasSubstr(R"("content":"half ","finish":"error")"));
    send(kAnna, R"({"emit":"still here"})");
    EXPECT_THAT(seen(kAnna).back(), HasSubstr("still here"));
    EXPECT_EQ(engine_->stats().turns_open, 0u);
}

TEST_F(EngineTest, AHandlerThatHangsIsToldAtItsDeadlineAndEndedAfterAGrace) {
    follow(kAnna);
    send(kAnna, R"({"hang":true})");
    send(kAnna, R"({"emit":"next"})");
    pass(60'000);
    EXPECT_THAT(seen(kAnna), SizeIs(0));
    pass(5'000);
    EXPECT_THAT(seen(kAnna),
                ElementsAre(HasSubstr(R"("code":"deadline_exceeded")"), HasSubstr("next")));
    EXPECT_EQ(handler_->turns_held(), 0u);
}

TEST_F(EngineTest, StateAndHistoryAreThoseOfTheStepAndSurviveAKill) {
    follow(kAnna);
    send(kAnna, R"({"state":"one"},{"emit":"a"})");
    send(kAnna, R"({"say_state":true},{"history":10})");
    EXPECT_THAT(seen(kAnna).back(), HasSubstr("1 in history"));
    EXPECT_THAT(seen(kAnna).at(1), HasSubstr("state: one"));
    send(
        kAnna,
        R"({"state":"one and a half"},{"state":"two"},{"history":10},{"say_state":true},{"sleep_ms":100},{"say_state":true})");
    restart();
    follow(kAnna, Offset{0});
    pass(100);
    EXPECT_THAT(seen(kAnna).back(), HasSubstr("state: two"));
    EXPECT_EQ(engine_->stats().turns_failed, 0u);
}

TEST_F(EngineTest, AnEventForAnotherSessionArrivesOnceWhateverFails) {
    const std::string other = "open/00000000-0000-4000-8000-00000000ffff";
    send(kAnna, R"({"to":")" + other + R"(","text":"across"})");
    log_->fail_next(MemoryFault::unknown_written);
    send(kAnna, R"({"to":")" + other + R"(","text":"again"},{"emit":"x"})", "c-9");
    send(kAnna, R"({"to":")" + other + R"(","text":"again"},{"emit":"x"})", "c-9");
    restart();
    session_.value = other;
    follow(kBert, Offset{0});
    EXPECT_THAT(seen(kBert), ElementsAre(HasSubstr("across"), HasSubstr("again")));
}

// A turn that is still open at a restart has its emits matched, not made again.
TEST_F(EngineTest, AnEventForAnotherSessionIsNotSentAgainByARecoveredTurn) {
    const std::string other = "open/00000000-0000-4000-8000-00000000ffff";
    send(kAnna, R"({"to":")" + other + R"(","text":"across"},{"sleep_ms":100},{"emit":"done"})");
    restart();
    pass(100);
    follow(kAnna, Offset{0});
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("done")));
    log_->unfinished(strand_, [](base::Result<std::vector<SessionId>> left) {
        EXPECT_THAT(left.value(), SizeIs(0));
    });
    session_.value = other;
    follow(kBert, Offset{0});
    EXPECT_THAT(seen(kBert), ElementsAre(HasSubstr("across")));
}

// A home update: in a user's own session, and only while that user may follow where it is from.
TEST_F(EngineTest, AnUpdateInAUsersSessionIsForWhoMayFollowItsSource) {
    const auto ann = [](std::vector<std::string> claims) {
        return std::make_shared<const auth::Principal>(
            auth::Principal{auth::Who::user, "ann", std::move(claims), {}});
    };
    const SessionId conversation{"shared/conversation:1"};
    const SessionId home{"user/ann/home"};
    const auto follow_home = [&](ConnectionId who, const auth::PrincipalPtr& principal) {
        EXPECT_TRUE(engine_->follow({who, 0, principal, home, Offset{0}, {}, false}));
        strand_.run_all();
    };
    follow_home(kAnna, ann({"conversation:1"}));
    follow_home(kBert, ann({}));
    EXPECT_TRUE(engine_->submit(
        {kAnna,
         1,
         ann({"conversation:1"}),
         conversation,
         "run",
         R"({"do":[{"home":"user/ann","text":"one"},{"home":"user/ann","text":"two"}]})",
         "",
         {},
         {}}));
    strand_.run_all();
    const auto both = ElementsAre(HasSubstr("one"), HasSubstr("two"));
    EXPECT_THAT(seen(kAnna), both);
    EXPECT_THAT(seen(kBert), SizeIs(0));
    restart();
    follow_home(kAnna, ann({"conversation:*"}));
    follow_home(kBert, ann({"conversation:2"}));
    EXPECT_THAT(seen(kAnna), both);
    EXPECT_THAT(seen(kBert), SizeIs(0));
    // Nor does a handler see what a replay could not show it again.
    EXPECT_TRUE(engine_->submit({.connection = kAnna,
                                 .request = 2,
                                 .principal = ann({"conversation:*"}),
                                 .session = home,
                                 .type = "run",
                                 .payload = R"({"do":[{"history":10}]})",
                                 .client_id = "",
                                 .since = {},
                                 .since_epoch = {}}));
    strand_.run_all();
    EXPECT_THAT(seen(kAnna).back(), HasSubstr("0 in history"));
}

TEST_F(EngineTest, ARefusalReachesTheClientInTheHandlersWords) {
    follow(kAnna);
    send(kAnna, R"({"emit":"kept"},{"refuse":"age must be a number"})");
    EXPECT_THAT(
        seen(kAnna),
        ElementsAre(HasSubstr("kept"),
                    R"(error {"code":"validation_error","message":"age must be a number"})"));
}

TEST_F(EngineTest, AnEmitToNobodysSessionFailsItsTurnOnly) {
    follow(kAnna);
    send(kAnna, R"({"home":"anon/0123","text":"one"})");
    EXPECT_THAT(seen(kAnna), ElementsAre(HasSubstr("plugin_failed")));
    send(kAnna, R"({"emit":"well"})");
    EXPECT_THAT(seen(kAnna).back(), HasSubstr("well"));
}

TEST_F(EngineTest, UnknownTypesAndFullSessionsAreRefusedAndWriteNothing) {
    send(kAnna, "", "", "nobody");
    EXPECT_EQ(refusal(), base::Code::unknown_type);
    EXPECT_THAT(rows(), SizeIs(0));
    for (std::size_t i = 0; i <= limits_.open_turns_per_session; ++i) {
        send(kAnna, R"({"wait":true})");
    }
    EXPECT_EQ(refusal(), base::Code::busy);
}

TEST_F(EngineTest, WithoutCreditNoMessageIsTakenAndWhatStreamsIsSlowedDownUntilTheLogAnswers) {
    limits_.writer_credit_groups = 1;
    kill();
    log_ = std::make_unique<storage::MemoryEventLog>(disk_, random_, storage::MemoryPace::manual);
    engine_ = std::make_unique<Engine>(World{clock_, *log_, effects_, outlet_, {&strand_}},
                                       HandlerTable::make({handler_, parallel_}).value(),
                                       auth::AccessPolicy{}, limits_);
    const auto settle = [&] {
        strand_.run_all();
        while (log_->pending_writes() != 0) {
            log_->run_write();
            strand_.run_all();
        }
    };
    settle();
    send(kAnna, R"({"stream":"abcdefgh"})");
    settle();
    ASSERT_EQ(effects_.running(), 1u);
    effects_.step(0);
    send(kAnna, R"({"emit":"one"})", "", "prun");  // takes the credit
    effects_.step(0);
    send(kAnna, R"({"emit":"two"})", "", "prun");
    EXPECT_THAT(outlet_.of<Accepted>(kAnna), SizeIs(1));
    EXPECT_THAT(effects_.paused, SizeIs(1));
    settle();
    EXPECT_THAT(effects_.paused, SizeIs(0));
    EXPECT_THAT(outlet_.of<Accepted>(kAnna), SizeIs(3));
}

TEST_F(EngineTest, ASessionOfSomebodyElseIsForbiddenToReadAndToWrite) {
    session_ = {"user/anna/notes"};
    follow(kBert);
    EXPECT_EQ(outlet_.of<Unfollowed>(kBert).at(0).error.code, base::Code::forbidden);
    send(kBert, R"({"emit":"x"})");
    EXPECT_EQ(refusal(), base::Code::forbidden);
}

TEST_F(EngineTest, DrainingRefusesMessagesAndIsDoneWhenTheLastTurnIs) {
    send(kAnna, R"({"sleep_ms":100},{"emit":"done"})");
    bool idle = false;
    engine_->drain([&] { idle = true; });
    strand_.run_all();
    EXPECT_FALSE(idle);
    send(kAnna, R"({"emit":"late"})");
    EXPECT_EQ(refusal(), base::Code::restarting);
    pass(100);
    EXPECT_TRUE(idle);
}

TEST_F(EngineTest, AnIdleSessionLeavesMemoryAndComesBack) {
    send(kAnna, R"({"emit":"a"})", "c-1");
    EXPECT_EQ(engine_->stats().sessions_loaded, 1u);
    pass(100'000);
    pass(100'000);
    EXPECT_EQ(engine_->stats().sessions_loaded, 0u);
    follow(kAnna, Offset{0});
    EXPECT_THAT(seen(kAnna), SizeIs(1));
}

TEST_F(EngineTest, HistoryIsAPageOfWhatThePrincipalSees) {
    for (int i = 0; i < 10; ++i) send(kAnna, R"({"emit":"x"},{"only":"mine"})");
    EXPECT_TRUE(engine_->history({kBert, 70, principal(kBert), session_, {}, {}, {}, 4}));
    strand_.run_all();
    const auto pages = outlet_.of<HistoryPage>(kBert);
    ASSERT_THAT(pages, SizeIs(1));
    EXPECT_TRUE(pages[0].more);
    for (const auto& event : pages[0].events) EXPECT_THAT(event->payload, HasSubstr("x"));
}

TEST_F(EngineTest, AHistoryOfOneTypeFindsTheNewestOfItBehindManyOthers) {
    const auto errors = [&](std::optional<Offset> after, std::size_t limit) {
        EXPECT_TRUE(engine_->history(
            {kAnna, 71, principal(kAnna), session_, {}, after, {}, limit, "error"}));
        strand_.run_all();
        std::vector<std::string> found;
        const auto pages = outlet_.of<HistoryPage>(kAnna);
        for (const auto& event : pages.back().events) {
            EXPECT_EQ(event->type.text, "error");
            found.push_back(event->payload);
        }
        return found;
    };
    send(kAnna, R"({"refuse":"first"})");
    send(kAnna, R"({"refuse":"second"})");
    for (int i = 0; i < 6; ++i) send(kAnna, R"({"flood":200})");
    EXPECT_THAT(errors({}, 1), ElementsAre(HasSubstr("second")));
    EXPECT_THAT(errors({}, 10), ElementsAre(HasSubstr("first"), HasSubstr("second")));
    EXPECT_THAT(errors(Offset{0}, 1), ElementsAre(HasSubstr("first")));
    EXPECT_THAT(errors(Offset{20}, 10), SizeIs(0));
}

TEST_F(EngineTest, AListingIsPagedAndShowsNothingOfOthers) {
    auth::Principal ann{auth::Who::user, "ann", {"case-1", "patient:*"}, {}};
    const auto as = std::make_shared<const auth::Principal>(ann);
    for (const char* id : {"user/ann/b", "user/ann/a", "user/bob/a", "shared/case-1",
                           "shared/case-10", "shared/patient:7", "user/anna/a"}) {
        const bool own = auth::may({}, ann, auth::Action::write, {id});
        const auto who =
            own ? as
                : std::make_shared<const auth::Principal>(auth::Principal{
                      auth::Who::user, id[5] == 'b' ? "bob" : "anna", {"case-10"}, {}});
        EXPECT_TRUE(
            engine_->submit({kAnna, ++request_, who, {id}, "run", R"({"do":[]})", "", {}, {}}));
        strand_.run_all();
    }
    send(kBert, R"({"emit":"open"})");
    const auto page = [&](const std::string& after, std::size_t limit) {
        outlet_.all.clear();
        engine_->list({kAnna, 7, as, {after}, limit});
        strand_.run_all();
        return outlet_.of<SessionList>(kAnna).at(0);
    };
    const auto names = [](const SessionList& list) {
        std::vector<std::string> out;
        for (const auto& one : list.sessions) out.push_back(one.name);
        return out;
    };
    const SessionList all = page("", 10);
    EXPECT_EQ(all.request, 7u);
    EXPECT_THAT(names(all), ElementsAre("case-1", "patient:7", "a", "b"));
    EXPECT_FALSE(all.more);
    EXPECT_GT(all.sessions.front().head.value, 0u);
    const SessionList two = page("", 2);
    EXPECT_THAT(names(two), ElementsAre("case-1", "patient:7"));
    EXPECT_TRUE(two.more);
    EXPECT_THAT(names(page("shared/patient:7", 2)), ElementsAre("a", "b"));
    EXPECT_THAT(names(page("user/ann/b", 2)), ElementsAre());
}

}  // namespace
}  // namespace chartroom::engine
