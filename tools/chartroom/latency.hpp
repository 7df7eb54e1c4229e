// Latencies counted in buckets that are 1/64 wide of their own size: percentiles of any number of
// samples in fixed memory, at most 1.6 % too high.
#pragma once

#include <array>
#include <cstdint>

namespace chartroom::tool {

class LatencyHistogram {
  public:
    void add(std::uint64_t value);
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t most() const { return most_; }
    // The value that a share `quantile` (0 to 1) of the samples does not exceed; 0 without samples.
    [[nodiscard]] std::uint64_t at(double quantile) const;

  private:
    static constexpr unsigned kBits = 6;
    static constexpr std::size_t kSub = 1u << kBits;
    static constexpr std::size_t kBuckets = (64 - kBits + 1) * kSub;
    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t top_of(std::size_t bucket);

    std::array<std::uint64_t, kBuckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace chartroom::tool
