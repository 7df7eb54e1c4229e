#include "core/gateway/timer_queue.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

TEST(TimerQueue, GivesWhatIsDueEarliestFirst) {
    TimerQueue timers;
    timers.add(300, {1}, Deadline::ping);
    timers.add(100, {2}, Deadline::stall);
    timers.add(200, {3}, Deadline::authenticate);
    EXPECT_FALSE(timers.take_due(99).has_value());
    const auto first = timers.take_due(250);
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->connection.value, 2u);
    EXPECT_EQ(first->what, Deadline::stall);
    EXPECT_EQ(timers.take_due(250)->connection.value, 3u);
    EXPECT_FALSE(timers.take_due(250).has_value());
    EXPECT_EQ(timers.take_due(300)->connection.value, 1u);
}

}  // namespace
}  // namespace chartroom::gateway
