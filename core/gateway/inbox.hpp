// Inbox: where other threads leave work for the gateway's: notices of strands, orders of the
// composition root. The loop is woken once for what comes before it looks. Bounded by the engine,
// whose windows and answers are all that notices can be.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "core/engine/notice.hpp"

namespace chartroom::gateway {

struct Orders {
    bool drain = false;
    bool close_all = false;
    bool stop = false;
    bool reload_certificate = false;
    std::int64_t deadline_us = 0;  // for close_all, from when it is seen
};

class Inbox {
  public:
    // From now on `wake` is called, from any thread, when there is something after nothing.
    void open(std::function<void()> wake) {
        const std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
        if (waiting_) wake_();
    }
    // Drops what waits and all that comes later; `wake` is not called any more.
    void close() {
        const std::lock_guard lock(mutex_);
        wake_ = nullptr;
        closed_ = true;
        batches_.clear();
    }

    void push(std::vector<engine::Notice> batch) {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        batches_.push_back(std::move(batch));
        ring();
    }
    void order(const Orders& given) {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        orders_.drain |= given.drain;
        orders_.close_all |= given.close_all;
        orders_.stop |= given.stop;
        orders_.reload_certificate |= given.reload_certificate;
        if (given.close_all) orders_.deadline_us = given.deadline_us;
        ring();
    }

    // Takes all that waits. `batches` is empty before.
    Orders take(std::vector<std::vector<engine::Notice>>& batches) {
        const std::lock_guard lock(mutex_);
        batches.swap(batches_);
        waiting_ = false;
        return std::exchange(orders_, {});
    }

  private:
    // With the lock held, so that close() may be followed by the end of what wake_ wakes.
    void ring() {
        if (waiting_) return;
        waiting_ = true;
        if (wake_) wake_();
    }

    std::mutex mutex_;
    std::function<void()> wake_;
    std::vector<std::vector<engine::Notice>> batches_;
    Orders orders_;
    bool waiting_ = false;
    bool closed_ = false;
};

}  // namespace chartroom::gateway
