#include "core/gateway/auth_failures.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

constexpr std::int64_t kStart = 1'000'000;

TEST(AuthFailures, TheTwentiethInAMinuteRefusesForTheRestOfIt) {
    AuthFailures failures;
    for (std::uint32_t i = 1; i < AuthFailures::kFailuresMax; ++i) {
        EXPECT_FALSE(failures.failed("a", kStart + i));
        EXPECT_EQ(failures.wait_us("a", kStart + i), 0);
    }
    EXPECT_TRUE(failures.failed("a", kStart + 100));
    EXPECT_EQ(failures.wait_us("a", kStart + 101), AuthFailures::kWindowUs - 100);
    EXPECT_EQ(failures.wait_us("b", kStart + 101), 0);
    EXPECT_FALSE(failures.failed("a", kStart + 102));  // said once
    EXPECT_EQ(failures.wait_us("a", kStart + 1 + AuthFailures::kWindowUs), 0);
}

TEST(AuthFailures, ALaterMinuteBeginsAnew) {
    AuthFailures failures;
    for (std::uint32_t i = 1; i < AuthFailures::kFailuresMax; ++i) failures.failed("a", kStart);
    EXPECT_FALSE(failures.failed("a", kStart + AuthFailures::kWindowUs));
    EXPECT_EQ(failures.wait_us("a", kStart + AuthFailures::kWindowUs), 0);
}

TEST(AuthFailures, ManyAddressesDoNotGrowItAndTheOldestMakesRoom) {
    AuthFailures failures;
    for (std::uint32_t i = 0; i < AuthFailures::kFailuresMax; ++i)
        failures.failed("oldest", kStart);
    for (std::uint32_t i = 0; i < AuthFailures::kFailuresMax; ++i)
        failures.failed("next", kStart + 1);
    for (std::size_t i = 2; i < AuthFailures::kAddressesMax; ++i) {
        failures.failed(std::to_string(i), kStart + 2);
    }
    EXPECT_GT(failures.wait_us("oldest", kStart + 3), 0);
    failures.failed("one more", kStart + 3);
    EXPECT_EQ(failures.wait_us("oldest", kStart + 3), 0);
    EXPECT_GT(failures.wait_us("next", kStart + 3), 0);
}

}  // namespace
}  // namespace chartroom::gateway
