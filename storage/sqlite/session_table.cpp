#include "storage/sqlite/session_table.hpp"

#include "core/base/check.hpp"

namespace chartroom::storage {

HeadFinder::Place HeadFinder::head_of(SessionNumber session) {
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    if (const auto pending = index_.pending(session, 1, kAll, 1, true)) {
        return {pending->head, pending->entries.back().row};
    }
    const auto chunk = table_.last(session);
    if (!chunk) return {};
    return {chunk->last(), chunk->at(chunk->last()).row};
}

std::uint64_t HeadFinder::row_of(SessionNumber session, Offset offset) {
    const auto pending = index_.pending(session, offset.value, offset.value, 1, false);
    if (pending && !pending->entries.empty()) return pending->entries.front().row;
    const Chunk chunk = table_.load(session, chunk_of(offset));
    return chunk.count == 0 || offset > chunk.last() ? 0 : chunk.at(offset).row;
}

std::optional<SessionNumber> Reservations::find(const SessionId& id) const {
    const auto it = numbers_.find(id);
    if (it == numbers_.end()) return std::nullopt;
    return it->second;
}

const SessionId* Reservations::find(SessionNumber number) const {
    const auto it = ids_.find(number);
    return it == ids_.end() ? nullptr : &it->second;
}

SessionNumber Reservations::add(const SessionId& id) {
    if (ids_.size() >= kReservedMax) drop(ids_.begin()->first);
    const SessionNumber number{next_++};
    ids_[number] = id;
    numbers_[id] = number;
    return number;
}

void Reservations::drop(SessionNumber number) {
    const auto it = ids_.find(number);
    if (it == ids_.end()) return;
    numbers_.erase(it->second);
    ids_.erase(it);
}

SessionTable::SessionTable(Db& db, const ChunkIndex& index, Reservations& reserved)
    : heads_(db, index),
      rows_(db),
      select_by_id_(db, "SELECT number FROM session WHERE id = ?1"),
      select_by_number_(db, "SELECT erased FROM session WHERE number = ?1"),
      insert_(db, "INSERT INTO session (number, id, created_at) VALUES (?1, ?2, ?3)"),
      reserved_(reserved) {
    reserved_.begin_at(
        static_cast<std::uint64_t>(db.number("SELECT coalesce(max(number), 0) FROM session")) + 1);
}

SessionNumber SessionTable::number_of(const SessionId& id) {
    if (const auto number = reserved_.find(id)) return *number;
    select_by_id_.bind_text(1, id.value);
    if (select_by_id_.next()) {
        const ResetLater reset(select_by_id_);
        return {select_by_id_.number(0)};
    }
    return reserved_.add(id);
}

SessionTable::State* SessionTable::find(SessionNumber number) {
    if (const auto it = states_.find(number.value); it != states_.end()) {
        if (it->second.written || reserved_.find(number) != nullptr) return &it->second;
        states_.erase(it);  // its reservation was taken back
    }
    select_by_number_.bind(1, number.value);
    State state;
    if (select_by_number_.next()) {
        state.written = true;
        state.erased = select_by_number_.number(0) != 0;
        select_by_number_.reset();
        const HeadFinder::Place head = heads_.head_of(number);
        if (!head.offset) fail_corrupt(rows_.db().path(), "a session has no rows");
        state.head = state.next = {head.offset, hash_at(number, head.row, head.offset)};
        reserved_.drop(number);  // written by a commit whose outcome was not known
    } else if (reserved_.find(number) == nullptr) {
        return nullptr;
    }
    return &(states_[number.value] = state);
}

Digest SessionTable::hash_at(SessionNumber session, std::uint64_t row, Offset offset) {
    const StoredRow stored = rows_.one(row);
    if (stored.session != session || stored.event.offset != offset) {
        fail_corrupt(rows_.db().path(), "the index points at the wrong row");
    }
    if (!stored.has_hash) fail_corrupt(rows_.db().path(), "a group has no hash");
    return stored.hash;
}

void SessionTable::advance(const Group& group) {
    const SessionNumber number = group.session;
    State& state = states_.at(number.value);
    if (!state.written && !state.next.offset) {
        const SessionId* id = reserved_.find(number);
        CHECK(id != nullptr);
        insert_.bind(1, number.value).bind_text(2, id->value);
        insert_.bind_signed(3, group.events.front()->at_us).run();
    }
    state.next = {group.expected_head.plus(group.events.size()), group.hash};
    if (!state.touched) touched_.push_back(number);
    state.touched = true;
}

bool SessionTable::has(const Group& group) {
    const Offset last = group.expected_head.plus(group.events.size());
    const State* state = find(group.session);
    if (state == nullptr || last > state->head.offset) return false;
    if (last == state->head.offset) return state->head.hash == group.hash;
    const StoredRow stored = rows_.one(heads_.row_of(group.session, last));
    return stored.session == group.session && stored.event.offset == last && stored.has_hash &&
           stored.hash == group.hash;
}

void SessionTable::committed() {
    for (const SessionNumber number : touched_) {
        State& state = states_.at(number.value);
        state.head = state.next;
        state.touched = false;
        if (!state.written) {
            state.written = true;
            reserved_.drop(number);
        }
    }
    touched_.clear();
    if (states_.size() > kHeadsCached) states_.clear();
}

void SessionTable::rolled_back() {
    for (const SessionNumber number : touched_) {
        State& state = states_.at(number.value);
        state.next = state.head;
        state.touched = false;
    }
    touched_.clear();
}

}  // namespace chartroom::storage
