#include "core/base/strand.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace chartroom::base {
namespace {

TEST(ThreadStrand, RunsTasksInTheOrderOfPosting) {
    SystemClock clock;
    std::vector<int> seen;
    {
        ThreadStrand strand(clock, "test");
        for (int i = 0; i < 1000; ++i) strand.post([&seen, i] { seen.push_back(i); });
        strand.stop();
    }
    ASSERT_EQ(seen.size(), 1000u);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(ThreadStrand, TimersRunByDueTimeAndNotBefore) {
    SystemClock clock;
    ThreadStrand strand(clock, "test");
    const auto start = clock.monotonic_us();
    std::promise<std::vector<int>> done;
    std::vector<int> seen;
    strand.post_at(start + 20'000, [&] {
        seen.push_back(2);
        EXPECT_GE(clock.monotonic_us(), start + 20'000);
        done.set_value(seen);
    });
    strand.post_at(start + 5'000, [&] { seen.push_back(1); });
    EXPECT_EQ(done.get_future().get(), (std::vector<int>{1, 2}));
}

TEST(ThreadStrand, WhatATaskPostsRunsAfterWhatWaited) {
    SystemClock clock;
    ThreadStrand strand(clock, "test");
    std::promise<void> gate;
    std::promise<std::vector<int>> done;
    std::vector<int> seen;
    strand.post([&, open = gate.get_future().share()] {
        open.wait();
        strand.post([&] {
            seen.push_back(3);
            done.set_value(seen);
        });
        seen.push_back(1);
    });
    strand.post([&] { seen.push_back(2); });
    gate.set_value();
    EXPECT_EQ(done.get_future().get(), (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace chartroom::base
