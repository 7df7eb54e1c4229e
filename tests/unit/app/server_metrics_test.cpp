#include "core/app/server_metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace chartroom::app {
namespace {

TEST(StoreStats, ACommitIsCountedInTheFirstClassThatHoldsIt) {
    storage::StoreStats stats;
    for (const std::uint64_t us : {100u, 101u, 2'000'000u}) stats.add_commit(us);
    EXPECT_EQ(stats.commits, 3u);
    EXPECT_EQ(stats.commit_us_total, 2'000'201u);
    EXPECT_EQ(stats.commits_by_us.front(), 1u);
    EXPECT_EQ(stats.commits_by_us[1], 1u);
    EXPECT_EQ(stats.commits_by_us.back(), 1u);
}

TEST(ServerMetrics, CommitsAreAHistogramInSecondsWhoseClassesAddUp) {
    storage::StoreStats stats;
    for (const std::uint64_t us : {100u, 101u, 2'000'000u}) stats.add_commit(us);
    const auto families = server_metrics(stats, true, 0);
    const auto found =
        std::ranges::find(families, "chartroom_commit_seconds", &gateway::MetricFamily::name);
    ASSERT_NE(found, families.end());
    EXPECT_EQ(found->kind, gateway::MetricKind::histogram);
    const auto& point = found->points.at(0);
    EXPECT_EQ(point.count, 3u);
    EXPECT_DOUBLE_EQ(point.value, 2.000201);
    ASSERT_EQ(point.buckets.size(), storage::kCommitUsBounds.size());
    EXPECT_DOUBLE_EQ(point.buckets[0].upper_bound, 0.0001);
    EXPECT_EQ(point.buckets[0].cumulative, 1u);
    EXPECT_EQ(point.buckets[1].cumulative, 2u);
    EXPECT_EQ(point.buckets.back().cumulative, 2u);  // the slow one is above the last bound
}

TEST(ServerMetrics, SayWhetherTheLogTakesWrites) {
    for (const bool writable : {false, true}) {
        const auto families = server_metrics({}, writable, 0);
        const auto found =
            std::ranges::find(families, "chartroom_log_writable", &gateway::MetricFamily::name);
        ASSERT_NE(found, families.end());
        EXPECT_EQ(found->points.at(0).value, writable ? 1 : 0);
    }
}

}  // namespace
}  // namespace chartroom::app
