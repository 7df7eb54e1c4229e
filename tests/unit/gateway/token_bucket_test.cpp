#include "core/gateway/token_bucket.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

constexpr BucketRate kRate{10, 3};
constexpr std::int64_t kStart = 1'000'000;

TEST(TokenBucket, GivesABurstThenSaysWhenThereIsMore) {
    TokenBucket bucket(kRate.burst);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(kRate, kStart), 0u);
    EXPECT_EQ(bucket.take(kRate, kStart), 100u);
    EXPECT_EQ(bucket.take(kRate, kStart + 50'000), 50u);
    EXPECT_EQ(bucket.take(kRate, kStart + 100'000), 0u);
    EXPECT_NE(bucket.take(kRate, kStart + 100'000), 0u);
}

TEST(TokenBucket, NeverHoldsMoreThanTheBurst) {
    TokenBucket bucket(kRate.burst);
    EXPECT_EQ(bucket.take(kRate, kStart), 0u);
    const std::int64_t much_later = kStart + 3'600'000'000;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(kRate, much_later), 0u);
    EXPECT_NE(bucket.take(kRate, much_later), 0u);
}

TEST(TokenBucket, ARateOfZeroIsNoLimit) {
    TokenBucket bucket(0);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(bucket.take({0, 0}, kStart), 0u);
}

}  // namespace
}  // namespace chartroom::gateway
