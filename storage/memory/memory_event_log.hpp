// MemoryEventLog: the event log in memory. It is the simulator's store, which can be made to fail,
// to wait and to crash at any point, and the store of a server that runs with its log off.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/base/random.hpp"
#include "storage/api/chain.hpp"
#include "storage/api/event_log.hpp"
#include "storage/memory/memory_disk.hpp"
#include "storage/memory/memory_names.hpp"

namespace chartroom::storage {

// What the next append() meets instead of success. It meets the call whole, as a commit would.
enum class MemoryFault : std::uint8_t {
    none,
    unavailable,          // nothing is written, and health() says so until an append succeeds
    unknown_written,      // everything is written, and nobody is told
    unknown_not_written,  // nothing is written, and nobody can tell
    conflict,             // the first group is refused as if its head were another
};

// When calls are carried out.
enum class MemoryPace : std::uint8_t {
    immediate,  // within the call; its completion is posted before it returns
    manual,     // when the simulator says run_write() or run_read()
};

// No thread of its own. With Pace::immediate any thread may call; with Pace::manual one thread.
class MemoryEventLog final : public EventLog {
  public:
    // Opens a store on `disk`, which fences the stores opened on it before. `disk` and `random`
    // (secrets of parties) outlive it.
    MemoryEventLog(MemoryDisk& disk, base::Random& random, MemoryPace pace = MemoryPace::immediate);
    // Carries out what is still pending, completions included.
    ~MemoryEventLog() override;

    // ---- for the simulator ----

    // The next `times` calls of append() meet `fault`; more calls queue up behind those.
    void fail_next(MemoryFault fault, std::size_t times = 1);
    // Calls that wait, in Pace::manual. Writes (append, acquire, intern, quarantine_add) are
    // carried out in the order of the calls; reads in any order, also before a write that was
    // called first.
    [[nodiscard]] std::size_t pending_writes() const { return writes_.size(); }
    [[nodiscard]] std::size_t pending_reads() const { return reads_.size(); }
    // Carries out the oldest write, or the read at `index` (below pending_reads()).
    void run_write();
    void run_read(std::size_t index);
    // The process dies: of the pending writes the first `kept` reach the disk, no completion is
    // ever run, and later calls do nothing. Then drop this object and open another on the same
    // disk.
    void crash(std::size_t kept);

    // ---- EventLog ----

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
    using Session = MemoryDisk::Session;

    // Runs `work` under the disk's mutex, now or when it is its turn, and posts its result to `on`.
    template <typename Work, typename T>
    void write(Executor& on, Done<T> done, Work work);
    template <typename Work, typename T>
    void look(Executor& on, Done<T> done, Work work);
    template <typename Work, typename T>
    [[nodiscard]] base::Task job(Executor& on, Done<T> done, Work work);

    [[nodiscard]] Result<Acquired> do_acquire(const SessionId& id);
    [[nodiscard]] std::vector<AppendAnswer> do_append(const std::vector<Group>& groups);
    [[nodiscard]] AppendStatus judge(const Group& group) const;
    void commit(const Group& group);
    void ride_along(Session& session, const Group& group);
    // memory_erasure.cpp
    [[nodiscard]] AppendAnswer do_erase(const Erasure& erasure);
    void erase_rows(Session& session, const Erasure& erasure);
    void erase_row(Session& session, EventPtr& row);
    void erase_name(std::uint64_t party);
    [[nodiscard]] static bool has_rows_of(const Session& session, std::uint64_t subject);
    [[nodiscard]] bool has_rows_of(std::uint64_t subject) const;
    [[nodiscard]] Result<PersonErasure> do_begin_person(const std::string& party,
                                                        const std::string& reason,
                                                        std::int64_t at_us);
    [[nodiscard]] std::vector<SessionId> do_sessions_of(std::uint64_t subject) const;
    [[nodiscard]] Result<void> do_finish_person(const PersonErasure& person,
                                                const std::string& own_prefix);
    [[nodiscard]] SecretOf secrets() const;
    [[nodiscard]] Result<VerifyReport> do_verify(const SessionId& id) const;
    [[nodiscard]] MemoryFault take_fault();
    [[nodiscard]] const Session* find(SessionNumber number) const;

    MemoryDisk& disk_;
    MemoryNames names_;
    const MemoryPace pace_;
    OwnerEpoch owner_epoch_;
    SessionNumber next_session_;
    // Numbers of acquired sessions without a row, both ways; lost with the store.
    std::unordered_map<SessionId, SessionNumber> reserved_;
    std::map<SessionNumber, SessionId> reserved_ids_;
    std::deque<MemoryFault> faults_;
    std::deque<base::Task> writes_;
    std::vector<base::Task> reads_;
    bool crashed_ = false;
    Health health_;
    StoreStats stats_;
};

}  // namespace chartroom::storage
