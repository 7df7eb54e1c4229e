#include "storage/sqlite/erase_jobs.hpp"

#include "core/base/log.hpp"
#include "storage/api/group_shape.hpp"
#include "storage/sqlite/write_jobs.hpp"

namespace chartroom::storage {
namespace {

using When = EraseQueue::When;

template <typename T>
void post(Executor& on, Done<T> done, T value) {
    on.post(
        [done = std::move(done), value = std::move(value)]() mutable { done(std::move(value)); });
}

constexpr const char* kGoesOn = "the log was closed; the erasure goes on when it is opened again";

}  // namespace

// ---- one session -------------------------------------------------------------------------------

EraseJob::EraseJob(Writer& writer, Erasure erasure, Executor& on, Done<AppendAnswer> done)
    : writer_(writer), erasure_(std::move(erasure)), on_(on), done_(std::move(done)) {
    check_shape(erasure_.note);
}

void EraseJob::run(WriteTables& tables) {
    answer_.status = judge_group(tables, erasure_.note);
    if (answer_.status != AppendStatus::ok) return;
    insert_group(tables, erasure_.note);
    number_ = tables.eraser.begin(erasure_);
}

void EraseJob::settle(const Outcome& outcome) {
    if (outcome.state != Outcome::State::committed) {
        const bool known = outcome.state == Outcome::State::not_written;
        answer_ = {known ? AppendStatus::unavailable : AppendStatus::unknown,
                   outcome.error.message};
        // Written after all: then it is there for the next step.
        if (!known) writer_.erasing().set(When::later);
        return post(on_, std::move(done_), std::move(answer_));
    }
    if (number_ == 0) return post(on_, std::move(done_), std::move(answer_));
    EraseQueue& queue = writer_.erasing();
    auto waiter = [&on = on_, done = std::move(done_)](bool through) mutable {
        post(on, std::move(done),
             through ? AppendAnswer{AppendStatus::ok, {}}
                     : AppendAnswer{AppendStatus::unknown, kGoesOn});
    };
    if (erasure_.part_of != 0) {
        queue.wait_for_rows(number_, std::move(waiter));
    } else {
        queue.wait_for_completion(number_, std::move(waiter));
    }
    queue.set(When::soon);
}

void EraseStepJob::run(WriteTables& tables) {
    tables.may_drain = false;  // it would write the fingerprints that this takes away
    step_ = tables.eraser.step();
    number_ = tables.eraser.at();
}

void EraseStepJob::settle(const Outcome& outcome) {
    EraseQueue& queue = writer_.erasing();
    if (outcome.state != Outcome::State::committed) {
        base::log(base::LogLevel::warn, "storage.erasing_waits",
                  {{"reason", outcome.error.message}});
        return queue.set(When::later);
    }
    switch (step_) {
        case Eraser::Step::idle:
            return queue.set(When::idle);
        case Eraser::Step::rows:
            return queue.set(When::soon);
        case Eraser::Step::done:
            queue.rows_done(number_);
            return queue.set(When::soon);
        case Eraser::Step::clean:
            if (!writer_.truncate_wal()) return queue.set(When::later);
            queue.set(When::soon);
            return writer_.submit(std::make_unique<EraseCompleteJob>(writer_));
    }
}

void EraseCompleteJob::settle(const Outcome& outcome) {
    if (outcome.state != Outcome::State::committed) {
        return writer_.erasing().set(When::later);
    }
    for (const std::uint64_t number : numbers_) writer_.erasing().completed(number);
}

// ---- a person ----------------------------------------------------------------------------------

BeginPersonJob::BeginPersonJob(std::string party, std::string reason, std::int64_t at_us,
                               Executor& on, Done<Result<PersonErasure>> done)
    : party_(std::move(party)),
      reason_(std::move(reason)),
      at_us_(at_us),
      on_(on),
      done_(std::move(done)) {}

void BeginPersonJob::run(WriteTables& tables) {
    const auto number = tables.names.find_party(party_);
    if (!number) {
        answer_ = base::fail(base::Code::not_found, "nobody of that name is in the log");
        return;
    }
    answer_ = PersonErasure{tables.eraser.begin_person(*number, at_us_, reason_), *number};
}

void BeginPersonJob::settle(const Outcome& outcome) {
    if (outcome.state != Outcome::State::committed) answer_ = std::unexpected(error_of(outcome));
    post(on_, std::move(done_), std::move(answer_));
}

SessionsOfJob::SessionsOfJob(std::uint64_t subject, Executor& on,
                             Done<Result<std::vector<SessionId>>> done)
    : subject_(subject), on_(on), done_(std::move(done)) {}

void SessionsOfJob::run(WriteTables& tables) {
    for (const SessionNumber number : tables.sessions.sessions_of(subject_)) {
        ids_.push_back({tables.sessions.id_of(number)});
    }
}

void SessionsOfJob::settle(const Outcome& outcome) {
    Result<std::vector<SessionId>> answer = std::move(ids_);
    if (outcome.state != Outcome::State::committed) answer = std::unexpected(error_of(outcome));
    post(on_, std::move(done_), std::move(answer));
}

FinishPersonJob::FinishPersonJob(Writer& writer, PersonErasure person, std::string own_prefix,
                                 Executor& on, Done<Result<void>> done)
    : writer_(writer),
      person_(person),
      own_prefix_(std::move(own_prefix)),
      on_(on),
      done_(std::move(done)) {}

void FinishPersonJob::run(WriteTables& tables) {
    if (!tables.eraser.has_begun(person_)) {
        answer_ = base::fail(base::Code::not_found, "no such erasure has begun");
    } else if (!tables.sessions.sessions_of(person_.party).empty()) {
        answer_ = base::fail(base::Code::conflict, "some sessions still have rows of the person");
    } else if (!tables.sessions.forget_ids(own_prefix_)) {
        answer_ = base::fail(base::Code::conflict, "a session of the person is not erased");
    } else {
        tables.eraser.finish_person(person_);
    }
}

void FinishPersonJob::settle(const Outcome& outcome) {
    if (outcome.state != Outcome::State::committed) answer_ = std::unexpected(error_of(outcome));
    if (!answer_) return post(on_, std::move(done_), std::move(answer_));
    writer_.erasing().wait_for_completion(
        person_.number, [&on = on_, done = std::move(done_)](bool through) mutable {
            post(on, std::move(done),
                 through ? Result<void>{} : base::fail(base::Code::unavailable, kGoesOn));
        });
    writer_.erasing().set(When::soon);
}

}  // namespace chartroom::storage
