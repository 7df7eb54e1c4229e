#include "storage/sqlite/eraser.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "storage/api/chain.hpp"

namespace chartroom::storage {
namespace {

bool goes(const events::Event& row, std::uint64_t subject, std::uint64_t state_type) {
    if (row.erased) return false;
    if (subject == 0 || row.subject.number == subject) return true;
    return row.kind == events::Kind::note && row.type.number == state_type;
}

}  // namespace

Eraser::Eraser(Db& db, ChunkIndex& index, SessionTable& sessions, NameTable& names,
               SmallTables& small)
    : db_(db),
      index_(index),
      sessions_(sessions),
      names_(names),
      small_(small),
      chunks_(db),
      rows_(db),
      open_(db,
            "SELECT number, session, subject, own, state_type, note, next FROM erasure"
            " WHERE state = 0 AND session IS NOT NULL ORDER BY number LIMIT 1"),
      advance_(db, "UPDATE erasure SET next = ?2 WHERE number = ?1"),
      overwrite_(db, "UPDATE event SET bits = ?2, client_id = NULL, payload = NULL WHERE row = ?1"),
      keep_digest_(db, "INSERT INTO digest (row, digest) VALUES (?1, ?2)"),
      secret_(db, "SELECT secret FROM name WHERE space = 2 AND number = ?1"),
      past_(db, "SELECT min(first), max(note) FROM erasure WHERE session = ?1 AND first < note") {}

// ---- the ledger --------------------------------------------------------------------------------

std::uint64_t Eraser::begin(const Erasure& erasure) {
    const SessionNumber session = erasure.note.session;
    const bool whole = erasure.subject == 0;
    // Without a row of the subject there is nothing to look at below the note.
    const Offset end = erasure.note.expected_head.next();
    Offset first = whole ? Offset{1} : sessions_.first_of(erasure.subject, session);
    if (!first) first = end;
    Statement add(db_,
                  "INSERT INTO erasure (at, session, subject, own, part_of, first, note, next,"
                  " state_type, state, reason)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?8, 0, ?9) RETURNING number");
    add.bind_signed(1, erasure.note.events.back()->at_us).bind(2, session.value);
    add.bind_number(3, erasure.subject).bind_number(4, erasure.own);
    add.bind_number(5, erasure.part_of).bind(6, first.value);
    add.bind(7, erasure.note.events.back()->offset.value);
    add.bind_number(8, erasure.state_type).bind_text(9, erasure.reason);
    CHECK(add.next());
    const std::uint64_t number = add.number(0);
    add.run();
    if (whole) {
        sessions_.erase(session);
        small_.forget(session);
    } else {
        small_.forget_states(session);
    }
    return number;
}

std::uint64_t Eraser::begin_person(std::uint64_t party, std::int64_t at_us,
                                   const std::string& reason) {
    Statement find(db_,
                   "SELECT number FROM erasure WHERE state = 0 AND session IS NULL"
                   " AND subject = ?1");
    find.bind(1, party);
    if (find.next()) {
        const ResetLater reset(find);
        return find.number(0);
    }
    Statement add(db_,
                  "INSERT INTO erasure (at, subject, first, note, next, state, reason)"
                  " VALUES (?1, ?2, 0, 0, 0, 0, ?3) RETURNING number");
    add.bind_signed(1, at_us).bind(2, party).bind_text(3, reason);
    CHECK(add.next());
    const std::uint64_t number = add.number(0);
    add.run();
    return number;
}

bool Eraser::has_begun(const PersonErasure& person) {
    Statement find(db_,
                   "SELECT 1 FROM erasure WHERE number = ?1 AND session IS NULL AND subject = ?2"
                   " AND state = 0");
    find.bind(1, person.number).bind(2, person.party);
    const bool found = find.next();
    find.reset();
    return found;
}

void Eraser::finish_person(const PersonErasure& person) {
    names_.erase(person.party);
    Statement set(db_, "UPDATE erasure SET state = 1 WHERE number = ?1");
    set.bind(1, person.number).run();
}

void Eraser::load(SessionNumber session, Acquired& into) {
    past_.bind(1, session.value);
    CHECK(past_.next());
    into.erased_from = {past_.number(0)};
    into.erased_by = {past_.number(1)};
    past_.reset();
}

bool Eraser::has_work() {
    return db_.number(
               "SELECT count(*) FROM erasure WHERE state = 1 OR"
               " (state = 0 AND session IS NOT NULL)") != 0;
}

bool Eraser::next_work(Work& work) {
    if (!open_.next()) return false;
    const ResetLater reset(open_);
    work = {.number = open_.number(0),
            .session = {open_.number(1)},
            .subject = open_.number(2),
            .own = open_.number(3),
            .state_type = open_.number(4),
            .note = {open_.number(5)},
            .next = {open_.number(6)}};
    return true;
}

// ---- the rows ----------------------------------------------------------------------------------

Eraser::Step Eraser::step() {
    Work work;
    if (!next_work(work)) {
        Statement select(db_, "SELECT number FROM erasure WHERE state = 1 ORDER BY number");
        std::vector<std::uint64_t> due;
        while (select.next()) due.push_back(select.number(0));
        if (due.empty()) return Step::idle;
        // The same ones again: only the WAL could not be cut, for a reader.
        if (due != clean_) rewrite_texts();
        clean_ = std::move(due);
        return Step::clean;
    }
    at_ = work.number;
    secrets_.clear();
    Budget budget;
    while (work.next < work.note && !budget.used_up()) erase_chunk(work, budget);
    advance_.bind(1, work.number).bind(2, work.next.value).run();
    if (work.next < work.note) return Step::rows;
    finish(work);
    return Step::done;
}

// The rows of one chunk from work.next on, as far as the budget goes.
void Eraser::erase_chunk(Work& work, Budget& budget) {
    const std::uint64_t number = chunk_of(work.next);
    const Offset end = std::min(first_of_chunk(number + 1), work.note);
    Chunk chunk = chunks_.load(work.session, number);
    const auto pending =
        index_.pending(work.session, work.next.value, end.value - 1, kChunkOffsets, false);
    std::vector<Offset> ids;
    bool in_chunk = false;
    for (; work.next < end && !budget.used_up(); work.next = work.next.next()) {
        const bool held = pending && !pending->entries.empty() && work.next >= pending->from;
        if (!held && (chunk.count == 0 || work.next > chunk.last())) {
            fail_corrupt(db_.path(), "the index has a gap");
        }
        const IndexEntry& entry =
            held ? pending->entries.at(work.next.value - pending->from.value) : chunk.at(work.next);
        const StoredRow row = rows_.one(entry.row);
        ++budget.looks;
        if (!goes(row.event, work.subject, work.state_type)) continue;
        ++budget.rows;
        budget.bytes += row.event.payload.size();
        erase_row(row);
        small_.forget_row(work.session, work.next);
        if (row.event.client_id.empty()) continue;
        ids.push_back(work.next);
        // A drain that is under way may have written rows that memory has as well.
        if (chunk.count == 0 || work.next > chunk.last()) continue;
        chunk.entries.at(work.next.value % kChunkOffsets).fingerprint = 0;
        in_chunk = true;
    }
    if (in_chunk) chunks_.store(work.session, chunk);
    if (!ids.empty()) gone_.emplace_back(work.session, std::move(ids));
}

void Eraser::erase_row(const StoredRow& row) {
    const base::Digest digest = row_digest(row.event, secret_of(row.event.subject.number));
    events::Event erased = row.event;
    erased.erased = true;
    keep_digest_.bind(1, row.row).bind_blob(2, digest).run();
    overwrite_.bind(1, row.row).bind(2, pack_bits(erased)).run();
}

const base::Secret& Eraser::secret_of(std::uint64_t subject) {
    const auto [it, fresh] = secrets_.try_emplace(subject);
    if (!fresh || subject == 0) return it->second;
    secret_.bind(1, subject);
    const bool found = secret_.next();
    const ResetLater reset(secret_);
    const std::string_view bytes = found ? secret_.bytes(0) : std::string_view{};
    if (bytes.size() != it->second.size()) {
        fail_corrupt(db_.path(), "the secret of a name is not 32 bytes");
    }
    std::ranges::copy(bytes, it->second.begin());
    return it->second;
}

void Eraser::finish(const Work& work) {
    sessions_.forget_subject(work.subject, work.session);
    if (work.own != 0 && sessions_.sessions_of(work.own).empty()) names_.erase(work.own);
    Statement set(db_, "UPDATE erasure SET state = 1 WHERE number = ?1");
    set.bind(1, work.number).run();
}

void Eraser::rolled_back() {
    gone_.clear();
    clean_.clear();
}

void Eraser::committed() {
    for (const auto& [session, offsets] : gone_) index_.forget_ids(session, offsets);
    gone_.clear();
}

// ---- the file ----------------------------------------------------------------------------------

// Rows of `event` stay where they are, but texts that are kept in the order of other columns move
// from page to page, and the free part of a page keeps what was there. Emptied tables give their
// pages back, which overwrites them.
void Eraser::rewrite_texts() {
    db_.exec(
        "CREATE TEMP TABLE kept_name AS SELECT * FROM name;"
        "DELETE FROM name;"
        "INSERT INTO name SELECT * FROM kept_name ORDER BY space, number;"
        "DROP TABLE kept_name;"
        "CREATE TEMP TABLE kept_session AS SELECT * FROM session;"
        "DELETE FROM session;"
        "INSERT INTO session SELECT * FROM kept_session ORDER BY number;"
        "DROP TABLE kept_session");
}

std::vector<std::uint64_t> Eraser::complete() {
    Statement set(db_, "UPDATE erasure SET state = 2 WHERE number = ?1");
    for (const std::uint64_t number : clean_) set.bind(1, number).run();
    return std::exchange(clean_, {});
}

}  // namespace chartroom::storage
