#include "storage/sqlite/chunk_index.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace chartroom::storage {

// ---- what is in memory -------------------------------------------------------------------------

std::optional<PendingRows> ChunkIndex::pending(SessionNumber session, std::uint64_t first,
                                               std::uint64_t last, std::uint64_t limit,
                                               bool highest) const {
    const std::lock_guard lock(mutex_);
    const auto it = sessions_.find(session.value);
    if (it == sessions_.end()) return std::nullopt;
    const Session& found = it->second;
    PendingRows rows{.first = found.first, .head = {found.first.value + found.entries.size() - 1}};
    std::uint64_t from = std::max(first, rows.first.value);
    std::uint64_t to = std::min(last, rows.head.value);
    if (from > to) return rows;
    if (to - from >= limit) (highest ? from : to) = highest ? to - limit + 1 : from + limit - 1;
    rows.from = {from};
    const auto begin = found.entries.begin() + static_cast<std::ptrdiff_t>(from - rows.first.value);
    rows.entries.assign(begin, begin + static_cast<std::ptrdiff_t>(to - from + 1));
    return rows;
}

void ChunkIndex::add(SessionNumber session, Offset offset, const IndexEntry& entry) {
    Session& into = sessions_[session.value];
    if (into.entries.empty()) into.first = offset;
    CHECK(offset.value == into.first.value + into.entries.size());
    into.entries.push_back(entry);
    newest_row_ = entry.row;
    ++size_;
}

void ChunkIndex::publish(const std::vector<AddedRow>& rows) {
    const std::lock_guard lock(mutex_);
    for (const AddedRow& row : rows) add(row.session, row.offset, row.entry);
}

void ChunkIndex::forget_ids(SessionNumber session, const std::vector<Offset>& offsets) {
    const std::lock_guard lock(mutex_);
    const auto it = sessions_.find(session.value);
    if (it == sessions_.end()) return;
    Session& found = it->second;
    for (const Offset offset : offsets) {
        if (offset < found.first) continue;  // in the table by now
        const std::size_t at = offset.value - found.first.value;
        if (at < found.entries.size()) found.entries[at].fingerprint = 0;
    }
}

std::size_t ChunkIndex::size() const {
    const std::lock_guard lock(mutex_);
    return size_;
}

void ChunkIndex::clear() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
    newest_row_ = 0;
    size_ = 0;
}

void ChunkIndex::catch_up(Db& db) {
    const std::lock_guard lock(mutex_);
    if (newest_row_ == 0) {
        newest_row_ = static_cast<std::uint64_t>(
            db.number("SELECT value FROM meta WHERE key = 'indexed_through'"));
    }
    Statement select(db,
                     "SELECT row, session, offset, bits, client_id FROM event WHERE row > ?1"
                     " ORDER BY row");
    select.bind(1, newest_row_);
    while (select.next()) {
        const SessionNumber session{select.number(1)};
        const Offset offset{select.number(2)};
        const auto it = sessions_.find(session.value);
        if (it != sessions_.end() &&
            offset.value != it->second.first.value + it->second.entries.size()) {
            fail_corrupt(db.path(), "a session's offsets have a gap");
        }
        add(session, offset, entry_of(select.number(0), select.number(3), select.bytes(4)));
    }
}

// ---- draining ----------------------------------------------------------------------------------

ChunkDrain::ChunkDrain(Db& db, ChunkIndex& index)
    : index_(index),
      table_(db),
      set_indexed_through_(
          db, "INSERT OR REPLACE INTO meta (key, value) VALUES ('indexed_through', ?1)") {}

void ChunkDrain::freeze() {
    // The writer's thread is the only one that changes the index, so it may look without the lock.
    frozen_.reserve(index_.sessions_.size());
    for (const auto& [number, session] : index_.sessions_) frozen_.push_back(number);
    std::ranges::sort(frozen_);
    frozen_through_ = index_.newest_row_;
    place_ = committed_place_ = {};
}

void ChunkDrain::run(std::size_t rows_added) {
    if (frozen_.empty()) {
        if (index_.size_ < index_.pending_rows_) return;
        freeze();
    }
    const std::size_t share = std::max(rows_added, kDrainRowsMin);
    std::size_t done = 0;
    while (done < share && place_.session < frozen_.size()) done += drain_chunk();
    if (place_.session == frozen_.size()) set_indexed_through_.bind(1, frozen_through_).run();
}

std::size_t ChunkDrain::drain_chunk() {
    const std::uint64_t number = frozen_[place_.session];
    const ChunkIndex::Session& session = index_.sessions_.at(number);
    Offset offset = place_.offset ? place_.offset : session.first;
    const std::uint64_t chunk_number = chunk_of(offset);
    Chunk chunk = offset == first_of_chunk(chunk_number) ? Chunk{.chunk = chunk_number}
                                                         : table_.load({number}, chunk_number);
    // Less is no damage: a drain that the last stop cut short is done again.
    if (offset > chunk.first().plus(chunk.count)) {
        fail_corrupt(set_indexed_through_.db().path(), "the index has a gap");
    }
    std::size_t written = 0;
    const auto entry_at = [&](Offset at) {
        return session.entries.begin() +
               static_cast<std::ptrdiff_t>(at.value - session.first.value);
    };
    auto it = entry_at(offset);
    for (; it != session.entries.end() && it->row <= frozen_through_ &&
           chunk_of(offset) == chunk_number;
         ++it) {
        chunk.put(offset, *it);
        offset = offset.next();
        ++written;
    }
    if (written > 0) table_.store({number}, chunk);
    const bool session_done = it == session.entries.end() || it->row > frozen_through_;
    place_ = session_done ? Place{place_.session + 1, {}} : Place{place_.session, offset};
    return written;
}

void ChunkDrain::committed() {
    if (frozen_.empty()) return;
    const std::lock_guard lock(index_.mutex_);
    for (std::size_t i = committed_place_.session; i < place_.session; ++i) {
        const auto it = index_.sessions_.find(frozen_[i]);
        std::vector<IndexEntry>& entries = it->second.entries;
        const auto kept = std::ranges::upper_bound(entries, frozen_through_, {}, &IndexEntry::row);
        const auto drained = static_cast<std::size_t>(kept - entries.begin());
        index_.size_ -= drained;
        it->second.first = it->second.first.plus(drained);
        entries.erase(entries.begin(), kept);
        if (entries.empty()) index_.sessions_.erase(it);
    }
    committed_place_ = place_;
    if (place_.session == frozen_.size()) frozen_.clear();
}

void ChunkDrain::rolled_back() {
    place_ = committed_place_;
}

// ---- the table ---------------------------------------------------------------------------------

ChunkTable::ChunkTable(Db& db)
    : select_(db,
              "SELECT chunk, rows, visible, lasting, ids FROM chunk"
              " WHERE session = ?1 AND chunk = ?2"),
      select_last_(db,
                   "SELECT chunk, rows, visible, lasting, ids FROM chunk"
                   " WHERE session = ?1 ORDER BY chunk DESC LIMIT 1") {}

Chunk ChunkTable::decode(Statement& row) {
    auto chunk =
        decode_chunk(row.number(0), row.bytes(1), row.number(2), row.number(3), row.bytes(4));
    if (!chunk) fail_corrupt(row.db().path(), "a row of the index is damaged");
    return *chunk;
}

Chunk ChunkTable::load(SessionNumber session, std::uint64_t number) {
    select_.bind(1, session.value).bind(2, number);
    if (!select_.next()) return Chunk{.chunk = number};
    const ResetLater reset(select_);
    return decode(select_);
}

void ChunkTable::store(SessionNumber session, const Chunk& chunk) {
    if (!replace_) {
        replace_.emplace(select_.db(),
                         "INSERT OR REPLACE INTO chunk (session, chunk, rows, visible, lasting,"
                         " ids) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    }
    const ChunkColumns columns = encode_chunk(chunk);
    replace_->bind(1, session.value).bind(2, chunk.chunk).bind_blob(3, columns.rows);
    replace_->bind(4, columns.visible).bind(5, columns.lasting);
    columns.ids.empty() ? replace_->bind_null(6) : replace_->bind_blob(6, columns.ids);
    replace_->run();
}

std::optional<Chunk> ChunkTable::last(SessionNumber session) {
    select_last_.bind(1, session.value);
    if (!select_last_.next()) return std::nullopt;
    const ResetLater reset(select_last_);
    return decode(select_last_);
}

}  // namespace chartroom::storage
