#include "storage/sqlite/log_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "storage/sqlite/schema.hpp"

namespace chartroom::storage {
namespace {

using base::Code;

// Small and frequent checkpoints beat rare ones for the slowest commits: 4 MiB of WAL. They run on
// the writer's thread, within the commit that reaches it: measured side by side (500 sessions,
// groups of two rows, 1,000 rows a commit), commits without any checkpoint were no faster than with
// these (94 against 97 k rows/s), so a thread beside it has nothing to win; 1 MiB was 17 % slower,
// 64 MiB 15 % faster with a WAL that a start has to read.
constexpr const char* kAutoCheckpoint = "PRAGMA wal_autocheckpoint = 256";
// What a WAL that has outgrown that, under a long read, is cut back to: 64 MiB.
constexpr const char* kWalKept = "PRAGMA journal_size_limit = 67108864";
// What is deleted is overwritten; what is written anew (storage/FORMAT.md, "Erasing") passes
// through memory, not through a temporary file.
constexpr const char* kSecureDelete = "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY";
constexpr const char* kWriterCache = "PRAGMA cache_size = -32768";  // KiB
constexpr const char* kReaderCache = "PRAGMA cache_size = -8192";

[[noreturn]] void fail_errno(Code code, const std::string& path, const char* what) {
    throw DbFailure({code, path + ": " + what + ": " + std::strerror(errno)});
}

std::string meta_text(Db& db, const char* key) {
    Statement select(db, "SELECT value FROM meta WHERE key = ?1");
    select.bind_text(1, key);
    if (!select.next()) return {};
    const ResetLater reset(select);
    return std::string(select.bytes(0));
}

void set_meta(Db& db, const char* key, const std::string& text) {
    Statement set(db, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)");
    set.bind_text(1, key).bind_text(2, text).run();
}

std::string draw_epoch(base::Random& random) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    return base::to_hex(bytes);
}

const char* name_of(Durability durability) {
    return durability == Durability::power_loss ? "power_loss" : "process_crash";
}

// Whether the last server's commits may be gone: it did not stop in order, did not wait for the
// disk, and the machine has started anew since.
bool may_have_lost_commits(const std::string& open, const std::string& boot_id) {
    const std::string risky = std::string(name_of(Durability::process_crash)) + " ";
    return open.starts_with(risky) && open.substr(risky.size()) != boot_id;
}

void use_wal(Db& db) {
    Statement set(db, "PRAGMA journal_mode = WAL");
    const bool answered = set.next();
    const ResetLater reset(set);
    if (!answered || set.bytes(0) != "wal") {
        throw DbFailure({Code::io, db.path() + ": the file system does not carry a write-ahead log:"
                                               " put the file on a local disk"});
    }
}

void make_identity(Db& db, base::Random& random) {
    set_meta(db, "epoch", draw_epoch(random));
    base::Secret key{};
    random.fill(key);
    Statement set(db, "INSERT INTO meta (key, value) VALUES ('seed_key', ?1)");
    set.bind_blob(1, key).run();
    db.exec("INSERT INTO meta (key, value) VALUES ('owner_epoch', 0), ('indexed_through', 0)");
}

}  // namespace

FileLock::FileLock(const std::string& log_path) : path_(log_path + "-lock") {
    constexpr int kFlags = O_RDWR | O_CLOEXEC;
    fd_ = ::open(path_.c_str(), kFlags | O_CREAT | O_EXCL, 0644);
    created_ = fd_ >= 0;
    if (fd_ < 0 && errno == EEXIST) fd_ = ::open(path_.c_str(), kFlags);
    if (fd_ < 0) {
        const bool refused = errno == EACCES || errno == EROFS || errno == EPERM;
        fail_errno(refused ? Code::read_only : Code::io, path_, "cannot be opened");
    }
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        const int why = errno;
        (void)::close(fd_);
        if (why == EWOULDBLOCK) {
            throw DbFailure({Code::locked, log_path + ": another server has this log open: end "
                                                      "that one, or name another file"});
        }
        errno = why;
        fail_errno(Code::io, path_, "cannot be locked");
    }
}

FileLock::~FileLock() {
    // Gives the lock back. Nothing was written, so there is nothing to lose.
    (void)::close(fd_);
}

void FileLock::forget() {
    if (created_) (void)::unlink(path_.c_str());  // at worst an empty file stays
}

std::unique_ptr<Db> open_for_writing(const std::string& path, Durability durability,
                                     const std::string& vfs) {
    auto db = std::make_unique<Db>(path, DbMode::read_write, vfs);
    if (sqlite3_db_readonly(db->handle(), "main") == 1) {
        throw DbFailure({Code::read_only, path + ": the file cannot be written: check its rights"});
    }
    const bool is_log = check_format(*db);
    if (!is_log) db->exec("PRAGMA page_size = 16384");
    use_wal(*db);
    db->exec(durability == Durability::power_loss ? "PRAGMA synchronous = FULL"
                                                  : "PRAGMA synchronous = NORMAL");
    db->exec(kAutoCheckpoint);
    db->exec(kWalKept);
    db->exec(kSecureDelete);
    db->exec(kWriterCache);
    migrate(*db);
    return db;
}

std::unique_ptr<Db> open_for_reading(const std::string& path, const std::string& vfs) {
    auto db = std::make_unique<Db>(path, DbMode::read_only, vfs);
    if (!check_format(*db)) {
        throw DbFailure({Code::not_a_log, path + ": the file is empty: there is no log yet"});
    }
    db->exec(kReaderCache);
    return db;
}

LogIdentity read_identity(Db& db) {
    LogIdentity identity;
    identity.epoch = {meta_text(db, "epoch")};
    const std::string key = meta_text(db, "seed_key");
    if (identity.epoch.value.size() != 16 || key.size() != identity.seed_key.size()) {
        fail_corrupt(db.path(), "the log does not say which one it is");
    }
    std::ranges::copy(key, identity.seed_key.begin());
    identity.owner_epoch = {
        static_cast<std::uint64_t>(db.number("SELECT value FROM meta WHERE key = 'owner_epoch'"))};
    return identity;
}

LogIdentity begin_serving(Db& db, Durability durability, const std::string& boot_id,
                          base::Random& random) {
    db.exec("BEGIN IMMEDIATE");
    if (meta_text(db, "epoch").empty()) make_identity(db, random);
    if (may_have_lost_commits(meta_text(db, "open"), boot_id)) {
        set_meta(db, "epoch", draw_epoch(random));
    }
    set_meta(db, "open", std::string(name_of(durability)) + " " + boot_id);
    db.exec("UPDATE meta SET value = value + 1 WHERE key = 'owner_epoch'");
    db.exec("COMMIT");
    // The version, the new epoch and the mark are on the disk before anything is acknowledged, also
    // with a durability that does not wait for it.
    db.checkpoint_all();
    return read_identity(db);
}

void end_serving(Db& db) {
    db.exec("DELETE FROM meta WHERE key = 'open'");
    db.checkpoint_all();
}

std::string current_boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

}  // namespace chartroom::storage
