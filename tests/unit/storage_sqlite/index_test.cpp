// The sparse index at work: drains, restarts in the middle of one, tools beside a server.
#include <gmock/gmock.h>

#include "storage/sqlite/chunk_index.hpp"
#include "tests/unit/storage_sqlite/log_folder.hpp"

namespace chartroom::storage {
namespace {

using contract::Row;
using contract::Writer;

// Small, so that drains come often.
constexpr std::size_t kPending = 4'096;

class IndexTest : public LogFolder {
  protected:
    [[nodiscard]] std::unique_ptr<SqliteEventLog> open_log() {
        return open({.pending_rows = kPending});
    }

    // Appends rounds of two rows to each session until `rows` more are there.
    static void fill(EventLog& log, std::vector<Writer>& writers, std::size_t rows) {
        for (std::size_t done = 0; done < rows;) {
            std::vector<Group> groups;
            for (Writer& writer : writers) {
                const std::string id = "id-" + std::to_string(writer.head().value + 1);
                groups.push_back(writer.group({Row{.kind = events::Kind::in, .client_id = id},
                                               Row{.kind = events::Kind::out, .payload = id}}));
                writer.took(groups.back());
                done += 2;
            }
            const auto answers =
                contract::await<std::vector<AppendAnswer>>([&](Executor& on, auto done_) {
                    log.append(std::move(groups), on, std::move(done_));
                });
            for (const auto& answer : answers) ASSERT_EQ(answer.status, AppendStatus::ok);
        }
    }

    // Every session is whole: all rows in order, each client id found, the chain intact.
    static void check(EventLog& log, const std::vector<Writer>& writers) {
        for (const Writer& writer : writers) {
            std::uint64_t expected = 0;
            ReadRequest request{.session = writer.number(), .rows_max = 1000};
            for (bool more = true; more;) {
                const Page page = read(log, request).value();
                for (const EventPtr& event : page.events) {
                    ASSERT_EQ(event->offset.value, ++expected);
                }
                request.after = page.scanned_to;
                more = page.more;
            }
            ASSERT_EQ(expected, writer.head().value);
            const auto hit =
                contract::await<Result<std::optional<ClientIdHit>>>([&](Executor& on, auto done) {
                    log.find_client_id(writer.number(), 0, "id-1", {0}, on, std::move(done));
                }).value();
            ASSERT_TRUE(hit.has_value());
            EXPECT_EQ(hit->offset, Offset{1});
            EXPECT_EQ(verify(log, writer.id().value).state, VerifyState::intact);
        }
    }

    [[nodiscard]] std::int64_t indexed_through() const {
        Db db(path(), DbMode::read_only, "");
        return db.number("SELECT value FROM meta WHERE key = 'indexed_through'");
    }

    [[nodiscard]] static std::vector<Writer> writers_for(EventLog& log, int sessions) {
        std::vector<Writer> writers;
        for (int i = 0; i < sessions; ++i) writers.emplace_back(log, "open/" + std::to_string(i));
        return writers;
    }
};

TEST_F(IndexTest, RowsAreDrainedAndStayReadable) {
    auto log = open_log();
    std::vector<Writer> writers = writers_for(*log, 100);
    fill(*log, writers, 2 * kPending + 2'000);
    EXPECT_GE(indexed_through(), static_cast<std::int64_t>(kPending));
    check(*log, writers);
}

TEST_F(IndexTest, AStartInTheMiddleOfADrainLosesNothing) {
    auto log = open_log();
    std::vector<Writer> writers = writers_for(*log, 50);
    fill(*log, writers, kPending + 300);
    EXPECT_EQ(indexed_through(), 0);  // frozen, partly drained
    {
        Db db(path(), DbMode::read_only, "");
        EXPECT_GT(db.number("SELECT count(*) FROM chunk"), 0);
    }
    log.reset();
    log = open_log();
    check(*log, writers);
    // The writers of before are fenced; go on as new ones.
    std::vector<Writer> again = writers_for(*log, 50);
    fill(*log, again, kPending);
    EXPECT_GT(indexed_through(), 0);
    check(*log, again);
    log.reset();
    log = open_log();
    check(*log, again);
}

TEST_F(IndexTest, OneBusySessionIsDrainedAPieceAtATime) {
    auto log = open_log();
    std::vector<Writer> writers = writers_for(*log, 1);
    const std::vector<Row> rows(512, Row{.kind = events::Kind::in, .client_id = "id-1"});
    for (std::size_t i = 0; i < 2 * kPending / rows.size() + 20; ++i) {
        ASSERT_EQ(writers[0].append(rows), AppendStatus::ok);
    }
    EXPECT_GE(indexed_through(), static_cast<std::int64_t>(kPending));
    check(*log, writers);
    const Page newest =
        read(*log, {.session = writers[0].number(), .direction = Direction::backward}).value();
    EXPECT_EQ(newest.events.front()->offset, writers[0].head());
}

TEST_F(IndexTest, AToolFollowsThroughADrain) {
    auto log = open_log();
    std::vector<Writer> writers = writers_for(*log, 20);
    fill(*log, writers, 1'000);
    auto tool = open({.read_only = true});
    check(*tool, writers);
    fill(*log, writers, 2 * kPending + 2'000);
    EXPECT_GT(indexed_through(), 0);
    check(*tool, writers);
}

}  // namespace
}  // namespace chartroom::storage
