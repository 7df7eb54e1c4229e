#include "core/base/strand.hpp"

#include <pthread.h>

#include <chrono>

namespace chartroom::base {

ThreadStrand::ThreadStrand(const Clock& clock, std::string name)
    : clock_(clock), thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

ThreadStrand::~ThreadStrand() {
    stop();
}

void ThreadStrand::post(Task task) {
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        was_empty = queue_.empty();
        queue_.push_back(std::move(task));
    }
    if (was_empty) wake_.notify_one();
}

void ThreadStrand::post_at(std::int64_t due_us, Task task) {
    {
        const std::lock_guard lock(mutex_);
        timers_.emplace(due_us, std::move(task));
    }
    wake_.notify_one();
}

void ThreadStrand::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

std::size_t ThreadStrand::depth() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void ThreadStrand::run() {
    std::vector<Task> batch;
    std::unique_lock lock(mutex_);
    for (;;) {
        const std::int64_t now = clock_.monotonic_us();
        while (!timers_.empty() && timers_.begin()->first <= now) {
            queue_.push_back(std::move(timers_.begin()->second));
            timers_.erase(timers_.begin());
        }
        const bool last = stopping_;
        if (!queue_.empty()) {
            batch.swap(queue_);
            lock.unlock();
            for (auto& task : batch) task();
            batch.clear();
            lock.lock();
            if (last) return;
            continue;
        }
        if (last) return;
        if (timers_.empty()) {
            wake_.wait(lock);
        } else {
            wake_.wait_for(lock, std::chrono::microseconds(timers_.begin()->first - now));
        }
    }
}

}  // namespace chartroom::base
