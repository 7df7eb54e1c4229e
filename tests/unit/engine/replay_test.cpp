// Replay against the handlers that made the record, and against others.
#include "core/engine/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.hpp"
#include "storage/memory/memory_event_log.hpp"
#include "tests/fakes/engine/fake_handler.hpp"
#include "tests/fakes/engine/fake_world.hpp"

namespace chartroom::engine {
namespace {

using testing::HasSubstr;

class ReplayTest : public testing::Test {
  protected:
    void record(const std::vector<std::string>& messages) {
        storage::MemoryEventLog log(disk_, random_);
        Engine engine(
            World{clock_, log, effects_, outlet_, {&strand_}},
            HandlerTable::make({fakes::FakeHandler::make(), fakes::FakeHandler::make(true)})
                .value(),
            auth::AccessPolicy{}, Limits{});
        const auto who = std::make_shared<const auth::Principal>(
            auth::Principal{auth::Who::anonymous, std::string(32, 'a'), {}, {}});
        for (const auto& todo : messages) {
            EXPECT_TRUE(engine.submit({base::ConnectionId{1},
                                       1,
                                       who,
                                       session_,
                                       "run",
                                       R"({"do":[)" + todo + "]}",
                                       "",
                                       {},
                                       {}}));
            strand_.run_all();
            while (effects_.running() != 0) {
                effects_.step(0);
                strand_.run_all();
            }
            clock_.advance(1'000'000);
            strand_.run_all();
        }
        log.find_session(session_, strand_, [&](base::Result<storage::SessionInfo> info) {
            number_ = info->number;
            log.read({.session = number_, .rows_max = 10'000, .bytes_max = 1u << 24}, strand_,
                     [&](base::Result<storage::Page> page) { rows_ = page->events; });
        });
        strand_.run_all();
        seed_key_ = log.seed_key();
    }
    ReplayReport replay_with(std::shared_ptr<fakes::FakeHandler> handler) {
        const auto table = HandlerTable::make({std::move(handler)});
        return replay({session_, number_, seed_key_, rows_}, table.value());
    }

    base::SeededRandom random_{1};
    storage::MemoryDisk disk_{random_};
    fakes::FakeClock clock_;
    fakes::ManualExecutor strand_{clock_};
    fakes::FakeEffects effects_;
    fakes::RecordingOutlet outlet_;
    base::SessionId session_{"open/00000000-0000-4000-8000-000000000000"};
    base::SessionNumber number_;
    base::Secret seed_key_{};
    std::vector<events::EventPtr> rows_;
};

constexpr const char* kEverything[] = {
    R"({"emit":"a"},{"only":"b"})",
    R"({"stream":"abcdefgh"},{"emit":"b"})",
    R"({"state":"one"},{"state":"two"},{"say_state":true},{"history":10})",
    R"({"say_state":true},{"sleep_ms":500},{"emit":"c"},{"activity":"abc"})",
    R"({"throw":true})",
    R"({"bad_end":true})",
};

TEST_F(ReplayTest, TheHandlersThatMadeTheRecordMakeItAgain) {
    record({std::begin(kEverything), std::end(kEverything)});
    const ReplayReport report = replay_with(fakes::FakeHandler::make());
    EXPECT_EQ(report.result, ReplayResult::same)
        << report.problem << (report.difference ? report.difference->produced : "");
    EXPECT_EQ(report.turns, 6u);
    EXPECT_EQ(report.open_turns, 0u);
}

TEST_F(ReplayTest, AnotherVersionsFirstDifferenceIsShownWithBothSides) {
    record({R"({"sleep_ms":10},{"emit":"a"})"});
    auto other = fakes::FakeHandler::make();
    other->prefix = "new ";
    const ReplayReport report = replay_with(other);
    ASSERT_EQ(report.result, ReplayResult::different);
    EXPECT_EQ(report.difference->cause, base::Offset{1});
    EXPECT_EQ(report.difference->at, base::Offset{4});
    EXPECT_EQ(report.difference->after, base::Offset{3});
    EXPECT_THAT(report.difference->recorded, HasSubstr(R"({"content":"a"})"));
    EXPECT_THAT(report.difference->produced, HasSubstr(R"({"content":"new a"})"));
}

TEST_F(ReplayTest, ARecordThatGoesOnWhereTheHandlerEndsIsDifferent) {
    record({R"({"emit":"a"},{"emit":"b"})"});
    auto longer = std::make_shared<events::Event>(*rows_.back());
    longer->offset = longer->offset.next();
    rows_.push_back(longer);
    EXPECT_EQ(replay_with(fakes::FakeHandler::make()).result, ReplayResult::different);
}

TEST_F(ReplayTest, AnAnswerForSomebodyElseIsDifferent) {
    record({R"({"only":"a"})"});
    EXPECT_EQ(replay_with(fakes::FakeHandler::make()).result, ReplayResult::same);
    auto other = std::make_shared<events::Event>(*rows_.back());
    ++other->audience.party;
    rows_.back() = other;
    EXPECT_EQ(replay_with(fakes::FakeHandler::make()).result, ReplayResult::different);
}

TEST_F(ReplayTest, AHistoryIsAnsweredWithTheStateThatItsStepHasSet) {
    record({R"({"state":"one"},{"history":3},{"say_state":true},{"state":"two"},{"history":3},)"
            R"({"say_state":true})"});
    EXPECT_THAT(rows_.back()->payload, HasSubstr("state: two"));
    EXPECT_EQ(replay_with(fakes::FakeHandler::make()).result, ReplayResult::same);
}

TEST_F(ReplayTest, ATurnThatIsStillOpenIsComparedAsFarAsItGot) {
    record({R"({"emit":"a"},{"wait":true})"});
    const ReplayReport report = replay_with(fakes::FakeHandler::make());
    EXPECT_EQ(report.result, ReplayResult::same);
    EXPECT_EQ(report.open_turns, 1u);
}

TEST_F(ReplayTest, WithoutItsPluginOrItsRowsASessionCannotBeReplayed) {
    record({R"({"emit":"a"})"});
    EXPECT_EQ(replay_with(fakes::FakeHandler::make(true)).result, ReplayResult::could_not);
    rows_.erase(rows_.begin());
    EXPECT_EQ(replay_with(fakes::FakeHandler::make()).result, ReplayResult::could_not);
}

}  // namespace
}  // namespace chartroom::engine
