// The token buckets that connections of one user, or of one address, share. A bucket outlives the
// last connection until it is full again, so that who reconnects does not begin anew. Pure; the
// caller gives the time, of a clock that never steps back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "core/gateway/token_bucket.hpp"

namespace chartroom::gateway {

struct SharedBucket {
    TokenBucket bucket{0};
    std::size_t connections = 0;
};

class SharedBuckets {
  public:
    static constexpr std::size_t kIdleMax = 4'096;  // kept without a connection; the oldest go

    explicit SharedBuckets(BucketRate rate) : rate_(rate) {}

    [[nodiscard]] const BucketRate& rate() const { return rate_; }
    [[nodiscard]] std::size_t connections(const std::string& key) const {
        const auto found = buckets_.find(key);
        return found == buckets_.end() ? 0 : found->second.connections;
    }

    // The bucket of `key`, with one connection more. Stays where it is until leave().
    SharedBucket* enter(const std::string& key) {
        const auto [entry, made] = buckets_.try_emplace(key);
        if (made) entry->second.bucket = TokenBucket(rate_.burst);
        ++entry->second.connections;
        return &entry->second;
    }
    void leave(const std::string& key, std::int64_t now_us) {
        const auto left = buckets_.find(key);
        if (--left->second.connections == 0) idle_.push_back(key);
        while (!idle_.empty()) {
            const auto oldest = buckets_.find(idle_.front());
            const bool idle = oldest != buckets_.end() && oldest->second.connections == 0;
            if (idle && idle_.size() <= kIdleMax && !oldest->second.bucket.full(rate_, now_us)) {
                return;
            }
            if (idle) buckets_.erase(oldest);
            idle_.pop_front();
        }
    }

  private:
    BucketRate rate_;
    std::unordered_map<std::string, SharedBucket> buckets_;
    std::deque<std::string> idle_;  // keys in the order in which they lost their last connection
};

}  // namespace chartroom::gateway
