// Waiting for a completion in a test: no sleeps, and a deadline that names a hang.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "core/base/executor.hpp"

namespace chartroom::storage::contract {

inline constexpr std::chrono::seconds kAwaitMax{60};

// Runs a completion where it is posted, on the store's own thread.
class InlineExecutor final : public base::Executor {
  public:
    void post(base::Task task) override { task(); }
    void post_at(std::int64_t, base::Task) override {
        throw std::logic_error("a store sets no timers");
    }
};

// Calls `start(executor, done)` and returns what `done` was given.
template <typename T, typename Start>
[[nodiscard]] T await(Start start) {
    // Shared: after a timeout the completion may still come.
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    static InlineExecutor executor;
    start(executor, [promise](T value) { promise->set_value(std::move(value)); });
    if (future.wait_for(kAwaitMax) != std::future_status::ready) {
        throw std::runtime_error("a completion did not come");
    }
    return future.get();
}

}  // namespace chartroom::storage::contract
