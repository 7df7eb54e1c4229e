// Opening: what is refused, with what words, and that a refused file is as it was.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "storage/sqlite/db.hpp"
#include "storage/sqlite/schema.hpp"
#include "tests/unit/storage_sqlite/faulty_vfs.hpp"
#include "tests/unit/storage_sqlite/log_folder.hpp"

namespace chartroom::storage {
namespace {

using base::Code;
using contract::Writer;
using testing::HasSubstr;

class OpenTest : public LogFolder {
  protected:
    [[nodiscard]] std::string content(const std::string& file) const {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    void put(const std::string& text) const { std::ofstream(path(), std::ios::binary) << text; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_),
                                                      std::filesystem::directory_iterator()));
    }
    // Runs SQL on the closed file.
    void sql(const char* text) const {
        Db db(path(), DbMode::read_write, "");
        db.exec(text);
    }
    void make_log() {
        auto log = open();
        Writer writer(*log, "open/1");
        ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    }
};

TEST_F(OpenTest, ATextFileIsNoLogAndIsLeftAlone) {
    const std::string text(5000, 'x');
    put(text);
    const auto opened = try_open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::not_a_log);
    EXPECT_THAT(opened.error().message, HasSubstr(path()));
    EXPECT_EQ(content(path()), text);
    EXPECT_EQ(files(), 1u);
}

TEST_F(OpenTest, AnotherProgramsDatabaseIsNoLogAndIsLeftAlone) {
    sql("CREATE TABLE theirs (x); PRAGMA user_version = 1");
    const std::string before = content(path());
    const auto opened = try_open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::not_a_log);
    EXPECT_EQ(content(path()), before);
    EXPECT_EQ(files(), 1u);
}

TEST_F(OpenTest, ANewerFormatIsRefusedAndIsLeftAlone) {
    make_log();
    sql(("PRAGMA user_version = " + std::to_string(kFormatVersion + 1)).c_str());
    const std::string before = content(path());
    const auto opened = try_open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::newer_format);
    EXPECT_THAT(opened.error().message, HasSubstr("newer"));
    EXPECT_EQ(content(path()), before);
}

TEST_F(OpenTest, AMissingFolderIsNamed) {
    const auto opened = try_open({.path = folder_ / "nowhere" / "log.db"});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::io);
    EXPECT_THAT(opened.error().message, HasSubstr("nowhere"));
}

TEST_F(OpenTest, AFileThatCannotBeWrittenIsRefused) {
    make_log();
    FaultyVfs vfs;
    vfs.set(DiskFault::read_only);
    const auto opened = try_open({.vfs = vfs.name()});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::read_only);
    EXPECT_THAT(opened.error().message, HasSubstr(path()));
    EXPECT_GT(vfs.strikes(), 0);
}

TEST_F(OpenTest, ASecondServerIsRefusedAndTheFirstGoesOn) {
    auto first = open();
    Writer writer(*first, "open/1");
    const auto second = try_open();
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, Code::locked);
    EXPECT_THAT(second.error().message, HasSubstr("another server"));
    EXPECT_EQ(writer.append({{}}), AppendStatus::ok);
    first.reset();
    EXPECT_TRUE(try_open().has_value());
}

TEST_F(OpenTest, AToolReadsAndFollowsWhileTheServerServes) {
    auto server = open();
    Writer writer(*server, "open/1");
    ASSERT_EQ(writer.append({{}, {}}), AppendStatus::ok);
    auto tool = open({.read_only = true});
    EXPECT_EQ(tool->epoch(), server->epoch());
    EXPECT_EQ(read(*tool, {.session = writer.number()}).value().events.size(), 2u);
    ASSERT_EQ(writer.append({{}}), AppendStatus::ok);
    EXPECT_EQ(read(*tool, {.session = writer.number()}).value().events.size(), 3u);
    EXPECT_EQ(verify(*tool, "open/1").events, 3u);
    EXPECT_FALSE(tool->health().writable);
    EXPECT_EQ(append(*tool, writer.group({{}})).at(0).status, AppendStatus::unavailable);
}

TEST_F(OpenTest, AToolFindsNoLogWhereThereIsNone) {
    EXPECT_FALSE(try_open({.read_only = true}).has_value());
    EXPECT_EQ(files(), 0u);
}

TEST_F(OpenTest, ADamagedPageIsReportedAndTheRestIsReadable) {
    make_log();
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    std::int64_t page = 0;
    {
        Db db(path(), DbMode::read_only, "");
        page = db.number("SELECT rootpage FROM sqlite_master WHERE name = 'event'");
    }
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp((page - 1) * 16'384);
        file << std::string(64, '\xff');
    }
    const auto opened = try_open();
    ASSERT_FALSE(opened.has_value());  // a start looks at the newest rows
    EXPECT_EQ(opened.error().code, Code::corrupt);
    EXPECT_THAT(opened.error().message, HasSubstr("restore a backup"));
}

TEST_F(OpenTest, ATruncatedFileIsReported) {
    make_log();
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::resize_file(path(), 16'384);
    const auto opened = try_open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::corrupt);
}

TEST_F(OpenTest, AChangedRowBreaksTheChain) {
    make_log();
    sql("UPDATE event SET payload = '{\"forged\":1}' WHERE row = 1");
    auto log = open();
    const VerifyReport report = verify(*log, "open/1");
    EXPECT_EQ(report.state, VerifyState::broken);
    EXPECT_EQ(report.first_bad, Offset{2});
}

TEST_F(OpenTest, ADamagedSessionDoesNotHoldUpTheOthers) {
    make_log();
    sql("UPDATE event SET hash = NULL WHERE session = 1");
    auto log = open();
    const auto acquired = contract::await<Result<Acquired>>(
        [&](Executor& on, auto done) { log->acquire({"open/1"}, on, std::move(done)); });
    ASSERT_FALSE(acquired.has_value());
    EXPECT_EQ(acquired.error().code, Code::corrupt);
    Writer other(*log, "open/2");
    Group damaged = other.group({{}});
    damaged.session = {1};
    const auto answers = contract::await<std::vector<AppendAnswer>>([&](Executor& on, auto done) {
        log->append({damaged, other.group({{}})}, on, std::move(done));
    });
    EXPECT_EQ(answers.at(0).status, AppendStatus::unavailable);
    EXPECT_THAT(answers.at(0).reason, HasSubstr("damaged"));
    EXPECT_EQ(answers.at(1).status, AppendStatus::ok);
}

TEST_F(OpenTest, TheEpochChangesOnlyWhereCommitsMayBeLost) {
    const auto epoch_of = [&](Durability durability, std::string boot, bool crash) {
        auto log = open({.durability = durability, .boot_id = std::move(boot)});
        const std::string epoch = log->epoch().value;
        log.reset();
        // What an unclean stop leaves behind.
        const std::string name =
            durability == Durability::power_loss ? "power_loss" : "process_crash";
        if (crash) sql(("INSERT INTO meta VALUES ('open', '" + name + " boot-1')").c_str());
        return epoch;
    };
    const std::string first = epoch_of(Durability::process_crash, "boot-1", false);
    EXPECT_EQ(epoch_of(Durability::process_crash, "boot-2", false), first);  // stopped in order
    EXPECT_EQ(epoch_of(Durability::process_crash, "boot-1", true), first);
    EXPECT_EQ(epoch_of(Durability::power_loss, "boot-1", true), first);     // the machine ran on
    EXPECT_EQ(epoch_of(Durability::process_crash, "boot-2", true), first);  // nothing was lost
    EXPECT_NE(epoch_of(Durability::power_loss, "boot-2", false), first);
}

TEST_F(OpenTest, TheViewShowsALogToAnyone) {
    make_log();
    Db db(path(), DbMode::read_only, "");
    Statement rows(db, "SELECT session, offset, at, kind, class, type, actor, payload FROM log");
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.bytes(0), "open/1");
    EXPECT_EQ(rows.number(1), 1u);
    EXPECT_EQ(rows.bytes(2), "2026-01-01T00:00:00.000001Z");
    EXPECT_EQ(rows.bytes(3), "out");
    EXPECT_EQ(rows.bytes(4), "lasting");
    EXPECT_EQ(rows.bytes(5), "message");
    EXPECT_EQ(rows.bytes(6), "user/ann");
    EXPECT_EQ(rows.bytes(7), "{}");
}

}  // namespace
}  // namespace chartroom::storage
