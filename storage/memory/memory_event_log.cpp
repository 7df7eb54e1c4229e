#include "storage/memory/memory_event_log.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "storage/api/chain.hpp"
#include "storage/api/group_shape.hpp"
#include "storage/api/page_builder.hpp"

namespace chartroom::storage {
namespace {

Page read_page(const std::vector<EventPtr>& events, const ReadRequest& request) {
    const Range range = range_of(request, Offset{events.size()});
    PageBuilder page(request, range);
    const bool forward = request.direction == Direction::forward;
    const std::uint64_t rows = range.last >= range.first ? range.last - range.first + 1 : 0;
    for (std::uint64_t i = 0; i < rows; ++i) {
        const std::uint64_t offset = forward ? range.first + i : range.last - i;
        const EventPtr& event = events[offset - 1];
        if (matches(request, {event->offset, event->kind, event->cls, event->cause}) &&
            !page.add({offset}, event)) {
            break;
        }
        if (!page.passed({offset})) break;
    }
    return page.take();
}

SessionInfo info_of(SessionNumber number, const SessionId& id, const std::vector<EventPtr>& events,
                    bool erased) {
    return {.id = id,
            .number = number,
            .head = {events.size()},
            .created_at_us = events.front()->at_us,
            .last_at_us = events.back()->at_us,
            .erased = erased};
}

}  // namespace

MemoryDisk::MemoryDisk(base::Random& random) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    epoch_ = {base::to_hex(bytes)};
    random.fill(seed_key_);
}

MemoryEventLog::MemoryEventLog(MemoryDisk& disk, base::Random& random, MemoryPace pace)
    : disk_(disk), names_(disk, random), pace_(pace) {
    const std::lock_guard lock(disk_.mutex_);
    owner_epoch_ = {++disk_.owner_epoch_};
    next_session_ = {disk_.sessions_.empty() ? 1 : disk_.sessions_.rbegin()->first.value + 1};
}

MemoryEventLog::~MemoryEventLog() {
    while (!writes_.empty()) run_write();
    while (!reads_.empty()) run_read(0);
}

// ---- pace --------------------------------------------------------------------------------------

template <typename Work, typename T>
base::Task MemoryEventLog::job(Executor& on, Done<T> done, Work work) {
    return [this, &on, done = std::move(done), work = std::move(work)]() mutable {
        std::unique_lock lock(disk_.mutex_);
        T result = work();
        lock.unlock();
        if (crashed_) return;
        on.post([done = std::move(done), result = std::move(result)]() mutable {
            done(std::move(result));
        });
    };
}

template <typename Work, typename T>
void MemoryEventLog::write(Executor& on, Done<T> done, Work work) {
    if (crashed_) return;
    base::Task task = job(on, std::move(done), std::move(work));
    if (pace_ == MemoryPace::immediate) return task();
    writes_.push_back(std::move(task));
}

template <typename Work, typename T>
void MemoryEventLog::look(Executor& on, Done<T> done, Work work) {
    if (crashed_) return;
    base::Task task = job(on, std::move(done), std::move(work));
    if (pace_ == MemoryPace::immediate) return task();
    reads_.push_back(std::move(task));
}

void MemoryEventLog::run_write() {
    CHECK(!writes_.empty());
    base::Task task = std::move(writes_.front());
    writes_.pop_front();
    task();
}

void MemoryEventLog::run_read(std::size_t index) {
    CHECK(index < reads_.size());
    const auto at = reads_.begin() + static_cast<std::ptrdiff_t>(index);
    base::Task task = std::move(*at);
    reads_.erase(at);
    task();
}

void MemoryEventLog::crash(std::size_t kept) {
    CHECK(kept <= writes_.size());
    crashed_ = true;
    for (std::size_t i = 0; i < kept; ++i) run_write();
    writes_.clear();
    reads_.clear();
}

void MemoryEventLog::fail_next(MemoryFault fault, std::size_t times) {
    const std::lock_guard lock(disk_.mutex_);
    faults_.insert(faults_.end(), times, fault);
}

MemoryFault MemoryEventLog::take_fault() {
    if (faults_.empty()) return MemoryFault::none;
    const MemoryFault fault = faults_.front();
    faults_.pop_front();
    return fault;
}

// ---- writing -----------------------------------------------------------------------------------

void MemoryEventLog::acquire(SessionId session, Executor& on, Done<Result<Acquired>> done) {
    write(on, std::move(done),
          [this, id = std::move(session)]() -> Result<Acquired> { return do_acquire(id); });
}

Result<Acquired> MemoryEventLog::do_acquire(const SessionId& id) {
    Acquired acquired{.owner_epoch = owner_epoch_, .first = {1}};
    if (const auto it = disk_.numbers_.find(id.value); it != disk_.numbers_.end()) {
        const Session& session = disk_.sessions_.at(it->second);
        if (session.erased) return base::fail(base::Code::erased, "the session was erased");
        acquired.number = it->second;
        acquired.head = session.head();
        acquired.head_hash = session.groups.back().hash;
        acquired.unfinished = session.unfinished;
        for (const auto& [plugin, state] : session.states) {
            const EventPtr& row = session.events.at(state.row.value - 1);
            acquired.states.push_back({plugin, state.row, row->payload});
        }
        acquired.erased_from = session.erased_from;
        acquired.erased_by = session.erased_by;
        acquired.outbox = session.outbox;
        for (const auto& [source, offset] : session.delivered) {
            acquired.delivered.push_back({source, offset});
        }
        return acquired;
    }
    const auto [it, fresh] = reserved_.try_emplace(id, next_session_);
    if (fresh) {
        reserved_ids_[next_session_] = id;
        ++next_session_.value;
    }
    acquired.number = it->second;
    return acquired;
}

void MemoryEventLog::intern(std::vector<NameRequest> names, Executor& on,
                            Done<Result<std::vector<Interned>>> done) {
    write(on, std::move(done), [this, names = std::move(names)]() -> Result<std::vector<Interned>> {
        std::vector<Interned> interned;
        interned.reserve(names.size());
        for (const NameRequest& name : names) interned.push_back(names_.intern(name));
        return interned;
    });
}

void MemoryEventLog::append(std::vector<Group> groups, Executor& on,
                            Done<std::vector<AppendAnswer>> done) {
    for (const Group& group : groups) check_shape(group);
    write(on, std::move(done), [this, groups = std::move(groups)] { return do_append(groups); });
}

std::vector<AppendAnswer> MemoryEventLog::do_append(const std::vector<Group>& groups) {
    const MemoryFault fault = take_fault();
    std::vector<AppendAnswer> answers(groups.size());
    if (fault == MemoryFault::unavailable || fault == MemoryFault::unknown_not_written) {
        const bool unavailable = fault == MemoryFault::unavailable;
        const std::string reason = "a fault was asked for";
        if (unavailable) health_ = {.writable = false, .reason = reason};
        stats_.append_failures += groups.size();
        const AppendStatus status = unavailable ? AppendStatus::unavailable : AppendStatus::unknown;
        answers.assign(groups.size(), {status, reason});
        return answers;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        answers[i].status =
            i == 0 && fault == MemoryFault::conflict ? AppendStatus::conflict : judge(groups[i]);
        if (answers[i].status == AppendStatus::ok) commit(groups[i]);
    }
    ++stats_.commits;
    health_ = {};
    if (fault == MemoryFault::unknown_written) {
        answers.assign(groups.size(), {AppendStatus::unknown, "a fault was asked for"});
    }
    return answers;
}

AppendStatus MemoryEventLog::judge(const Group& group) const {
    // The disk's epoch is above ours once another store was opened on it.
    if (group.owner_epoch.value != disk_.owner_epoch_) return AppendStatus::fenced;
    const Session* session = find(group.session);
    if (session == nullptr) {
        const bool known = reserved_ids_.contains(group.session);
        return known && !group.expected_head ? AppendStatus::ok : AppendStatus::conflict;
    }
    if (session->erased) return AppendStatus::erased;
    if (session->head() == group.expected_head) return AppendStatus::ok;
    const Offset last = group.expected_head.plus(group.events.size());
    const auto mark =
        std::ranges::lower_bound(session->groups, last, {}, &MemoryDisk::GroupMark::last);
    const bool same =
        mark != session->groups.end() && mark->last == last && mark->hash == group.hash;
    return same ? AppendStatus::duplicate : AppendStatus::conflict;
}

void MemoryEventLog::commit(const Group& group) {
    if (const auto it = reserved_ids_.find(group.session); it != reserved_ids_.end()) {
        disk_.sessions_[group.session].id = it->second;
        disk_.numbers_[it->second.value] = group.session;
        reserved_.erase(it->second);
        reserved_ids_.erase(it);
    }
    Session& session = disk_.sessions_.at(group.session);
    session.events.insert(session.events.end(), group.events.begin(), group.events.end());
    session.groups.push_back({session.head(), group.hash});
    ride_along(session, group);
    names_.save_used_by(group);
    ++stats_.groups;
    stats_.events += group.events.size();
}

void MemoryEventLog::ride_along(Session& session, const Group& group) {
    session.unfinished.insert(session.unfinished.end(), group.turns_left_open.begin(),
                              group.turns_left_open.end());
    for (const auto& ended : group.turns_ended) {
        std::erase_if(session.unfinished, [&](const Acquired::Unfinished& turn) {
            return turn.inbound == ended.inbound && turn.plugin == ended.plugin;
        });
    }
    std::ranges::stable_sort(session.unfinished, {}, &Acquired::Unfinished::inbound);
    for (const auto& state : group.states) session.states[state.plugin] = state;
    session.outbox.insert(session.outbox.end(), group.outbox.begin(), group.outbox.end());
    for (const EventPtr& event : group.events) {
        if (event->source.session.value == 0) continue;
        Offset& mark = session.delivered[event->source.session];
        mark = std::max(mark, event->source.offset);
        if (const auto it = disk_.sessions_.find(event->source.session);
            it != disk_.sessions_.end()) {
            std::erase(it->second.outbox, event->source.offset);
        }
    }
}

void MemoryEventLog::erase(Erasure erasure, Executor& on, Done<AppendAnswer> done) {
    check_shape(erasure.note);
    write(on, std::move(done), [this, erasure = std::move(erasure)] { return do_erase(erasure); });
}

void MemoryEventLog::begin_person(std::string party, std::string reason, std::int64_t at_us,
                                  Executor& on, Done<Result<PersonErasure>> done) {
    write(on, std::move(done), [this, party = std::move(party), reason = std::move(reason), at_us] {
        return do_begin_person(party, reason, at_us);
    });
}

void MemoryEventLog::sessions_of(std::uint64_t subject, Executor& on,
                                 Done<Result<std::vector<SessionId>>> done) {
    write(on, std::move(done),
          [this, subject]() -> Result<std::vector<SessionId>> { return do_sessions_of(subject); });
}

void MemoryEventLog::finish_person(PersonErasure person, std::string own_prefix, Executor& on,
                                   Done<Result<void>> done) {
    write(on, std::move(done), [this, person, prefix = std::move(own_prefix)] {
        return do_finish_person(person, prefix);
    });
}

void MemoryEventLog::quarantine_add(std::uint64_t build, std::string key, Executor& on,
                                    Done<Result<std::uint64_t>> done) {
    write(on, std::move(done), [this, build, key = std::move(key)]() -> Result<std::uint64_t> {
        return ++disk_.quarantine_[{build, key}];
    });
}

// ---- reading -----------------------------------------------------------------------------------

const MemoryDisk::Session* MemoryEventLog::find(SessionNumber number) const {
    const auto it = disk_.sessions_.find(number);
    return it == disk_.sessions_.end() ? nullptr : &it->second;
}

void MemoryEventLog::read(ReadRequest request, Executor& on, Done<Result<Page>> done) {
    CHECK(request.rows_max > 0);
    look(on, std::move(done), [this, request]() -> Result<Page> {
        const Session* session = find(request.session);
        if (session == nullptr) return base::fail(base::Code::not_found, "no such session");
        return read_page(session->events, request);
    });
}

void MemoryEventLog::name_of(NameSpace space, std::uint64_t number, Executor& on,
                             Done<Result<std::string>> done) {
    look(on, std::move(done), [this, space, number]() -> Result<std::string> {
        const auto* name = names_.find(space, number);
        if (name == nullptr) return base::fail(base::Code::not_found, "no such name");
        return name->text;
    });
}

void MemoryEventLog::find_session(SessionId session, Executor& on, Done<Result<SessionInfo>> done) {
    look(on, std::move(done), [this, id = std::move(session)]() -> Result<SessionInfo> {
        const auto it = disk_.numbers_.find(id.value);
        if (it == disk_.numbers_.end()) {
            return base::fail(base::Code::not_found, "no such session");
        }
        const Session& found = disk_.sessions_.at(it->second);
        return info_of(it->second, id, found.events, found.erased);
    });
}

void MemoryEventLog::sessions(std::string prefix, std::string after, std::size_t limit,
                              Executor& on, Done<Result<SessionPage>> done) {
    auto work = [this, prefix = std::move(prefix), after = std::move(after),
                 limit]() -> Result<SessionPage> {
        SessionPage page;
        auto it =
            after < prefix ? disk_.numbers_.lower_bound(prefix) : disk_.numbers_.upper_bound(after);
        for (; it != disk_.numbers_.end() && it->first.starts_with(prefix); ++it) {
            if (page.sessions.size() == limit) {
                page.more = true;
                break;
            }
            const Session& session = disk_.sessions_.at(it->second);
            page.sessions.push_back(
                info_of(it->second, session.id, session.events, session.erased));
        }
        return page;
    };
    look(on, std::move(done), std::move(work));
}

void MemoryEventLog::find_client_id(SessionNumber session, std::uint64_t actor,
                                    std::string client_id, Offset since, Executor& on,
                                    Done<Result<std::optional<ClientIdHit>>> done) {
    auto work = [this, session, actor, client_id = std::move(client_id),
                 since]() -> Result<std::optional<ClientIdHit>> {
        const Session* found = find(session);
        if (found == nullptr) return base::fail(base::Code::not_found, "no such session");
        for (std::size_t i = since.value; i < found->events.size(); ++i) {
            const EventPtr& event = found->events[i];
            if (event->kind == events::Kind::in && event->client_id == client_id &&
                (actor == 0 || event->actor.number == actor)) {
                return ClientIdHit{event->offset, event};
            }
        }
        return std::nullopt;
    };
    look(on, std::move(done), std::move(work));
}

void MemoryEventLog::unfinished(Executor& on, Done<Result<std::vector<SessionId>>> done) {
    look(on, std::move(done), [this]() -> Result<std::vector<SessionId>> {
        std::vector<SessionId> ids;
        for (const auto& [number, session] : disk_.sessions_) {
            if (!session.unfinished.empty() || !session.outbox.empty()) ids.push_back(session.id);
        }
        return ids;
    });
}

void MemoryEventLog::verify(SessionId session, Executor& on, Done<Result<VerifyReport>> done) {
    look(on, std::move(done), [this, id = std::move(session)] { return do_verify(id); });
}

Result<VerifyReport> MemoryEventLog::do_verify(const SessionId& id) const {
    const auto it = disk_.numbers_.find(id.value);
    if (it == disk_.numbers_.end()) return base::fail(base::Code::not_found, "no such session");
    const Session& session = disk_.sessions_.at(it->second);
    const SecretOf secret_of = secrets();
    VerifyReport report;
    Digest previous{};
    std::size_t begin = 0;
    for (const auto& mark : session.groups) {
        std::vector<ChainedRow> rows;
        for (std::size_t i = begin; i < mark.last.value; ++i) {
            const events::Event& event = *session.events[i];
            rows.push_back({encode_header(it->second, event),
                            event.erased ? session.digests.at(event.offset)
                                         : row_digest(event, secret_of(event.subject.number))});
        }
        if (chain_step(previous, rows) != mark.hash) {
            report.state = VerifyState::broken;
            report.first_bad = mark.last;
            report.problem = "the group's hash is not that of its rows";
            return report;
        }
        previous = mark.hash;
        begin = mark.last.value;
        ++report.groups;
        report.events = begin;
    }
    return report;
}

void MemoryEventLog::quarantine_list(
    Executor& on, Done<Result<std::vector<std::pair<std::string, std::uint64_t>>>> done) {
    auto work = [this]() -> Result<std::vector<std::pair<std::string, std::uint64_t>>> {
        std::vector<std::pair<std::string, std::uint64_t>> list;
        for (const auto& [entry, count] : disk_.quarantine_) list.emplace_back(entry.second, count);
        return list;
    };
    look(on, std::move(done), std::move(work));
}

void MemoryEventLog::erasures(Executor& on, Done<Result<std::vector<LedgerRow>>> done) {
    look(on, std::move(done), [this]() -> Result<std::vector<LedgerRow>> { return disk_.ledger_; });
}

Epoch MemoryEventLog::epoch() const {
    return disk_.epoch_;
}
base::Secret MemoryEventLog::seed_key() const {
    return disk_.seed_key_;
}

Health MemoryEventLog::health() const {
    const std::lock_guard lock(disk_.mutex_);
    return health_;
}

StoreStats MemoryEventLog::stats() const {
    const std::lock_guard lock(disk_.mutex_);
    return stats_;
}

}  // namespace chartroom::storage
