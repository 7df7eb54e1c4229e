// The one thread that writes. It takes whatever is queued, carries it out in one transaction, and
// answers once that is committed: group commit without a delay.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "storage/api/event_log.hpp"
#include "storage/sqlite/chunk_index.hpp"
#include "storage/sqlite/erase_queue.hpp"
#include "storage/sqlite/eraser.hpp"
#include "storage/sqlite/log_file.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/row_codec.hpp"
#include "storage/sqlite/session_table.hpp"
#include "storage/sqlite/small_tables.hpp"

namespace chartroom::storage {

// One transaction takes no more jobs once it has so much; what is left goes into the next.
inline constexpr std::size_t kCommitRows = 16'384;
inline constexpr std::size_t kCommitBytes = 16u << 20;

// What the writer needs; all of it outlives it.
struct WriterSetup {
    std::string path;
    std::string vfs;
    Durability durability = Durability::power_loss;
    OwnerEpoch owner_epoch;
    ChunkIndex& index;
    NameCache& names;
    base::Random& random;
    base::Clock& clock;
};

// What a connection that writes works with. Thrown away when the file has to be opened again.
struct WriteTables {
    WriteTables(std::unique_ptr<Db> open_db, const WriterSetup& setup, Reservations& reserved);

    std::unique_ptr<Db> db;
    const OwnerEpoch owner_epoch;
    RowInserter rows;
    SessionTable sessions;
    NameTable names;
    SmallTables small;
    Eraser eraser;
    ChunkDrain drain;
    bool may_drain = true;        // in the open transaction
    std::vector<AddedRow> added;  // by the open transaction
    Statement begin;
    Statement commit;
};

// How a transaction came out.
struct Outcome {
    enum class State : std::uint8_t { committed, not_written, unknown };
    State state = State::committed;
    base::Error error;  // of the latter two
};

// Something to do on the writer's thread.
class WriteJob {
  public:
    virtual ~WriteJob() = default;
    [[nodiscard]] virtual bool writes() const { return true; }
    [[nodiscard]] virtual std::size_t rows() const { return 1; }
    [[nodiscard]] virtual std::size_t bytes() const { return 0; }
    // Within the transaction; keeps its result to itself. May throw DbFailure.
    virtual void run(WriteTables& tables) = 0;
    // After it, exactly once, whether or not run() was called: posts the completion.
    virtual void settle(const Outcome& outcome) = 0;
};

class Writer {
  public:
    Writer(WriterSetup setup, std::unique_ptr<Db> db);
    // Carries out what is queued, marks the log as closed in order, and stops.
    ~Writer();

    void submit(std::unique_ptr<WriteJob> job);
    [[nodiscard]] Health health() const;
    [[nodiscard]] StoreStats stats() const;
    // Of AppendJob, which counts what it has written.
    void count(std::size_t groups, std::size_t events, std::size_t failures);

    // ---- of jobs, on the writer's thread ----

    [[nodiscard]] EraseQueue& erasing() { return erasing_; }
    // Copies the WAL to the file and cuts it; false: not now. Outside of transactions.
    [[nodiscard]] bool truncate_wal();

  private:
    using Jobs = std::vector<std::unique_ptr<WriteJob>>;

    void loop();
    // Carries out jobs from `begin` on, as many as one transaction takes; returns where it stopped.
    std::size_t run_some(Jobs& jobs, std::size_t begin);
    [[nodiscard]] Outcome transact(Jobs& jobs, std::size_t begin, std::size_t end, bool writes);
    [[nodiscard]] Outcome finish_commit();
    void roll_back(const base::Error& error);
    void open_again();
    void note(const Outcome& outcome);
    void close();
    // Waits for jobs, or for the time to go on erasing. False: it is over.
    [[nodiscard]] bool wait(Jobs& jobs);

    const WriterSetup setup_;
    Reservations reserved_;
    std::unique_ptr<WriteTables> tables_;  // null: has to be opened again
    EraseQueue erasing_;

    mutable std::mutex mutex_;  // queue_, stopping_, health_, stats_
    std::condition_variable wake_;
    Jobs queue_;
    bool stopping_ = false;
    Health health_;
    StoreStats stats_;
    std::thread thread_;  // last: starts when all else is there
};

}  // namespace chartroom::storage
