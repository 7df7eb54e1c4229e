#include "core/effects/activity_pool.hpp"

#include <pthread.h>

#include <utility>

#include "core/effects/limits.hpp"

namespace chartroom::effects {

using engine::Outcome;

ActivityPool::ActivityPool(std::size_t threads, ActivityRunner runner,
                           std::shared_ptr<OpTable> table)
    : runner_(std::move(runner)), table_(std::move(table)) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), "activity");
    }
}

ActivityPool::~ActivityPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        waiting_.clear();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void ActivityPool::start(engine::ActivityStart start, OpPtr op) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() < kWaitingActivitiesMax) {
            waiting_.push_back({std::move(start), std::move(op)});
            op = nullptr;
        }
    }
    if (op) return table_->fail(op, Outcome::failed, 0, "too many activities are waiting");
    wake_.notify_one();
}

void ActivityPool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        const Job job = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        run(job);
        lock.lock();
    }
}

void ActivityPool::run(const Job& job) {
    if (job.op->stopped) return;
    auto result = runner_(job.start.plugin, job.start.name, job.start.input);
    if (!result) return table_->fail(job.op, Outcome::failed, 0, result.error().message);
    if (result->size() > kActivityResultBytesMax)
        return table_->fail(job.op, Outcome::too_large, 0, "the result is larger than allowed");
    table_->deliver(job.op, {job.op->token, true, Outcome::ok, 0, std::move(*result)});
}

}  // namespace chartroom::effects
