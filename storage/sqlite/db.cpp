#include "storage/sqlite/db.hpp"

#include <sqlite3.h>

#include <mutex>

#include "core/base/check.hpp"

namespace chartroom::storage {
namespace {

using base::Code;

// A file that another process writes is waited for this long; then the call fails with `locked`.
constexpr int kBusyTimeoutMs = 1'000;

// Counting allocations takes a global lock on every one. The setting can only be made before the
// library is first used; if something else in the process was earlier, we run a little slower.
void configure_library_once() {
    static std::once_flag once;
    std::call_once(once, [] { (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

struct Meaning {
    Code code;
    const char* advice;
};

Meaning meaning_of(int rc) {
    switch (rc & 0xff) {
        case SQLITE_FULL:
            return {Code::disk_full, "no space is left there: free some, and the log goes on"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return {Code::read_only, "the file or its folder cannot be written: check its rights"};
        case SQLITE_CANTOPEN:
            return {Code::io,
                    "the file cannot be opened: check that its folder is there and its rights"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Code::locked,
                    "another process holds the file: end it, or wait until it is done"};
        case SQLITE_NOTADB:
            return {Code::not_a_log, "the file is no Chartroom log: name another one"};
        case SQLITE_CORRUPT:
            return {Code::corrupt, "the file is damaged: keep a copy and restore a backup"};
        case SQLITE_IOERR:
            return {Code::io, "reading or writing failed: check the disk"};
        default:
            return {Code::internal, "the database refused"};
    }
}

}  // namespace

void fail_corrupt(const std::string& path, std::string_view what) {
    throw DbFailure({Code::corrupt, path + ": " + std::string(what) +
                                        ": the file is damaged: keep a copy and restore a backup"});
}

Db::Db(std::string path, DbMode mode, const std::string& vfs) : path_(std::move(path)) {
    configure_library_once();
    const int access = mode == DbMode::read_only ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int rc = sqlite3_open_v2(path_.c_str(), &handle_,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   vfs.empty() ? nullptr : vfs.c_str());
    try {
        if (rc != SQLITE_OK) fail(rc);
        if (const int set = sqlite3_busy_timeout(handle_, kBusyTimeoutMs); set != SQLITE_OK)
            fail(set);
    } catch (...) {
        (void)sqlite3_close(handle_);  // nothing is open on it
        throw;
    }
}

Db::~Db() {
    // Every statement is gone by now, so the connection cannot be busy.
    CHECK(sqlite3_close(handle_) == SQLITE_OK);
}

void Db::fail(int rc) const {
    const Meaning meaning = meaning_of(rc);
    std::string text = path_ + ": " + meaning.advice;
    if (handle_ != nullptr) text += std::string(" (") + sqlite3_errmsg(handle_) + ")";
    throw DbFailure({meaning.code, std::move(text)});
}

void Db::exec(const char* sql) {
    const int rc = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) fail(rc);
}

std::int64_t Db::number(const char* sql) {
    Statement statement(*this, sql);
    const bool found = statement.next();
    const std::int64_t value = found ? statement.signed_number(0) : 0;
    if (found) statement.reset();
    return value;
}

bool Db::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

void Db::rollback() noexcept {
    // Most failures have rolled back already. One that fails now leaves the transaction open, and
    // the next BEGIN reports it.
    if (in_transaction()) (void)sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Db::checkpoint_all() {
    int in_wal = 0;
    int copied = 0;
    const int rc =
        sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_FULL, &in_wal, &copied);
    if (rc != SQLITE_OK) fail(rc);
    if (in_wal != copied) fail(SQLITE_BUSY);
}

bool Db::truncate_wal() {
    (void)sqlite3_busy_timeout(handle_, 0);  // fails for a null handle only
    const int rc =
        sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    (void)sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
    if ((rc & 0xff) == SQLITE_BUSY) return false;
    if (rc != SQLITE_OK) fail(rc);
    return true;
}

Statement::Statement(Db& db, const char* sql) : db_(db) {
    check(sqlite3_prepare_v3(db_.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
    CHECK(handle_ != nullptr);
}

// Both repeat the failure of the last step, which was thrown then.
Statement::~Statement() {
    (void)sqlite3_finalize(handle_);
}
void Statement::reset() {
    (void)sqlite3_reset(handle_);
}

void Statement::check(int rc) {
    if (rc != SQLITE_OK) db_.fail(rc);
}

Statement& Statement::bind(int index, std::uint64_t value) {
    return bind_signed(index, static_cast<std::int64_t>(value));
}

Statement& Statement::bind_number(int index, std::uint64_t value) {
    return value == 0 ? bind_null(index) : bind(index, value);
}

Statement& Statement::bind_signed(int index, std::int64_t value) {
    check(sqlite3_bind_int64(handle_, index, value));
    return *this;
}

Statement& Statement::bind_text(int index, std::string_view text) {
    check(sqlite3_bind_text64(handle_, index, text.empty() ? "" : text.data(), text.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind_blob(int index, std::span<const std::uint8_t> bytes) {
    return bind_blob(index,
                     std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
    // A null pointer would bind NULL.
    check(sqlite3_bind_blob64(handle_, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                              SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind_null(int index) {
    check(sqlite3_bind_null(handle_, index));
    return *this;
}

bool Statement::next() {
    const int rc = sqlite3_step(handle_);
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) {
        // The message is the connection's and is gone after a reset.
        const ResetLater reset(*this);
        db_.fail(rc);
    }
    check(sqlite3_reset(handle_));
    return false;
}

void Statement::run() {
    while (next()) {
    }
}

std::uint64_t Statement::number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(handle_, column));
}

std::int64_t Statement::signed_number(int column) const {
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return data == nullptr ? std::string_view{} : std::string_view{data, size};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

}  // namespace chartroom::storage
