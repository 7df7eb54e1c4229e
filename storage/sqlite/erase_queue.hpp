// EraseQueue: when the writer goes on erasing, and who waits for which erasure. What is to be done
// stands in the file; this is only the waking and the answers. The writer's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace chartroom::storage {

// Between tries while the file cannot be written, or a reader holds the WAL.
inline constexpr std::chrono::milliseconds kEraseRetry{100};

class EraseQueue {
  public:
    // Called with true once what it waits for has happened, with false if the writer stops first.
    using Waiter = std::move_only_function<void(bool)>;
    enum class When : std::uint8_t { idle, soon, later };

    void wait_for_rows(std::uint64_t number, Waiter waiter) {
        rows_[number].push_back(std::move(waiter));
    }
    void wait_for_completion(std::uint64_t number, Waiter waiter) {
        complete_[number].push_back(std::move(waiter));
    }
    void rows_done(std::uint64_t number) { tell(rows_, number); }
    void completed(std::uint64_t number) { tell(complete_, number); }
    void stopped() {
        for (Waiters* all : {&rows_, &complete_}) {
            for (auto& [number, waiters] : std::exchange(*all, {})) {
                for (Waiter& waiter : waiters) waiter(false);
            }
        }
    }

    // There is something to do at once, or after kEraseRetry, or nothing.
    [[nodiscard]] When when() const { return when_; }
    // Of `later`.
    [[nodiscard]] std::chrono::steady_clock::time_point due() const { return due_; }
    void set(When when) {
        when_ = when;
        due_ = std::chrono::steady_clock::now() + kEraseRetry;
    }

  private:
    using Waiters = std::map<std::uint64_t, std::vector<Waiter>>;
    static void tell(Waiters& all, std::uint64_t number) {
        auto found = all.extract(number);
        if (found.empty()) return;
        for (Waiter& waiter : found.mapped()) waiter(true);
    }

    Waiters rows_;
    Waiters complete_;
    When when_ = When::idle;
    std::chrono::steady_clock::time_point due_;
};

}  // namespace chartroom::storage
