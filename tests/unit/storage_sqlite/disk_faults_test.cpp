// A disk that fails while the log is open.
#include <gmock/gmock.h>

#include "tests/unit/storage_sqlite/faulty_vfs.hpp"
#include "tests/unit/storage_sqlite/log_folder.hpp"

namespace chartroom::storage {
namespace {

using contract::Writer;
using testing::HasSubstr;

class DiskFaultsTest : public LogFolder {
  protected:
    [[nodiscard]] std::unique_ptr<SqliteEventLog> open_faulty() {
        return open({.vfs = vfs_.name()});
    }
    [[nodiscard]] Acquired acquire(EventLog& log) {
        return contract::await<Result<Acquired>>(
                   [&](Executor& on, auto done) { log.acquire({"open/1"}, on, std::move(done)); })
            .value();
    }
    FaultyVfs vfs_;
};

TEST_F(DiskFaultsTest, AFullDiskMakesAppendsUnavailableUntilThereIsSpace) {
    auto log = open_faulty();
    Writer writer(*log, "open/1");
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    const Group group = writer.group({{.payload = std::string(100'000, 'x')}, {}});
    vfs_.set(DiskFault::full);
    for (int i = 0; i < 3; ++i) {
        const AppendAnswer answer = append(*log, group).at(0);
        EXPECT_EQ(answer.status, AppendStatus::unavailable);
        EXPECT_THAT(answer.reason, HasSubstr("no space"));
    }
    EXPECT_GE(vfs_.strikes(), 3);
    EXPECT_FALSE(log->health().writable);
    EXPECT_THAT(log->health().reason, HasSubstr(path()));
    // What was acknowledged can be read meanwhile.
    EXPECT_EQ(read(*log, {.session = writer.number()}).value().events.size(), 1u);
    vfs_.set(DiskFault::none);
    EXPECT_EQ(append(*log, group).at(0).status, AppendStatus::ok);
    EXPECT_TRUE(log->health().writable);
    EXPECT_EQ(verify(*log, "open/1").events, 3u);
}

class UnknownOutcome : public DiskFaultsTest, public testing::WithParamInterface<DiskFault> {};

TEST_P(UnknownOutcome, TheStoreIsOpenedAgainAndTheSameGroupEndsUpThereOnce) {
    auto log = open_faulty();
    Writer writer(*log, "open/1");
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    const Group group = writer.group({{}, {}});
    vfs_.set(GetParam());
    EXPECT_EQ(append(*log, group).at(0).status, AppendStatus::unknown);
    EXPECT_FALSE(log->health().writable);
    // Nothing is trusted while the disk fails.
    const AppendStatus meanwhile = append(*log, group).at(0).status;
    EXPECT_TRUE(meanwhile == AppendStatus::unavailable || meanwhile == AppendStatus::unknown);
    vfs_.set(DiskFault::none);
    const Offset head = acquire(*log).head;
    EXPECT_TRUE(head == Offset{1} || head == Offset{3});
    const AppendStatus again = append(*log, group).at(0).status;
    EXPECT_EQ(again, head == Offset{1} ? AppendStatus::ok : AppendStatus::duplicate);
    EXPECT_TRUE(log->health().writable);
    EXPECT_EQ(acquire(*log).head, Offset{3});
    const VerifyReport report = verify(*log, "open/1");
    EXPECT_EQ(report.state, VerifyState::intact) << report.problem;
    EXPECT_EQ(report.events, 3u);
}

TEST_P(UnknownOutcome, ANumberGivenBeforeIsNotGivenAgain) {
    auto log = open_faulty();
    Writer one(*log, "open/1");  // acquired, never written
    Writer two(*log, "open/2");
    vfs_.set(GetParam());
    EXPECT_EQ(append(*log, two.group({{}})).at(0).status, AppendStatus::unknown);
    vfs_.set(DiskFault::none);
    Writer three(*log, "open/3");
    EXPECT_NE(three.number(), one.number());
    EXPECT_NE(three.number(), two.number());
    EXPECT_EQ(one.append({{}}), AppendStatus::ok);
    EXPECT_EQ(three.append({{}}), AppendStatus::ok);
    EXPECT_EQ(verify(*log, "open/1").state, VerifyState::intact);
    EXPECT_EQ(verify(*log, "open/3").state, VerifyState::intact);
}

INSTANTIATE_TEST_SUITE_P(Faults, UnknownOutcome,
                         testing::Values(DiskFault::short_write, DiskFault::failed_sync));

}  // namespace
}  // namespace chartroom::storage
