// Erasing, looked at from outside: no file of the log holds a text that was erased, whatever was in
// the way, and a stop in the middle loses nothing of the work.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "storage/api/chain.hpp"
#include "storage/sqlite/db.hpp"
#include "tests/unit/storage_sqlite/faulty_vfs.hpp"
#include "tests/unit/storage_sqlite/log_folder.hpp"

namespace chartroom::storage {
namespace {

using contract::Row;
using contract::Writer;
using testing::IsEmpty;

constexpr const char* kText = "my-knee-hurts-at-night";

Row said(int i, std::size_t padding = 40) {
    return {.kind = events::Kind::in,
            .payload = std::string(R"({"content":")") + kText + std::string(padding, 'x') + "\"}",
            .client_id = "client-" + std::to_string(i)};
}

class EraseTest : public LogFolder {
  protected:
    static Erasure erasure(const Writer& writer, std::uint64_t subject = 0) {
        Group note = writer.group({{.kind = events::Kind::note, .cls = events::Class::none}});
        auto row = std::make_shared<events::Event>(*note.events[0]);
        row->subject = {};
        note.events = {std::move(row)};
        note.hash = chain_step(writer.hash(), writer.number(), note.events, {});
        return {.note = std::move(note), .subject = subject};
    }
    static AppendStatus erase(EventLog& log, Erasure erasure) {
        return contract::await<AppendAnswer>([&](Executor& on, auto done) {
                   log.erase(std::move(erasure), on, std::move(done));
               })
            .status;
    }
    static std::vector<LedgerRow> ledger(EventLog& log) {
        return contract::await<Result<std::vector<LedgerRow>>>(
                   [&](Executor& on, auto done) { log.erasures(on, std::move(done)); })
            .value();
    }
    static bool complete(EventLog& log) {
        const auto rows = ledger(log);
        return !rows.empty() &&
               std::ranges::all_of(rows, [](const auto& row) { return row.complete; });
    }
    // Until what the log found to be done at its start is done.
    static void wait_until_complete(EventLog& log) {
        const auto end = std::chrono::steady_clock::now() + contract::kAwaitMax;
        while (!complete(log)) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << "the erasure does not go on";
            std::this_thread::yield();
        }
    }
    // The files of the folder in which `text` stands.
    [[nodiscard]] std::vector<std::string> files_with(const std::string& text) const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
            std::ifstream in(entry.path(), std::ios::binary);
            std::ostringstream content;
            content << in.rdbuf();
            if (content.str().contains(text)) found.push_back(entry.path().filename());
        }
        return found;
    }
    // Sessions that lie among each other in the file, with rows of all sizes.
    static void fill(EventLog& log, int sessions, int groups) {
        std::vector<Writer> writers;
        for (int i = 0; i < sessions; ++i) writers.emplace_back(log, "open/" + std::to_string(i));
        for (int group = 0; group < groups; ++group) {
            for (Writer& writer : writers) {
                const auto size = static_cast<std::size_t>((group * 7919) % 600);
                ASSERT_EQ(writer.append({said(group), said(-group, size)}), AppendStatus::ok);
            }
        }
    }
};

TEST_F(EraseTest, NothingOfItStandsInAnyFileWhileTheLogIsOpenAndAfterwards) {
    auto log = open({.pending_rows = 600});  // some rows indexed, some not, some being drained
    fill(*log, 3, 150);
    {
        Writer large(*log, "open/large");  // on overflow pages
        ASSERT_EQ(large.append({said(0, 300'000), said(1, 20'000)}), AppendStatus::ok);
    }
    ASSERT_THAT(files_with(kText), testing::Not(IsEmpty()));
    for (const char* id : {"open/0", "open/1", "open/2", "open/large"}) {
        EXPECT_EQ(erase(*log, erasure(Writer(*log, id))), AppendStatus::ok);
    }
    EXPECT_THAT(files_with(kText), IsEmpty()) << "while the log is open";
    for (const char* id : {"open/0", "open/1", "open/2", "open/large"}) {
        EXPECT_EQ(verify(*log, id).state, VerifyState::intact) << id;
    }
    log.reset();
    EXPECT_THAT(files_with(kText), IsEmpty());
}

TEST_F(EraseTest, ANameOfWhichPagesKeptCopiesIsGone) {
    auto log = open();
    std::vector<std::string> order;  // so that index pages split and merge
    for (int i = 0; i < 1'000; ++i) {
        order.push_back("user/person-" + std::to_string((i * 7919) % 1'000) + "@example.org");
    }
    for (const auto& name : order) {
        Writer writer(*log, name + "/home");
        writer.subject =
            contract::await<Result<std::vector<Interned>>>([&](Executor& on, auto done) {
                log->intern({{NameSpace::party, name}}, on, std::move(done));
            })
                .value()
                .front();
        ASSERT_EQ(writer.append({said(1)}), AppendStatus::ok);
    }
    const std::string who = "user/person-500@example.org";
    const auto person = contract::await<Result<PersonErasure>>([&](Executor& on, auto done) {
                            log->begin_person(who, "", 1, on, std::move(done));
                        }).value();
    ASSERT_EQ(erase(*log, erasure(Writer(*log, who + "/home"))), AppendStatus::ok);
    const auto finished = contract::await<Result<void>>([&](Executor& on, auto done) {
        log->finish_person(person, who + "/", on, std::move(done));
    });
    ASSERT_TRUE(finished.has_value()) << finished.error().message;
    EXPECT_THAT(files_with("person-500@"), IsEmpty());
    EXPECT_THAT(files_with("person-501@"), testing::Not(IsEmpty()));
}

TEST_F(EraseTest, WhatAStopInterruptsGoesOnAtTheNextOpening) {
    auto log = open();
    fill(*log, 2, 300);
    auto reader = std::make_unique<Db>(path(), DbMode::read_only, "");
    reader->exec("BEGIN; SELECT count(*) FROM event");  // so that it cannot be complete
    std::promise<AppendAnswer> promise;
    auto answer = promise.get_future();
    contract::InlineExecutor here;
    log->erase(erasure(Writer(*log, "open/0")), here,
               [&](AppendAnswer given) { promise.set_value(std::move(given)); });
    log.reset();
    ASSERT_EQ(answer.wait_for(contract::kAwaitMax), std::future_status::ready);
    EXPECT_EQ(answer.get().status, AppendStatus::unknown);
    reader.reset();
    log = open();
    wait_until_complete(*log);
    EXPECT_EQ(verify(*log, "open/0").state, VerifyState::intact);
    EXPECT_EQ(verify(*log, "open/1").state, VerifyState::intact);
    const Writer other(*log, "open/1");
    const auto rows =
        read(*log, {.session = other.number(), .rows_max = 5'000, .bytes_max = 1u << 24});
    EXPECT_TRUE(std::ranges::none_of(rows->events, [](const auto& row) { return row->erased; }));
    EXPECT_EQ(erase(*log, erasure(other)), AppendStatus::ok);
    EXPECT_THAT(files_with(kText), IsEmpty());
}

// SIGKILL at another moment each time, also while the work of the time before is taken up.
TEST_F(EraseTest, WhateverAKillInterruptsIsCompletedInTheEnd) {
    {
        fill(*open(), 2, 500);
    }
    for (int round = 0; round < 6; ++round) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto log = open();
            if (round == 0) {
                contract::InlineExecutor here;
                log->erase(erasure(Writer(*log, "open/0")), here, [](const AppendAnswer&) {});
            }
            // Reads run beside the writer; a number of them is a measure of time.
            for (int i = 0; i < 3 * (round + 1); ++i) (void)verify(*log, "open/1");
            (void)kill(getpid(), SIGKILL);
            _exit(1);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
    }
    auto log = open();
    wait_until_complete(*log);
    EXPECT_EQ(verify(*log, "open/0").state, VerifyState::intact);
    EXPECT_EQ(verify(*log, "open/1").state, VerifyState::intact);
    EXPECT_EQ(erase(*log, erasure(Writer(*log, "open/1"))), AppendStatus::ok);
    EXPECT_THAT(files_with(kText), IsEmpty());
}

TEST_F(EraseTest, AFullDiskInTheMiddleIsWaitedOut) {
    FaultyVfs vfs;
    auto log = open({.vfs = vfs.name()});
    fill(*log, 1, 700);
    std::promise<AppendAnswer> promise;
    auto answer = promise.get_future();
    contract::InlineExecutor here;
    log->erase(erasure(Writer(*log, "open/0")), here,
               [&](AppendAnswer given) { promise.set_value(std::move(given)); });
    while (ledger(*log).empty()) std::this_thread::yield();  // it has begun
    vfs.set(DiskFault::full);
    const auto struck = [&] { return vfs.strikes() >= 3; };
    while (!struck() && !complete(*log)) std::this_thread::yield();
    EXPECT_TRUE(struck()) << "the erasure was through before the disk was full: too little work";
    vfs.set(DiskFault::none);
    ASSERT_EQ(answer.wait_for(contract::kAwaitMax), std::future_status::ready);
    EXPECT_EQ(answer.get().status, AppendStatus::ok);
    EXPECT_THAT(files_with(kText), IsEmpty());
    EXPECT_EQ(verify(*log, "open/0").state, VerifyState::intact);
}

// A reader of another process needs the WAL: the erasure is not complete before it lets go.
TEST_F(EraseTest, ALongReadHoldsTheEndUpAndOtherSessionsGoOn) {
    auto log = open();
    fill(*log, 2, 20);
    auto reader = std::make_unique<Db>(path(), DbMode::read_only, "");
    reader->exec("BEGIN; SELECT count(*) FROM event");
    std::promise<AppendAnswer> promise;
    auto answer = promise.get_future();
    contract::InlineExecutor here;
    log->erase(erasure(Writer(*log, "open/0")), here,
               [&](AppendAnswer given) { promise.set_value(std::move(given)); });
    Writer other(*log, "open/1");
    for (int i = 0; i < 50; ++i) ASSERT_EQ(other.append({said(i)}), AppendStatus::ok);
    EXPECT_FALSE(complete(*log));
    reader.reset();
    // Commits without a pause do not keep it from its end.
    const auto end = std::chrono::steady_clock::now() + contract::kAwaitMax;
    while (answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        ASSERT_LT(std::chrono::steady_clock::now(), end);
        ASSERT_EQ(other.append({said(0)}), AppendStatus::ok);
    }
    EXPECT_EQ(answer.get().status, AppendStatus::ok);
}

// What a log of the first format has: the same rows, without the tables of erasing.
TEST_F(EraseTest, ALogOfTheFirstFormatIsBroughtForwardAndErased) {
    {
        auto log = open();
        fill(*log, 2, 100);
        Writer writer(*log, "open/0");
        Group group = writer.group({{.kind = events::Kind::note, .payload = "state!"}});
        group.states = {{writer.actor.number, group.events[0]->offset, {}}};
        ASSERT_EQ(writer.append_group(group), AppendStatus::ok);
    }
    {
        Db db(path(), DbMode::read_write, "");
        db.exec(
            "DROP TABLE subject; DROP TABLE digest; DROP TABLE erasure;"
            "CREATE TABLE old (session INTEGER NOT NULL, plugin INTEGER NOT NULL,"
            " offset INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (session, plugin))"
            " WITHOUT ROWID;"
            "INSERT INTO old SELECT session, plugin, offset, x'73' FROM state;"
            "DROP TABLE state; ALTER TABLE old RENAME TO state; PRAGMA user_version = 1");
    }
    auto log = open();
    const Writer writer(*log, "open/0");
    ASSERT_EQ(writer.state().states.size(), 1u);
    EXPECT_EQ(writer.state().states[0].payload, "state!");
    const auto sessions =
        contract::await<Result<std::vector<SessionId>>>([&](Executor& on, auto done) {
            log->sessions_of(writer.subject.number, on, std::move(done));
        });
    ASSERT_EQ(sessions->size(), 1u);
    EXPECT_EQ(erase(*log, erasure(writer, writer.subject.number)), AppendStatus::ok);
    EXPECT_EQ(erase(*log, erasure(Writer(*log, "open/1"))), AppendStatus::ok);
    EXPECT_THAT(files_with(kText), IsEmpty());
    EXPECT_EQ(verify(*log, "open/0").state, VerifyState::intact);
}

}  // namespace
}  // namespace chartroom::storage
