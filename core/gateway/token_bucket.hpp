// A token bucket: so many a second, so many at once. Pure; the caller gives the time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace chartroom::gateway {

struct BucketRate {
    double per_second = 0;  // 0: no limit
    double burst = 0;
};

class TokenBucket {
  public:
    explicit TokenBucket(double burst) : tokens_(burst) {}

    // Takes one token and returns 0, or takes none and returns after how many milliseconds there
    // will be one. `now_us` is of a clock that never steps back.
    [[nodiscard]] std::uint32_t take(const BucketRate& rate, std::int64_t now_us) {
        if (rate.per_second <= 0) return 0;
        const double elapsed = static_cast<double>(now_us - filled_us_) / 1e6;
        if (filled_us_ != 0) tokens_ = std::min(rate.burst, tokens_ + elapsed * rate.per_second);
        filled_us_ = now_us;
        if (tokens_ >= 1) {
            tokens_ -= 1;
            return 0;
        }
        return static_cast<std::uint32_t>(std::ceil((1 - tokens_) / rate.per_second * 1e3));
    }

    // Whether it holds all that it can by now.
    [[nodiscard]] bool full(const BucketRate& rate, std::int64_t now_us) const {
        const double elapsed = static_cast<double>(now_us - filled_us_) / 1e6;
        return filled_us_ == 0 || tokens_ + elapsed * rate.per_second >= rate.burst;
    }

  private:
    double tokens_;
    std::int64_t filled_us_ = 0;  // 0: never asked
};

}  // namespace chartroom::gateway
