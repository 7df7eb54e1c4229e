#include "tools/chartroom/latency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace chartroom::tool {
namespace {

TEST(LatencyHistogram, HasNoPercentilesWithoutSamples) {
    EXPECT_EQ(LatencyHistogram().at(0.99), 0u);
}

TEST(LatencyHistogram, SmallValuesAreExact) {
    LatencyHistogram histogram;
    for (std::uint64_t value = 1; value <= 50; ++value) histogram.add(value);
    EXPECT_EQ(histogram.at(0.5), 25u);
    EXPECT_EQ(histogram.at(1.0), 50u);
    EXPECT_EQ(histogram.at(0.0), 1u);
}

TEST(LatencyHistogram, PercentilesAreNeverTooLowAndAtMostASixtyFourthTooHigh) {
    std::mt19937_64 random(7);
    std::vector<std::uint64_t> values(20'000);
    LatencyHistogram histogram;
    for (auto& value : values) {
        value = random() >> (random() % 60);
        histogram.add(value);
    }
    std::ranges::sort(values);
    for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
        const auto exact = values[static_cast<std::size_t>(quantile * 20'000) - 1];
        EXPECT_GE(histogram.at(quantile), exact);
        EXPECT_LE(histogram.at(quantile), exact + exact / 64 + 1);
    }
    EXPECT_EQ(histogram.most(), values.back());
}

TEST(LatencyHistogram, TakesTheLargestValueThereIs) {
    LatencyHistogram histogram;
    histogram.add(~std::uint64_t{0});
    EXPECT_EQ(histogram.at(0.5), ~std::uint64_t{0});
}

}  // namespace
}  // namespace chartroom::tool
