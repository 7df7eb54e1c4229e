// What the memory store does beyond the contract: faults, pace and crashes.
#include "storage/memory/memory_event_log.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace chartroom::storage {
namespace {

// Runs a completion where it is posted; these tests have one thread.
class Inline final : public Executor {
  public:
    void post(base::Task task) override { task(); }
    void post_at(std::int64_t, base::Task) override { FAIL(); }
};

class MemoryEventLogTest : public testing::Test {
  protected:
    static Acquired acquire(MemoryEventLog& log) {
        std::optional<Acquired> acquired;
        log.acquire({"open/1"}, inline_, [&](auto result) { acquired = result.value(); });
        if (log.pending_writes() > 0) log.run_write();
        return acquired.value();
    }

    static Group group(const Acquired& acquired, Offset head, std::string payload = "{}") {
        auto event = std::make_shared<events::Event>();
        event->offset = head.next();
        event->payload = std::move(payload);
        return {.session = acquired.number,
                .owner_epoch = acquired.owner_epoch,
                .expected_head = head,
                .events = {event},
                .hash = {static_cast<std::uint8_t>(head.value + 1)}};
    }

    // Appends at `head`; the answer arrives in what is returned.
    static std::shared_ptr<std::optional<AppendStatus>> append(MemoryEventLog& log,
                                                               const Acquired& acquired,
                                                               Offset head) {
        auto status = std::make_shared<std::optional<AppendStatus>>();
        log.append({group(acquired, head)}, inline_,
                   [status](auto answers) { *status = answers.at(0).status; });
        return status;
    }

    static inline Inline inline_;
    base::SeededRandom random_{7};
    MemoryDisk disk_{random_};
};

TEST_F(MemoryEventLogTest, UnavailableWritesNothingAndIsOverWithTheNextAppend) {
    MemoryEventLog log(disk_, random_);
    const Acquired acquired = acquire(log);
    log.fail_next(MemoryFault::unavailable, 2);
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::unavailable);
    EXPECT_FALSE(log.health().writable);
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::unavailable);
    EXPECT_EQ(acquire(log).head, Offset{0});
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::ok);
    EXPECT_TRUE(log.health().writable);
    EXPECT_EQ(log.stats().append_failures, 2u);
}

TEST_F(MemoryEventLogTest, UnknownMayHaveBeenWrittenOrNot) {
    MemoryEventLog log(disk_, random_);
    const Acquired acquired = acquire(log);
    log.fail_next(MemoryFault::unknown_not_written);
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::unknown);
    EXPECT_EQ(acquire(log).head, Offset{0});
    log.fail_next(MemoryFault::unknown_written);
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::unknown);
    EXPECT_EQ(acquire(log).head, Offset{1});
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::duplicate);
}

TEST_F(MemoryEventLogTest, ConflictCanBeAskedFor) {
    MemoryEventLog log(disk_, random_);
    const Acquired acquired = acquire(log);
    log.fail_next(MemoryFault::conflict);
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::conflict);
    EXPECT_EQ(*append(log, acquired, {0}), AppendStatus::ok);
}

TEST_F(MemoryEventLogTest, AtManualPaceWritesWaitInOrderAndReadsMayOvertake) {
    MemoryEventLog log(disk_, random_, MemoryPace::manual);
    const Acquired acquired = acquire(log);
    const auto first = append(log, acquired, {0});
    const auto second = append(log, acquired, {1});
    std::vector<std::size_t> rows;
    for (int i = 0; i < 2; ++i) {
        log.read({.session = acquired.number}, inline_,
                 [&](auto page) { rows.push_back(page ? page->events.size() : 0); });
    }
    EXPECT_EQ(log.pending_writes(), 2u);
    EXPECT_EQ(log.pending_reads(), 2u);
    log.run_read(1);
    log.run_write();
    EXPECT_EQ(*first, AppendStatus::ok);
    EXPECT_FALSE(second->has_value());
    log.run_read(0);
    EXPECT_EQ(rows, (std::vector<std::size_t>{0, 1}));
}

TEST_F(MemoryEventLogTest, ACrashKeepsWhatItIsToldToAndAnswersNobody) {
    std::optional<MemoryEventLog> log(std::in_place, disk_, random_, MemoryPace::manual);
    const Acquired acquired = acquire(*log);
    const auto first = append(*log, acquired, {0});
    const auto second = append(*log, acquired, {1});
    log->crash(1);
    log.reset();
    EXPECT_FALSE(first->has_value());
    EXPECT_FALSE(second->has_value());
    MemoryEventLog next(disk_, random_);
    const Acquired again = acquire(next);
    EXPECT_EQ(again.number, acquired.number);
    EXPECT_EQ(again.head, Offset{1});
    EXPECT_GT(again.owner_epoch, acquired.owner_epoch);
}

TEST_F(MemoryEventLogTest, AStoreIsFencedByALaterOneOnItsDisk) {
    MemoryEventLog old(disk_, random_);
    const Acquired acquired = acquire(old);
    MemoryEventLog next(disk_, random_);
    EXPECT_EQ(*append(old, acquired, {0}), AppendStatus::fenced);
    EXPECT_EQ(acquire(next).head, Offset{0});
}

TEST_F(MemoryEventLogTest, ClosingCarriesOutWhatIsPending) {
    std::optional<MemoryEventLog> log(std::in_place, disk_, random_, MemoryPace::manual);
    const Acquired acquired = acquire(*log);
    const auto status = append(*log, acquired, {0});
    log.reset();
    EXPECT_EQ(*status, AppendStatus::ok);
}

}  // namespace
}  // namespace chartroom::storage
