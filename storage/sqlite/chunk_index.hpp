// The sparse index: where the rows of a session are. Rows up to `indexed_through` are in the table
// `chunk`; those after it are kept here, in memory, until there are enough of them to be written as
// chunk rows, sorted, along with later commits. storage/FORMAT.md, "chunk".
//
// The writer's thread adds and drains; any thread looks. Whoever looks takes what is here first and
// reads the table in a transaction begun after that: what is no longer here is then there.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/sqlite/chunk_codec.hpp"
#include "storage/sqlite/db.hpp"

namespace chartroom::storage {

// Rows kept in memory before they are frozen and drained, unless the options say otherwise; at
// most about twice as many while it lasts.
inline constexpr std::size_t kPendingRows = 65'536;
// What one commit drains at least, where there is as much.
inline constexpr std::size_t kDrainRowsMin = 512;

// The rows of one session that are in memory: gapless, and up to its head.
struct PendingRows {
    Offset first;  // the offset of entries.front()
    Offset head;
    // Of the offsets that were asked for; `from` is the offset of the first.
    Offset from;
    std::vector<IndexEntry> entries;
};

// A row that a transaction has inserted.
struct AddedRow {
    SessionNumber session;
    Offset offset;
    IndexEntry entry;
};

class ChunkIndex {
  public:
    explicit ChunkIndex(std::size_t pending_rows) : pending_rows_(pending_rows) {}

    // What is here of the rows from `first` to `last`; nothing if the session has none here. At
    // most `limit` entries: the lowest, or with `highest` the highest.
    [[nodiscard]] std::optional<PendingRows> pending(SessionNumber session, std::uint64_t first,
                                                     std::uint64_t last, std::uint64_t limit,
                                                     bool highest) const;

    // ---- the writer ----

    // Takes in all rows after the newest that is known; on an empty index, after `indexed_through`.
    void catch_up(Db& db);
    // Committed rows, in the order of their rowids.
    void publish(const std::vector<AddedRow>& rows);
    // These committed rows have no client id any more.
    void forget_ids(SessionNumber session, const std::vector<Offset>& offsets);
    [[nodiscard]] std::size_t size() const;
    // Forgets everything; catch_up() begins anew.
    void clear();

  private:
    friend class ChunkDrain;
    struct Session {
        Offset first;
        std::vector<IndexEntry> entries;
    };
    void add(SessionNumber session, Offset offset, const IndexEntry& entry);

    const std::size_t pending_rows_;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Session> sessions_;
    std::uint64_t newest_row_ = 0;
    std::size_t size_ = 0;
};

// Looks through the table `chunk`. Belongs to one connection.
class ChunkTable {
  public:
    explicit ChunkTable(Db& db);

    // The chunk as it stands in the table, or one with count 0.
    [[nodiscard]] Chunk load(SessionNumber session, std::uint64_t number);
    // The last chunk of the session, or nothing.
    [[nodiscard]] std::optional<Chunk> last(SessionNumber session);
    // Writes it, in the place of what is there.
    void store(SessionNumber session, const Chunk& chunk);

  private:
    [[nodiscard]] Chunk decode(Statement& row);

    Statement select_;
    Statement select_last_;
    std::optional<Statement> replace_;  // once something is written
};

// Writes what the index holds as chunk rows, a part with every commit. Belongs to the writer's
// connection.
class ChunkDrain {
  public:
    ChunkDrain(Db& db, ChunkIndex& index);

    // Within a transaction that has added `rows_added` rows: drains its share, if a drain is due.
    void run(std::size_t rows_added);
    void committed();
    void rolled_back();

  private:
    struct Place {
        std::size_t session = 0;  // in frozen_
        Offset offset;            // the next to drain there; 0: the session's first
    };
    void freeze();
    // Returns how many entries were written; moves place_ on.
    std::size_t drain_chunk();

    ChunkIndex& index_;
    ChunkTable table_;
    Statement set_indexed_through_;
    std::vector<std::uint64_t> frozen_;  // sessions, sorted; empty: no drain is due
    std::uint64_t frozen_through_ = 0;
    Place place_;
    Place committed_place_;
};

}  // namespace chartroom::storage
