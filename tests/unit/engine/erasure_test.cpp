// Erasing through the engine: what followers, senders and the log have of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "core/base/random.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/rows.hpp"
#include "storage/memory/memory_event_log.hpp"
#include "tests/fakes/engine/fake_handler.hpp"
#include "tests/fakes/engine/fake_world.hpp"

namespace chartroom::engine {
namespace {

using base::Code;
using base::ConnectionId;
using base::Offset;
using base::SessionId;
using storage::MemoryFault;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr ConnectionId kAnna{1};
constexpr ConnectionId kBert{2};
const SessionId kOpen{"open/00000000-0000-4000-8000-000000000000"};
const SessionId kShared{"shared/conversation:1"};
const SessionId kHome{"user/anna/home"};

auth::PrincipalPtr user(const std::string& sub) {
    return std::make_shared<const auth::Principal>(
        auth::Principal{auth::Who::user, sub, {"conversation:1"}, {}});
}
auth::PrincipalPtr nobody() {
    return std::make_shared<const auth::Principal>(
        auth::Principal{auth::Who::anonymous, std::string(32, 'a'), {}, {}});
}
auth::PrincipalPtr admin() {
    return std::make_shared<const auth::Principal>(
        auth::Principal{auth::Who::admin, "root", {}, {}});
}

class ErasureTest : public testing::Test {
  protected:
    ErasureTest() { start(); }
    ~ErasureTest() override { kill(); }

    void start() {
        log_ = std::make_unique<storage::MemoryEventLog>(disk_, random_);
        engine_ = std::make_unique<Engine>(
            World{clock_, *log_, effects_, outlet_, {&strands_[0], &strands_[1]}, {}},
            HandlerTable::make({fakes::FakeHandler::make(), fakes::FakeHandler::make(true)})
                .value(),
            auth::AccessPolicy{.self_erase = true}, Limits{});
        engine_->recover([] {});
        run();
    }
    void kill() {
        effects_.drop_all();
        for (auto& strand : strands_) strand.drop_all();
        engine_.reset();
        log_.reset();
    }
    void restart() {
        kill();
        start();
    }
    void run() {
        while (strands_[0].run_one() || strands_[1].run_one()) {
        }
    }
    void pass(std::int64_t ms) {
        clock_.advance(ms * 1000);
        run();
    }
    void follow(ConnectionId who, const auth::PrincipalPtr& principal, const SessionId& session,
                std::optional<Offset> after = Offset{0}, bool native = true) {
        EXPECT_TRUE(engine_->follow({who, 0, principal, session, after, log_->epoch(), native}));
        run();
    }
    void send(ConnectionId who, const auth::PrincipalPtr& principal, const SessionId& session,
              const std::string& todo, const std::string& id = "") {
        EXPECT_TRUE(engine_->submit(
            {who, ++request_, principal, session, "run", R"({"do":[)" + todo + "]}", id, {}, {}}));
        run();
    }
    std::optional<base::Result<Erased>> erase(const auth::PrincipalPtr& who,
                                              const SessionId& session) {
        answer_.reset();
        engine_->erase(EraseSession{who, session, "case 17"},
                       [this](base::Result<Erased> done) { answer_ = std::move(done); });
        run();
        return answer_;
    }
    std::optional<base::Result<Erased>> erase_person(const auth::PrincipalPtr& who,
                                                     const std::string& sub) {
        answer_.reset();
        engine_->erase(ErasePerson{who, sub, "case 18"},
                       [this](base::Result<Erased> done) { answer_ = std::move(done); });
        run();
        return answer_;
    }
    static Code code(const std::optional<base::Result<Erased>>& answer) {
        return answer && !*answer ? answer->error().code : Code::internal;
    }
    std::vector<events::EventPtr> rows(const SessionId& session) {
        std::vector<events::EventPtr> all;
        log_->find_session(session, strands_[0], [&](base::Result<storage::SessionInfo> info) {
            if (!info) return;
            log_->read({.session = info->number, .rows_max = 10'000, .bytes_max = 1u << 24},
                       strands_[0], [&](base::Result<storage::Page> page) { all = page->events; });
        });
        run();
        return all;
    }
    std::string contents(const SessionId& session) {
        std::string text;
        for (const auto& row : rows(session))
            text += row->payload + row->client_id + row->actor.text;
        return text;
    }
    void expect_intact(const SessionId& session) {
        log_->verify(session, strands_[0], [](base::Result<storage::VerifyReport> report) {
            ASSERT_TRUE(report.has_value());
            EXPECT_EQ(report->state, storage::VerifyState::intact) << report->problem;
        });
        run();
    }
    std::vector<Code> unfollowed(ConnectionId who) {
        std::vector<Code> codes;
        for (const auto& notice : outlet_.of<Unfollowed>(who)) codes.push_back(notice.error.code);
        return codes;
    }
    std::vector<Code> refused(ConnectionId who) {
        std::vector<Code> codes;
        for (const auto& notice : outlet_.of<Refused>(who)) codes.push_back(notice.error.code);
        return codes;
    }

    base::SeededRandom random_{1};
    storage::MemoryDisk disk_{random_};
    fakes::FakeClock clock_;
    fakes::ManualExecutor strands_[2] = {fakes::ManualExecutor(clock_),
                                         fakes::ManualExecutor(clock_)};
    fakes::FakeEffects effects_;
    fakes::RecordingOutlet outlet_;
    std::unique_ptr<storage::MemoryEventLog> log_;
    std::unique_ptr<Engine> engine_;
    std::optional<base::Result<Erased>> answer_;
    std::uint64_t request_ = 0;
};

TEST_F(ErasureTest, AnErasedSessionIsEmptyEndsItsFollowersAndStaysErased) {
    follow(kAnna, nobody(), kOpen);
    send(kAnna, nobody(), kOpen, R"({"emit":"my knee hurts"})", "c-1");
    ASSERT_TRUE(erase(admin(), kOpen)->has_value());
    EXPECT_THAT(unfollowed(kAnna), ElementsAre(Code::erased));
    EXPECT_THAT(contents(kOpen), testing::Not(HasSubstr("knee")));
    EXPECT_THAT(contents(kOpen), testing::Not(HasSubstr("c-1")));
    const auto last = rows(kOpen).back();
    EXPECT_EQ(last->type.text, rows::kErased);
    EXPECT_EQ(last->payload, R"({"scope":"session"})");
    EXPECT_EQ(last->subject.number, 0u);
    expect_intact(kOpen);
    for (int pass = 0; pass < 2; ++pass) {
        outlet_.all.clear();
        follow(kBert, nobody(), kOpen);
        EXPECT_THAT(unfollowed(kBert), ElementsAre(Code::erased));
        send(kBert, nobody(), kOpen, R"({"emit":"again"})");
        EXPECT_THAT(refused(kBert), ElementsAre(Code::erased));
        EXPECT_EQ(code(erase(admin(), kOpen)), Code::erased);
        restart();
    }
    pass(120'000);
    EXPECT_EQ(engine_->stats().sessions_loaded, 0u) << "what is gone stays in memory";
}

TEST_F(ErasureTest, OpenAndWaitingTurnsEndOnceAndTheirFollowersSeeIt) {
    follow(kAnna, nobody(), kOpen);
    send(kAnna, nobody(), kOpen, R"({"stream":"one two three four"})");
    send(kAnna, nobody(), kOpen, R"({"emit":"waits"})");
    effects_.step(0);
    run();
    ASSERT_EQ(engine_->stats().turns_open, 2u);
    ASSERT_TRUE(erase(admin(), kOpen)->has_value());
    EXPECT_EQ(engine_->stats().turns_open, 0u);
    EXPECT_EQ(effects_.running(), 0u);
    std::size_t ends = 0, errors = 0;
    for (const auto& event : outlet_.events_of(kAnna)) {
        ends += event->type.text == "stream_end" ? 1 : 0;
        errors += event->type.text == "error" ? 1 : 0;
    }
    EXPECT_EQ(ends, 1u);
    EXPECT_EQ(errors, 2u) << "before the end of the stream, and of the turn that had not begun";
    std::map<Offset, int> turns;
    for (const auto& row : rows(kOpen)) {
        if (row->ends_turn) ++turns[row->cause];
    }
    EXPECT_THAT(turns, ElementsAre(testing::Pair(Offset{1}, 1), testing::Pair(testing::_, 1)));
}

TEST_F(ErasureTest, WhoMayNotEraseOrWhatIsNotThereIsRefused) {
    send(kAnna, user("anna"), kHome, R"({"emit":"mine"})");
    EXPECT_EQ(code(erase(user("bert"), kHome)), Code::forbidden);
    EXPECT_EQ(code(erase(nobody(), kOpen)), Code::forbidden);
    EXPECT_EQ(code(erase(admin(), kOpen)), Code::not_found);
    EXPECT_EQ(code(erase_person(user("bert"), "anna")), Code::forbidden);
    EXPECT_EQ(code(erase_person(admin(), "nobody")), Code::not_found);
    EXPECT_THAT(contents(kHome), HasSubstr("mine"));
    EXPECT_TRUE(erase(user("anna"), kHome)->has_value()) << "self_erase";
}

TEST_F(ErasureTest, APersonsWordsGoWhereverTheyAreAndNobodyElses) {
    follow(kAnna, user("anna"), kShared);
    follow(kBert, user("bert"), kShared);
    send(kAnna, user("anna"), kHome, R"({"emit":"anna at home"})");
    send(kBert, user("bert"), kShared, R"({"emit":"bert says"})", "b-1");
    send(kAnna, user("anna"), kShared, R"({"state":"anna kept"},{"emit":"anna says"})", "a-1");
    send(kBert, user("bert"), kShared, R"({"state":"both kept"},{"emit":"bert again"})");
    const auto before = rows(kShared);
    const auto erased = erase_person(admin(), "anna");
    ASSERT_TRUE(erased && erased->has_value());
    EXPECT_EQ((*erased)->sessions, 2u);

    EXPECT_THAT(contents(kShared), testing::Not(HasSubstr("anna")));
    EXPECT_THAT(contents(kShared), HasSubstr("bert says"));
    EXPECT_THAT(contents(kShared), HasSubstr("bert again"));
    EXPECT_THAT(rows(kHome), IsEmpty()) << "the id means another session";
    expect_intact(kShared);

    EXPECT_THAT(unfollowed(kAnna), ElementsAre(Code::erased));
    const auto resets = outlet_.of<Reset>(kBert);
    ASSERT_THAT(resets, SizeIs(1));
    EXPECT_EQ(resets[0].reason, ResetReason::erased);
    EXPECT_EQ(resets[0].first, Offset{1});
    // After the reset bert is shown all of it again, what is gone in its place.
    const auto seen = outlet_.events_of(kBert);
    std::vector<bool> gone;
    for (const auto& event : seen) gone.push_back(event->erased);
    EXPECT_THAT(gone, ElementsAre(false, false, false, false, true, false));

    send(kBert, user("bert"), kShared, R"({"say_state":true})");
    EXPECT_THAT(outlet_.events_of(kBert).back()->payload, HasSubstr("state: \""));
    send(kAnna, user("anna"), kHome, R"({"emit":"anna is back"})");
    EXPECT_THAT(contents(kHome), HasSubstr("anna is back"));
    expect_intact(kHome);
}

TEST_F(ErasureTest, WhoComesBackWithAnOffsetOfBeforeIsReset) {
    follow(kBert, user("bert"), kShared);
    send(kBert, user("bert"), kShared, R"({"emit":"bert says"})");
    send(kAnna, user("anna"), kShared, R"({"emit":"anna says"})");
    const Offset held = rows(kShared).back()->offset;
    for (int pass = 0; pass < 2; ++pass) {
        if (pass == 0) {
            ASSERT_TRUE(erase_person(admin(), "anna")->has_value());
        }
        outlet_.all.clear();
        follow({3}, user("bert"), kShared, held);
        follow({4}, user("bert"), kShared, rows(kShared).back()->offset);
        EXPECT_EQ(outlet_.of<Opened>({3}).at(0).reset, ResetReason::erased);
        EXPECT_EQ(outlet_.of<Opened>({4}).at(0).reset, std::nullopt);
        restart();
    }
}

TEST_F(ErasureTest, AFollowerThatHoldsNoPastIsNotTold) {
    follow(kBert, user("bert"), kShared, {}, false);
    send(kAnna, user("anna"), kShared, R"({"emit":"anna says"})");
    ASSERT_TRUE(erase_person(admin(), "anna")->has_value());
    send(kBert, user("bert"), kShared, R"({"emit":"bert says"})");
    EXPECT_THAT(outlet_.of<Reset>(kBert), IsEmpty());
    EXPECT_THAT(outlet_.events_of(kBert), SizeIs(2)) << "nothing twice";
}

TEST_F(ErasureTest, AFaultOfTheLogLeavesEitherEverythingOrNothing) {
    for (const MemoryFault fault : {MemoryFault::unavailable, MemoryFault::unknown_written,
                                    MemoryFault::unknown_not_written, MemoryFault::conflict}) {
        const SessionId session{"open/00000000-0000-4000-8000-00000000000" +
                                std::to_string(static_cast<int>(fault))};
        send(kAnna, nobody(), session, R"({"emit":"my knee"})");
        log_->fail_next(fault);
        EXPECT_EQ(code(erase(admin(), session)), Code::unavailable);
        pass(1'000);
        const bool gone = fault == MemoryFault::unknown_written;
        EXPECT_EQ(contents(session).contains("knee"), !gone);
        expect_intact(session);
        if (!gone) {
            send(kAnna, nobody(), session, R"({"emit":"goes on"})");
            EXPECT_THAT(contents(session), HasSubstr("goes on"));
            EXPECT_TRUE(erase(admin(), session)->has_value());
        }
        EXPECT_THAT(contents(session), testing::Not(HasSubstr("knee")));
    }
}

TEST_F(ErasureTest, APersonsErasureThatAStopCutShortGoesOnAtTheStart) {
    send(kAnna, user("anna"), kHome, R"({"emit":"anna at home"})");
    send(kAnna, user("anna"), kShared, R"({"emit":"anna says"})");
    engine_->erase(ErasePerson{admin(), "anna", "case 18"}, [](const base::Result<Erased>&) {});
    // Until one of the two sessions is erased and the other is not.
    const auto half = [&] {
        const auto* home = disk_.peek(kHome, Offset{1});
        const auto* shared = disk_.peek(kShared, Offset{1});
        return home != nullptr && shared != nullptr && home->erased != shared->erased;
    };
    while (!half()) ASSERT_TRUE(strands_[0].run_one() || strands_[1].run_one());
    restart();
    EXPECT_THAT(contents(kShared), testing::Not(HasSubstr("anna")));
    EXPECT_THAT(rows(kHome), IsEmpty());
    log_->erasures(strands_[0], [](base::Result<std::vector<storage::LedgerRow>> ledger) {
        for (const auto& row : *ledger) EXPECT_TRUE(row.complete);
    });
    run();
}

TEST_F(ErasureTest, WhatAPersonSendsMeanwhileIsRefused) {
    send(kAnna, user("anna"), kShared, R"({"emit":"anna says"})");
    engine_->erase(ErasePerson{admin(), "anna", ""},
                   [this](base::Result<Erased> done) { answer_ = std::move(done); });
    for (int i = 0; i < 6; ++i) static_cast<void>(strands_[0].run_one() || strands_[1].run_one());
    ASSERT_FALSE(answer_.has_value());
    send(kAnna, user("anna"), kShared, R"({"emit":"anna still"})");
    EXPECT_THAT(refused(kAnna), ElementsAre(Code::unavailable));
    ASSERT_TRUE(answer_ && answer_->has_value());
    EXPECT_THAT(contents(kShared), testing::Not(HasSubstr("anna")));
}

// What is on its way to another session when its own is erased arrives there, or never.
TEST_F(ErasureTest, AnEventForASessionThatIsErasedIsLetGo) {
    const SessionId other{"open/00000000-0000-4000-8000-000000000002"};
    send(kAnna, nobody(), other, R"({"emit":"there"})");
    ASSERT_TRUE(erase(admin(), other)->has_value());
    send(kAnna, nobody(), kOpen, R"({"to":")" + other.value + R"(","text":"across"})");
    pass(5'000);
    EXPECT_THAT(contents(other), testing::Not(HasSubstr("across")));
    ASSERT_TRUE(erase(admin(), kOpen)->has_value()) << "its source does not wait for ever";
}

TEST_F(ErasureTest, AnEventForASessionThatIsErasedLeavesItsSourcesOutboxWithANote) {
    const SessionId other{"open/00000000-0000-4000-8000-000000000002"};
    const SessionId third{"open/00000000-0000-4000-8000-000000000003"};
    const auto unfinished = [&] {
        std::vector<SessionId> left;
        log_->unfinished(strands_[0], [&](base::Result<std::vector<SessionId>> found) {
            left = std::move(*found);
        });
        run();
        return left;
    };
    send(kAnna, nobody(), other, R"({"emit":"there"})");
    ASSERT_TRUE(erase(admin(), other)->has_value());
    send(kAnna, nobody(), kOpen,
         R"({"to":")" + other.value + R"(","text":"one"},{"to":")" + third.value +
             R"(","text":"two"},{"to":")" + other.value + R"(","text":"three"})");
    EXPECT_THAT(unfinished(), testing::IsEmpty());
    EXPECT_EQ(engine_->stats().emits_dropped, 2u);
    EXPECT_THAT(contents(third), HasSubstr("two"));
    std::vector<std::string> notes;
    for (const auto& row : rows(kOpen)) {
        if (row->type.text == rows::kUndelivered) notes.push_back(row->payload);
    }
    EXPECT_THAT(notes, ElementsAre(R"({"row":2})", R"({"row":4})"));
    expect_intact(kOpen);
    restart();
    EXPECT_EQ(engine_->stats().emits_dropped, 0u);
    send(kAnna, nobody(), kOpen, R"({"to":")" + third.value + R"(","text":"four"})");
    EXPECT_THAT(contents(third), HasSubstr("four"));
}

}  // namespace
}  // namespace chartroom::engine
