#include "core/gateway/shared_buckets.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

constexpr BucketRate kRate{1, 2};
constexpr std::int64_t kSecond = 1'000'000;

TEST(SharedBuckets, ABucketOutlivesItsConnectionsUntilItIsFullAgain) {
    SharedBuckets buckets(kRate);
    SharedBucket* first = buckets.enter("ann");
    EXPECT_EQ(buckets.enter("ann"), first);
    EXPECT_EQ(buckets.connections("ann"), 2u);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(first->bucket.take(kRate, kSecond), 0u);
    buckets.leave("ann", kSecond);
    buckets.leave("ann", kSecond);
    EXPECT_EQ(buckets.connections("ann"), 0u);
    EXPECT_NE(buckets.enter("ann")->bucket.take(kRate, kSecond), 0u);
    buckets.leave("ann", kSecond);
    static_cast<void>(buckets.enter("bob"));
    buckets.leave("bob", 3 * kSecond);  // looks at those that left before
    EXPECT_EQ(buckets.enter("ann")->bucket.take(kRate, 3 * kSecond), 0u);
}

TEST(SharedBuckets, OnlySoManyAreKeptWithoutAConnection) {
    SharedBuckets buckets(kRate);
    const auto spend = [&](const std::string& key) {
        SharedBucket* bucket = buckets.enter(key);
        for (int i = 0; i < 2; ++i) static_cast<void>(bucket->bucket.take(kRate, kSecond));
        buckets.leave(key, kSecond);
    };
    spend("oldest");
    for (std::size_t i = 1; i < SharedBuckets::kIdleMax; ++i) spend(std::to_string(i));
    EXPECT_NE(buckets.enter("oldest")->bucket.take(kRate, kSecond), 0u);
    buckets.leave("oldest", kSecond);
    spend("one more");
    spend("and one more");
    EXPECT_EQ(buckets.enter("oldest")->bucket.take(kRate, kSecond), 0u);
}

TEST(SharedBuckets, WithoutALimitNothingIsKept) {
    SharedBuckets buckets({0, 0});
    EXPECT_EQ(buckets.enter("ann")->bucket.take(buckets.rate(), kSecond), 0u);
    buckets.leave("ann", kSecond);
    EXPECT_EQ(buckets.connections("ann"), 0u);
}

}  // namespace
}  // namespace chartroom::gateway
