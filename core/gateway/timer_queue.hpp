// Deadlines of connections, earliest first. A deadline is never taken back: its owner looks, when
// it is due, whether it still means anything. Bound: a few for each connection that is open or was
// within the longest deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "core/base/ids.hpp"

namespace chartroom::gateway {

enum class Deadline : std::uint8_t { ping, stall, authenticate, expiry };

class TimerQueue {
  public:
    struct Entry {
        std::int64_t due_us = 0;
        base::ConnectionId connection;
        Deadline what = Deadline::ping;
        bool operator>(const Entry& other) const {
            return std::tie(due_us, connection.value, what) >
                   std::tie(other.due_us, other.connection.value, other.what);
        }
    };

    void add(std::int64_t due_us, base::ConnectionId connection, Deadline what) {
        queue_.push({due_us, connection, what});
    }

    // The next entry that is due at `now_us`, taken out.
    [[nodiscard]] std::optional<Entry> take_due(std::int64_t now_us) {
        if (queue_.empty() || queue_.top().due_us > now_us) return std::nullopt;
        const Entry entry = queue_.top();
        queue_.pop();
        return entry;
    }

  private:
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace chartroom::gateway
