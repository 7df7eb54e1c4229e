#include "storage/sqlite/writer.hpp"

#include <pthread.h>

#include "core/base/log.hpp"
#include "storage/sqlite/erase_jobs.hpp"

namespace chartroom::storage {

using base::Code;

WriteTables::WriteTables(std::unique_ptr<Db> open_db, const WriterSetup& setup,
                         Reservations& reserved)
    : db(std::move(open_db)),
      owner_epoch(setup.owner_epoch),
      rows(*db),
      sessions(*db, setup.index, reserved),
      names(*db, setup.names, setup.random),
      small(*db),
      eraser(*db, setup.index, sessions, names, small),
      drain(*db, setup.index),
      begin(*db, "BEGIN IMMEDIATE"),
      commit(*db, "COMMIT") {}

Writer::Writer(WriterSetup setup, std::unique_ptr<Db> db) : setup_(std::move(setup)) {
    tables_ = std::make_unique<WriteTables>(std::move(db), setup_, reserved_);
    if (tables_->eraser.has_work()) erasing_.set(EraseQueue::When::soon);
    thread_ = std::thread([this] { loop(); });
    pthread_setname_np(thread_.native_handle(), "log-writer");
}

Writer::~Writer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Writer::submit(std::unique_ptr<WriteJob> job) {
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        was_empty = queue_.empty();
        queue_.push_back(std::move(job));
    }
    if (was_empty) wake_.notify_one();
}

Health Writer::health() const {
    const std::lock_guard lock(mutex_);
    return health_;
}

StoreStats Writer::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

void Writer::loop() {
    Jobs jobs;
    while (wait(jobs)) {
        for (std::size_t at = 0; at < jobs.size();) at = run_some(jobs, at);
        jobs.clear();
    }
    erasing_.stopped();
    close();
}

// An erasure goes on a step with every batch of jobs, or by itself where there is none.
bool Writer::wait(Jobs& jobs) {
    using When = EraseQueue::When;
    std::unique_lock lock(mutex_);
    const auto awake = [this] { return stopping_ || !queue_.empty(); };
    bool due = erasing_.when() == When::soon;
    if (erasing_.when() == When::idle) wake_.wait(lock, awake);
    if (erasing_.when() == When::later) {  // also where there is always a job
        wake_.wait_until(lock, erasing_.due(), awake);
        due = std::chrono::steady_clock::now() >= erasing_.due();
    }
    if (stopping_ && queue_.empty()) return false;
    jobs.swap(queue_);
    lock.unlock();
    if (due) jobs.push_back(std::make_unique<EraseStepJob>(*this));
    return true;
}

std::size_t Writer::run_some(Jobs& jobs, std::size_t begin) {
    std::size_t end = begin;
    bool writes = false;
    for (std::size_t rows = 0, bytes = 0;
         end < jobs.size() && rows < kCommitRows && bytes < kCommitBytes; ++end) {
        rows += jobs[end]->rows();
        bytes += jobs[end]->bytes();
        writes = writes || jobs[end]->writes();
    }
    const std::int64_t start_us = setup_.clock.monotonic_us();
    const Outcome outcome = transact(jobs, begin, end, writes);
    if (writes) {
        note(outcome);
        const std::lock_guard lock(mutex_);
        stats_.add_commit(static_cast<std::uint64_t>(setup_.clock.monotonic_us() - start_us));
    }
    for (std::size_t i = begin; i < end; ++i) jobs[i]->settle(outcome);
    return end;
}

Outcome Writer::transact(Jobs& jobs, std::size_t begin, std::size_t end, bool writes) {
    try {
        if (tables_ == nullptr) open_again();
        if (writes) tables_->begin.run();
        for (std::size_t i = begin; i < end; ++i) jobs[i]->run(*tables_);
        if (writes && tables_->may_drain) tables_->drain.run(tables_->added.size());
    } catch (const DbFailure& failure) {
        roll_back(failure.error());
        return {Outcome::State::not_written, failure.error()};
    }
    return writes ? finish_commit() : Outcome{};
}

Outcome Writer::finish_commit() {
    try {
        tables_->commit.run();
    } catch (const DbFailure& failure) {
        // Without space the frame that makes the commit one was not written. Any other failure may
        // have come after it.
        const Code code = failure.error().code;
        const bool known = code == Code::disk_full || code == Code::locked;
        roll_back(failure.error());
        if (!known) tables_.reset();
        return {known ? Outcome::State::not_written : Outcome::State::unknown, failure.error()};
    }
    setup_.index.publish(tables_->added);
    tables_->added.clear();
    tables_->sessions.committed();
    tables_->names.committed();
    tables_->drain.committed();
    tables_->eraser.committed();
    tables_->may_drain = true;
    return {};
}

void Writer::roll_back(const base::Error& error) {
    if (tables_ == nullptr) return;
    tables_->db->rollback();
    tables_->added.clear();
    tables_->sessions.rolled_back();
    tables_->names.rolled_back();
    tables_->drain.rolled_back();
    tables_->eraser.rolled_back();
    tables_->may_drain = true;
    // What the connection holds of the file may not be what the file holds.
    const bool trusted = error.code == Code::disk_full || error.code == Code::locked;
    if (!trusted) tables_.reset();
}

// After a failure whose outcome nobody knows, what reads as committed may stand in the page cache
// only. So all of it is copied to the file and synced before any head is trusted.
void Writer::open_again() {
    auto db = open_for_writing(setup_.path, setup_.durability, setup_.vfs);
    db->checkpoint_all();
    setup_.index.catch_up(*db);
    tables_ = std::make_unique<WriteTables>(std::move(db), setup_, reserved_);
    base::log(base::LogLevel::warn, "storage.reopened", {{"path", setup_.path}});
}

bool Writer::truncate_wal() {
    try {
        return tables_ != nullptr && tables_->db->truncate_wal();
    } catch (const DbFailure& failure) {
        base::log(base::LogLevel::warn, "storage.wal_not_cut",
                  {{"reason", failure.error().message}});
        return false;
    }
}

void Writer::note(const Outcome& outcome) {
    const bool writable = outcome.state == Outcome::State::committed;
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        changed = health_.writable != writable;
        health_ = {.writable = writable, .reason = outcome.error.message};
    }
    if (!changed) return;
    if (writable) {
        base::log(base::LogLevel::info, "storage.writable", {{"path", setup_.path}});
    } else {
        base::log(
            base::LogLevel::error, "storage.unwritable",
            {{"code", base::info(outcome.error.code).name}, {"reason", outcome.error.message}});
    }
}

void Writer::count(std::size_t groups, std::size_t events, std::size_t failures) {
    const std::lock_guard lock(mutex_);
    stats_.groups += groups;
    stats_.events += events;
    stats_.append_failures += failures;
}

void Writer::close() {
    if (tables_ == nullptr) return;
    try {
        end_serving(*tables_->db);
    } catch (const DbFailure& failure) {
        base::log(base::LogLevel::warn, "storage.close_failed",
                  {{"reason", failure.error().message}});
    }
    tables_.reset();
}

}  // namespace chartroom::storage
