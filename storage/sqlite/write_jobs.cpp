#include "storage/sqlite/write_jobs.hpp"

#include "core/base/check.hpp"
#include "storage/api/group_shape.hpp"

namespace chartroom::storage {
namespace {

template <typename T>
void post(Executor& on, Done<T> done, T value) {
    on.post(
        [done = std::move(done), value = std::move(value)]() mutable { done(std::move(value)); });
}

}  // namespace

base::Error error_of(const Outcome& outcome) {
    base::Error error = outcome.error;
    if (error.code != base::Code::corrupt) error.code = base::Code::unavailable;
    return error;
}

// ---- append ------------------------------------------------------------------------------------

AppendJob::AppendJob(Writer& writer, std::vector<Group> groups, Executor& on,
                     Done<std::vector<AppendAnswer>> done)
    : writer_(writer), groups_(std::move(groups)), on_(on), done_(std::move(done)) {
    for (const Group& group : groups_) {
        check_shape(group);
        rows_ += group.events.size();
        for (const EventPtr& event : group.events) bytes_ += event->payload.size();
    }
}

void AppendJob::run(WriteTables& tables) {
    answers_.reserve(groups_.size());
    for (const Group& group : groups_) answers_.push_back(take(tables, group));
}

AppendAnswer AppendJob::take(WriteTables& tables, const Group& group) {
    AppendAnswer answer;
    try {
        answer.status = judge_group(tables, group);
    } catch (const DbFailure& failure) {
        // Damage in one session must not hold up the others.
        if (failure.error().code != base::Code::corrupt) throw;
        return {AppendStatus::unavailable, failure.error().message};
    }
    if (answer.status == AppendStatus::ok) insert_group(tables, group);
    return answer;
}

AppendStatus judge_group(WriteTables& tables, const Group& group) {
    if (group.owner_epoch != tables.owner_epoch) return AppendStatus::fenced;
    const SessionTable::State* state = tables.sessions.find(group.session);
    if (state == nullptr) return AppendStatus::conflict;
    if (state->erased) return AppendStatus::erased;
    if (state->next.offset == group.expected_head) return AppendStatus::ok;
    return tables.sessions.has(group) ? AppendStatus::duplicate : AppendStatus::conflict;
}

void insert_group(WriteTables& tables, const Group& group) {
    tables.names.save_used_by(group);
    for (const EventPtr& event : group.events) {
        const bool last = event == group.events.back();
        const std::uint64_t row =
            tables.rows.insert(group.session, *event, last ? &group.hash : nullptr);
        tables.added.push_back(
            {group.session, event->offset, entry_of(row, pack_bits(*event), event->client_id)});
    }
    tables.sessions.advance(group);
    tables.small.ride_along(group);
}

void AppendJob::settle(const Outcome& outcome) {
    std::size_t groups = 0;
    std::size_t events = 0;
    if (outcome.state == Outcome::State::committed) {
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            if (answers_[i].status != AppendStatus::ok) continue;
            ++groups;
            events += groups_[i].events.size();
        }
    } else {
        const bool known = outcome.state == Outcome::State::not_written;
        answers_.assign(groups_.size(), {known ? AppendStatus::unavailable : AppendStatus::unknown,
                                         outcome.error.message});
    }
    writer_.count(groups, events, outcome.state == Outcome::State::committed ? 0 : groups_.size());
    post(on_, std::move(done_), std::move(answers_));
}

// ---- acquire -----------------------------------------------------------------------------------

AcquireJob::AcquireJob(SessionId session, Executor& on, Done<Result<Acquired>> done)
    : session_(std::move(session)), on_(on), done_(std::move(done)) {}

void AcquireJob::run(WriteTables& tables) {
    Acquired acquired{.owner_epoch = tables.owner_epoch, .first = {1}};
    acquired.number = tables.sessions.number_of(session_);
    const SessionTable::State* state = nullptr;
    try {
        state = tables.sessions.find(acquired.number);
    } catch (const DbFailure& failure) {
        if (failure.error().code != base::Code::corrupt) throw;
        answer_ = std::unexpected(failure.error());  // of this session only
        return;
    }
    CHECK(state != nullptr);
    if (state->erased) {
        answer_ = base::fail(base::Code::erased, "the session was erased");
        return;
    }
    // With what the same transaction has added: it is answered after the commit.
    acquired.head = state->next.offset;
    acquired.head_hash = state->next.hash;
    tables.small.load(acquired.number, acquired);
    for (Acquired::State& last : acquired.states) {
        last.payload = tables.sessions.row_at(acquired.number, last.row).event.payload;
    }
    tables.eraser.load(acquired.number, acquired);
    answer_ = std::move(acquired);
}

void AcquireJob::settle(const Outcome& outcome) {
    if (outcome.state != Outcome::State::committed) {
        answer_ = std::unexpected(error_of(outcome));
    }
    post(on_, std::move(done_), std::move(answer_));
}

// ---- intern ------------------------------------------------------------------------------------

InternJob::InternJob(std::vector<NameRequest> names, Executor& on,
                     Done<Result<std::vector<Interned>>> done)
    : names_(std::move(names)), on_(on), done_(std::move(done)) {}

void InternJob::run(WriteTables& tables) {
    interned_.reserve(names_.size());
    for (const NameRequest& name : names_) interned_.push_back(tables.names.intern(name));
}

void InternJob::settle(const Outcome& outcome) {
    Result<std::vector<Interned>> answer = std::move(interned_);
    if (outcome.state != Outcome::State::committed) answer = std::unexpected(error_of(outcome));
    post(on_, std::move(done_), std::move(answer));
}

// ---- quarantine --------------------------------------------------------------------------------

QuarantineJob::QuarantineJob(std::uint64_t build, std::string key, Executor& on,
                             Done<Result<std::uint64_t>> done)
    : build_(build), key_(std::move(key)), on_(on), done_(std::move(done)) {}

void QuarantineJob::run(WriteTables& tables) {
    tables.names.save(NameSpace::build, build_);
    count_ = tables.small.quarantine(build_, key_);
}

void QuarantineJob::settle(const Outcome& outcome) {
    Result<std::uint64_t> answer = count_;
    if (outcome.state != Outcome::State::committed) answer = std::unexpected(error_of(outcome));
    post(on_, std::move(done_), std::move(answer));
}

}  // namespace chartroom::storage
