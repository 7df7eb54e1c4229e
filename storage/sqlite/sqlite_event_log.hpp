// SqliteEventLog: the event log in one SQLite file (storage/FORMAT.md). One thread writes, with
// group commit; a few others read. It is the server's default store, and, opened to read only, what
// the tools look at a log with while a server has it.
#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"
#include "storage/sqlite/chunk_index.hpp"
#include "storage/sqlite/log_file.hpp"

namespace chartroom::storage {

struct SqliteOptions {
    std::string path;
    // Which crash may take back acknowledged commits. Neither loses any when the process dies.
    Durability durability = Durability::power_loss;
    // Nothing is written and no claim is made on the file: a server may have it. Writing calls
    // answer `read_only` (appends: unavailable).
    bool read_only = false;
    std::size_t readers = 2;  // threads; at least 1
    // Rows whose place is kept in memory only, before they are indexed (FORMAT.md, "chunk"): what a
    // start has to look at.
    std::size_t pending_rows = kPendingRows;
    // A registered SQLite VFS; empty: the default. For tests of a disk that fails.
    std::string vfs = {};
    // The running kernel's name for itself.
    std::string boot_id = current_boot_id();
};

class SqliteEventLog final : public EventLog {
  public:
    // Opens the log, or makes one where there is no file. `random` and `clock` outlive it.
    // Errors, with the file and what to do in the message, and nothing touched: locked (another
    // server has it), not_a_log, newer_format, read_only, corrupt, disk_full, io.
    [[nodiscard]] static Result<std::unique_ptr<SqliteEventLog>> open(SqliteOptions options,
                                                                      base::Random& random,
                                                                      base::Clock& clock);
    // Carries out what was asked for, completions included, and closes the file in order.
    ~SqliteEventLog() override;

    [[nodiscard]] Epoch epoch() const override;
    [[nodiscard]] base::Secret seed_key() const override;
    void acquire(SessionId session, Executor& on, Done<Result<Acquired>> done) override;
    void intern(std::vector<NameRequest> names, Executor& on,
                Done<Result<std::vector<Interned>>> done) override;
    void name_of(NameSpace space, std::uint64_t number, Executor& on,
                 Done<Result<std::string>> done) override;
    void append(std::vector<Group> groups, Executor& on,
                Done<std::vector<AppendAnswer>> done) override;
    void read(ReadRequest request, Executor& on, Done<Result<Page>> done) override;
    void find_session(SessionId session, Executor& on, Done<Result<SessionInfo>> done) override;
    void sessions(std::string prefix, std::string after, std::size_t limit, Executor& on,
                  Done<Result<SessionPage>> done) override;
    void find_client_id(SessionNumber session, std::uint64_t actor, std::string client_id,
                        Offset since, Executor& on,
                        Done<Result<std::optional<ClientIdHit>>> done) override;
    void unfinished(Executor& on, Done<Result<std::vector<SessionId>>> done) override;
    void verify(SessionId session, Executor& on, Done<Result<VerifyReport>> done) override;
    void erase(Erasure erasure, Executor& on, Done<AppendAnswer> done) override;
    void begin_person(std::string party, std::string reason, std::int64_t at_us, Executor& on,
                      Done<Result<PersonErasure>> done) override;
    void sessions_of(std::uint64_t subject, Executor& on,
                     Done<Result<std::vector<SessionId>>> done) override;
    void finish_person(PersonErasure person, std::string own_prefix, Executor& on,
                       Done<Result<void>> done) override;
    void erasures(Executor& on, Done<Result<std::vector<LedgerRow>>> done) override;
    void quarantine_add(std::uint64_t build, std::string key, Executor& on,
                        Done<Result<std::uint64_t>> done) override;
    void quarantine_list(
        Executor& on,
        Done<Result<std::vector<std::pair<std::string, std::uint64_t>>>> done) override;
    [[nodiscard]] Health health() const override;
    [[nodiscard]] StoreStats stats() const override;

  private:
    struct Parts;
    explicit SqliteEventLog(std::unique_ptr<Parts> parts);
    static std::unique_ptr<Parts> open_parts(SqliteOptions options, base::Random& random,
                                             base::Clock& clock);

    // Has a reader answer `question`; a failure of the store becomes its error.
    template <typename T, typename Question>
    void ask(Executor& on, Done<Result<T>> done, Question question);

    std::unique_ptr<Parts> parts_;
};

}  // namespace chartroom::storage
