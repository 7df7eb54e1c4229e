// Db and Statement: a connection to one SQLite file and a prepared statement on it, which turn
// every return code into success or a DbFailure. Inside storage/sqlite a failure travels as that
// exception and is caught where a job ends (writer, reader pool, open); none leaves the folder. So
// no code is ignored, and a statement costs no test that its caller would have to repeat.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace chartroom::storage {

class DbFailure final : public std::exception {
  public:
    explicit DbFailure(base::Error error) : error_(std::move(error)) {}
    [[nodiscard]] const base::Error& error() const { return error_; }
    [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

  private:
    base::Error error_;
};

// The file holds what no Chartroom writes: a DbFailure with code `corrupt`.
[[noreturn]] void fail_corrupt(const std::string& path, std::string_view what);

enum class DbMode : std::uint8_t { read_write, read_only };

// One thread at a time.
class Db {
  public:
    // `vfs` names a registered SQLite VFS; empty: the default. A read_write file is created if it
    // is not there.
    Db(std::string path, DbMode mode, const std::string& vfs);
    ~Db();
    Db(const Db&) = delete;
    Db& operator=(const Db&) = delete;

    // Statements without parameters, results dropped.
    void exec(const char* sql);
    // The integer that a statement such as `PRAGMA user_version` yields first.
    [[nodiscard]] std::int64_t number(const char* sql);
    [[nodiscard]] bool in_transaction() const;
    // Ends a transaction if one is open, whatever state it is in. Never throws.
    void rollback() noexcept;
    // Copies all committed frames of the WAL into the file and syncs both. Fails if it cannot.
    void checkpoint_all();
    // The same, and cuts the WAL to nothing. False: a reader still needs what is in it; waits for
    // none.
    [[nodiscard]] bool truncate_wal();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] sqlite3* handle() const { return handle_; }
    // Throws what `rc` means, with the file and what to do about it.
    [[noreturn]] void fail(int rc) const;

  private:
    std::string path_;
    sqlite3* handle_ = nullptr;
};

class Statement {
  public:
    // `db` outlives the statement.
    Statement(Db& db, const char* sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    // Parameters from 1. Texts and blobs are not copied: they live until the statement is reset.
    // What is not bound keeps its value from the run before.
    Statement& bind(int index, std::uint64_t value);
    Statement& bind_number(int index, std::uint64_t value);  // NULL for 0
    Statement& bind_signed(int index, std::int64_t value);
    Statement& bind_text(int index, std::string_view text);
    Statement& bind_blob(int index, std::span<const std::uint8_t> bytes);
    Statement& bind_blob(int index, std::string_view bytes);
    Statement& bind_null(int index);

    // Steps: true, there is a row to look at; false, done, and the statement is reset.
    [[nodiscard]] bool next();
    // Steps to the end and resets; rows are dropped.
    void run();
    // Lets go of the row before the end was reached.
    void reset();

    // Columns from 0, of the row that next() came to; views live until next() or reset().
    [[nodiscard]] std::uint64_t number(int column) const;  // 0 for NULL
    [[nodiscard]] std::int64_t signed_number(int column) const;
    [[nodiscard]] std::string_view bytes(int column) const;  // empty for NULL; of text its bytes
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] Db& db() const { return db_; }

  private:
    void check(int rc);

    Db& db_;
    sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement at the end of a scope that may leave it between rows.
class ResetLater {
  public:
    explicit ResetLater(Statement& statement) : statement_(statement) {}
    ~ResetLater() { statement_.reset(); }
    ResetLater(const ResetLater&) = delete;
    ResetLater& operator=(const ResetLater&) = delete;

  private:
    Statement& statement_;
};

}  // namespace chartroom::storage
