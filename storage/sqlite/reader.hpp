// What is asked of the log, answered on a connection of its own. It never waits for a write: in WAL
// mode a reader sees the last commit. One thread at a time; throws DbFailure.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/api/event_log.hpp"
#include "storage/sqlite/chunk_index.hpp"
#include "storage/sqlite/db.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/row_codec.hpp"
#include "storage/sqlite/session_table.hpp"

namespace chartroom::storage {

// Texts of names that a reader keeps; over it they are forgotten and looked up again.
inline constexpr std::size_t kReaderNames = 65'536;

// The index entries of up to 64 neighbouring offsets, from memory and table together.
class IndexBlock {
  public:
    [[nodiscard]] const IndexEntry& at(Offset offset) const {
        return entries_[offset.value % kChunkOffsets];
    }
    void set(Offset offset, const IndexEntry& entry) {
        entries_[offset.value % kChunkOffsets] = entry;
    }

  private:
    std::array<IndexEntry, kChunkOffsets> entries_{};  // row 0: not known
};

class Reader {
  public:
    Reader(std::unique_ptr<Db> db, const ChunkIndex& index, const NameCache& names);

    [[nodiscard]] Result<Page> read(const ReadRequest& request);
    [[nodiscard]] Result<std::optional<ClientIdHit>> find_client_id(SessionNumber session,
                                                                    std::uint64_t actor,
                                                                    const std::string& client_id,
                                                                    Offset since);
    [[nodiscard]] Result<std::string> name_of(NameSpace space, std::uint64_t number);
    [[nodiscard]] Result<SessionInfo> find_session(const SessionId& id);
    [[nodiscard]] SessionPage sessions(const std::string& prefix, const std::string& after,
                                       std::size_t limit);
    [[nodiscard]] std::vector<SessionId> unfinished();
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> quarantine();
    [[nodiscard]] std::vector<LedgerRow> erasures();
    [[nodiscard]] Result<VerifyReport> verify(const SessionId& id);
    // The number of a name that is in the table.
    [[nodiscard]] std::optional<Interned> find_name(const NameRequest& name);

    [[nodiscard]] Db& db() { return *db_; }

  private:
    // One view of the file for several statements, and one round of locks for all of them.
    class Snapshot {
      public:
        explicit Snapshot(Reader& reader) : reader_(reader) { reader_.begin_.run(); }
        ~Snapshot();
        Snapshot(const Snapshot&) = delete;
        Snapshot& operator=(const Snapshot&) = delete;

      private:
        Reader& reader_;
    };
    class Verifier;
    class RowRun;

    [[nodiscard]] Offset head_of(SessionNumber session, const std::optional<PendingRows>& pending);
    [[nodiscard]] IndexBlock block(SessionNumber session, std::uint64_t chunk,
                                   const std::optional<PendingRows>& pending);
    // The rowid of `offset`; throws corrupt if the index does not know it.
    [[nodiscard]] std::uint64_t row_in(const IndexBlock& block, Offset offset) const;
    [[nodiscard]] EventPtr event_at(SessionNumber session, Offset offset, std::uint64_t row);
    [[nodiscard]] EventPtr finish(SessionNumber session, Offset offset, StoredRow& stored);
    [[nodiscard]] const std::string& text_of(NameSpace space, std::uint64_t number);
    [[nodiscard]] SessionInfo info_of(Statement& row);

    std::unique_ptr<Db> db_;
    const ChunkIndex& index_;
    const NameCache& names_;
    ChunkTable chunks_;
    RowSelector rows_;
    HeadFinder heads_;
    Statement begin_, end_;
    Statement name_, name_number_, session_, sessions_;
    std::array<std::unordered_map<std::uint64_t, std::string>, 4> texts_;  // by name space
    std::uint64_t texts_of_ = 0;  // NameCache::erased() that they are of
};

}  // namespace chartroom::storage
