// MemoryEventLog: erasing. All of it in one call, since nothing here takes long.
#include <algorithm>

#include "storage/memory/memory_event_log.hpp"

namespace chartroom::storage {
namespace {

bool goes(const events::Event& row, const Erasure& erasure, bool from_first_on) {
    if (row.erased) return false;
    if (erasure.subject == 0 || row.subject.number == erasure.subject) return true;
    return from_first_on && row.kind == events::Kind::note && row.type.number == erasure.state_type;
}

}  // namespace

SecretOf MemoryEventLog::secrets() const {
    static constexpr base::Secret kNone{};
    return [this](std::uint64_t subject) -> const base::Secret& {
        const auto* name = names_.find(NameSpace::party, subject);
        return name == nullptr ? kNone : name->secret;
    };
}

AppendAnswer MemoryEventLog::do_erase(const Erasure& erasure) {
    const AppendAnswer answer = do_append({erasure.note}).front();
    const auto found = disk_.sessions_.find(erasure.note.session);
    // What a fault wrote and told nobody of has begun all the same.
    const bool maybe = answer.status == AppendStatus::ok || answer.status == AppendStatus::unknown;
    if (!maybe || found == disk_.sessions_.end()) return answer;
    Session& session = found->second;
    if (session.groups.back().hash != erasure.note.hash) return answer;
    disk_.ledger_.push_back({.number = disk_.ledger_.size() + 1,
                             .at_us = erasure.note.events.back()->at_us,
                             .session = erasure.note.session,
                             .subject = erasure.subject,
                             .part_of = erasure.part_of,
                             .complete = true,
                             .reason = erasure.reason});
    erase_rows(session, erasure);
    if (erasure.subject == 0) {
        session.erased = true;
        if (erasure.own != 0 && !has_rows_of(erasure.own)) erase_name(erasure.own);
    }
    return answer;
}

void MemoryEventLog::erase_rows(Session& session, const Erasure& erasure) {
    Offset first;
    for (EventPtr& row : session.events) {
        if (row->offset > erasure.note.expected_head) break;
        if (!goes(*row, erasure, first.value != 0)) continue;
        if (!first) first = row->offset;
        erase_row(session, row);
    }
    if (first) {
        const bool earlier = session.erased_from && session.erased_from < first;
        session.erased_from = earlier ? session.erased_from : first;
        session.erased_by = erasure.note.events.back()->offset;
    }
    session.states.clear();
    const auto gone = [&](Offset row) { return session.events[row.value - 1]->erased; };
    std::erase_if(session.outbox, gone);
    std::erase_if(session.unfinished, [&](const auto& turn) { return gone(turn.inbound); });
}

void MemoryEventLog::erase_row(Session& session, EventPtr& row) {
    static constexpr base::Secret kNoSubject{};
    const std::uint64_t subject = row->subject.number;
    session.digests[row->offset] = row_digest(*row, subject == 0 ? kNoSubject : secrets()(subject));
    auto erased = std::make_shared<events::Event>(*row);
    erased->erased = true;
    erased->payload.clear();
    erased->client_id.clear();
    row = std::move(erased);
}

// Rows here carry their names' texts with them.
void MemoryEventLog::erase_name(std::uint64_t party) {
    names_.erase(party);
    for (auto& [number, session] : disk_.sessions_) {
        for (EventPtr& row : session.events) {
            if (row->actor.number != party && row->subject.number != party) continue;
            auto nameless = std::make_shared<events::Event>(*row);
            if (row->actor.number == party) nameless->actor.text.clear();
            if (row->subject.number == party) nameless->subject.text.clear();
            row = std::move(nameless);
        }
    }
}

bool MemoryEventLog::has_rows_of(const Session& session, std::uint64_t subject) {
    return std::ranges::any_of(session.events, [&](const EventPtr& row) {
        return !row->erased && row->subject.number == subject;
    });
}

bool MemoryEventLog::has_rows_of(std::uint64_t subject) const {
    return std::ranges::any_of(
        disk_.sessions_, [&](const auto& entry) { return has_rows_of(entry.second, subject); });
}

// ---- persons -----------------------------------------------------------------------------------

Result<PersonErasure> MemoryEventLog::do_begin_person(const std::string& party,
                                                      const std::string& reason,
                                                      std::int64_t at_us) {
    const auto number = disk_.name_numbers_.find({NameSpace::party, party});
    if (number == disk_.name_numbers_.end()) {
        return base::fail(base::Code::not_found, "nobody of that name is in the log");
    }
    for (const LedgerRow& row : disk_.ledger_) {
        const bool same = row.session.value == 0 && row.subject == number->second;
        if (same && !row.complete) return PersonErasure{row.number, row.subject};
    }
    disk_.ledger_.push_back({.number = disk_.ledger_.size() + 1,
                             .at_us = at_us,
                             .session = {},
                             .subject = number->second,
                             .part_of = 0,
                             .complete = false,
                             .reason = reason});
    return PersonErasure{disk_.ledger_.back().number, number->second};
}

std::vector<SessionId> MemoryEventLog::do_sessions_of(std::uint64_t subject) const {
    std::vector<SessionId> ids;
    for (const auto& [number, session] : disk_.sessions_) {
        if (has_rows_of(session, subject)) ids.push_back(session.id);
    }
    return ids;
}

Result<void> MemoryEventLog::do_finish_person(const PersonErasure& person,
                                              const std::string& own_prefix) {
    LedgerRow* row = person.number >= 1 && person.number <= disk_.ledger_.size()
                         ? &disk_.ledger_[person.number - 1]
                         : nullptr;
    const bool begun =
        row != nullptr && row->subject == person.party && !row->complete && row->session.value == 0;
    if (!begun) return base::fail(base::Code::not_found, "no such erasure has begun");
    if (has_rows_of(person.party)) {
        return base::fail(base::Code::conflict, "some sessions still have rows of the person");
    }
    std::vector<std::pair<std::string, SessionNumber>> own;
    for (auto it = disk_.numbers_.lower_bound(own_prefix);
         it != disk_.numbers_.end() && it->first.starts_with(own_prefix); ++it) {
        if (!disk_.sessions_.at(it->second).erased) {
            return base::fail(base::Code::conflict, "a session of the person is not erased");
        }
        own.emplace_back(*it);
    }
    for (const auto& [id, number] : own) {
        SessionId& forgotten = disk_.sessions_.at(number).id;
        forgotten = {"erased/" + std::to_string(number.value)};
        disk_.numbers_.erase(id);
        disk_.numbers_[forgotten.value] = number;
    }
    erase_name(person.party);
    row->complete = true;
    return {};
}

}  // namespace chartroom::storage
