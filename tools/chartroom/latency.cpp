#include "tools/chartroom/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chartroom::tool {

// Values below 64 have a bucket each; above, the top bit picks the row and the six bits below it
// the place.
std::size_t LatencyHistogram::bucket_of(std::uint64_t value) {
    if (value < kSub) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
    return (shift + 1) * kSub + static_cast<std::size_t>((value >> shift) - kSub);
}

std::uint64_t LatencyHistogram::top_of(std::size_t bucket) {
    if (bucket < kSub) return bucket;
    const std::size_t shift = bucket / kSub - 1;
    return (((bucket % kSub) + kSub + 1) << shift) - 1;
}

void LatencyHistogram::add(std::uint64_t value) {
    ++counts_[bucket_of(value)];
    ++count_;
    most_ = std::max(most_, value);
}

std::uint64_t LatencyHistogram::at(double quantile) const {
    const auto wanted =
        static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen >= wanted && seen > 0) return std::min(top_of(bucket), most_);
    }
    return 0;
}

}  // namespace chartroom::tool
