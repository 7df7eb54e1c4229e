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
      add_subject_(db,
                   "INSERT OR IGNORE INTO subject (subject, session, first) VALUES (?1, ?2, ?3)"),
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
    note_subjects(group, state);
    touch(number, state);
}

void SessionTable::touch(SessionNumber number, State& state) {
    if (!state.touched) touched_.push_back(number);
    state.touched = true;
}

// Nearly always the subject is the one before: then it is in the table.
void SessionTable::note_subjects(const Group& group, State& state) {
    for (const EventPtr& event : group.events) {
        const std::uint64_t subject = event->subject.number;
        if (subject == 0 || subject == state.subject) continue;
        add_subject_.bind(1, subject).bind(2, group.session.value);
        add_subject_.bind(3, event->offset.value).run();
        state.subject = subject;
    }
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

// ---- erasing -----------------------------------------------------------------------------------

void SessionTable::erase(SessionNumber number) {
    State& state = states_.at(number.value);
    touch(number, state);
    state.erased = state.erasing = true;
    Statement set(rows_.db(), "UPDATE session SET erased = 1 WHERE number = ?1");
    set.bind(1, number.value).run();
}

bool SessionTable::forget_ids(const std::string& prefix) {
    Statement select(rows_.db(),
                     "SELECT id, number, erased FROM session WHERE id >= ?1 ORDER BY id");
    select.bind_text(1, prefix);
    std::vector<std::uint64_t> numbers;
    for (; select.next() && select.bytes(0).starts_with(prefix);) {
        numbers.push_back(select.number(1));
        if (select.number(2) != 0) continue;
        select.reset();
        return false;
    }
    select.reset();
    Statement set(rows_.db(), "UPDATE session SET id = 'erased/' || number WHERE number = ?1");
    for (const std::uint64_t number : numbers) set.bind(1, number).run();
    return true;
}

std::vector<SessionNumber> SessionTable::sessions_of(std::uint64_t subject) {
    Statement select(rows_.db(), "SELECT session FROM subject WHERE subject = ?1");
    select.bind(1, subject);
    std::vector<SessionNumber> numbers;
    while (select.next()) numbers.push_back({select.number(0)});
    return numbers;
}

Offset SessionTable::first_of(std::uint64_t subject, SessionNumber session) {
    Statement select(rows_.db(), "SELECT first FROM subject WHERE subject = ?1 AND session = ?2");
    select.bind(1, subject).bind(2, session.value);
    if (!select.next()) return {};
    const ResetLater reset(select);
    return {select.number(0)};
}

void SessionTable::forget_subject(std::uint64_t subject, SessionNumber session) {
    Statement all(rows_.db(), "DELETE FROM subject WHERE session = ?1");
    Statement one(rows_.db(), "DELETE FROM subject WHERE session = ?1 AND subject = ?2");
    Statement& remove = subject == 0 ? all : one;
    remove.bind(1, session.value);
    if (subject != 0) remove.bind(2, subject);
    remove.run();
    const auto state = states_.find(session.value);
    if (state != states_.end()) state->second.subject = 0;
}

std::string SessionTable::id_of(SessionNumber number) {
    Statement select(rows_.db(), "SELECT id FROM session WHERE number = ?1");
    select.bind(1, number.value);
    if (!select.next()) fail_corrupt(rows_.db().path(), "a number is no session's");
    const ResetLater reset(select);
    return std::string(select.bytes(0));
}

StoredRow SessionTable::row_at(SessionNumber session, Offset offset) {
    const std::uint64_t row = heads_.row_of(session, offset);
    if (row == 0) fail_corrupt(rows_.db().path(), "the index has a gap");
    return rows_.one(row);
}

void SessionTable::committed() {
    for (const SessionNumber number : touched_) {
        State& state = states_.at(number.value);
        state.head = state.next;
        state.touched = state.erasing = false;
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
        state.subject = 0;
        if (state.erasing) state.erased = false;
        state.touched = state.erasing = false;
    }
    touched_.clear();
}

}  // namespace chartroom::storage
