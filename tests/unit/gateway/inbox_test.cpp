#include "core/gateway/inbox.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

std::vector<engine::Notice> batch(std::uint64_t request) {
    std::vector<engine::Notice> made;
    made.push_back({{1}, engine::CancelTaken{request}});
    return made;
}

TEST(Inbox, WakesOnceForWhatComesBeforeItIsTaken) {
    Inbox inbox;
    int wakes = 0;
    inbox.open([&] { ++wakes; });
    inbox.push(batch(1));
    inbox.push(batch(2));
    inbox.order({.drain = true});
    EXPECT_EQ(wakes, 1);
    std::vector<std::vector<engine::Notice>> batches;
    const Orders orders = inbox.take(batches);
    EXPECT_TRUE(orders.drain);
    EXPECT_FALSE(orders.stop);
    EXPECT_EQ(batches.size(), 2u);
    inbox.push(batch(3));
    EXPECT_EQ(wakes, 2);
}

TEST(Inbox, WhatCameBeforeItWasOpenedWakesThen) {
    Inbox inbox;
    inbox.push(batch(1));
    int wakes = 0;
    inbox.open([&] { ++wakes; });
    EXPECT_EQ(wakes, 1);
}

TEST(Inbox, ClosedItTakesNothingAndWakesNobody) {
    Inbox inbox;
    int wakes = 0;
    inbox.open([&] { ++wakes; });
    inbox.close();
    inbox.push(batch(1));
    inbox.order({.stop = true});
    EXPECT_EQ(wakes, 0);
    std::vector<std::vector<engine::Notice>> batches;
    EXPECT_FALSE(inbox.take(batches).stop);
    EXPECT_TRUE(batches.empty());
}

}  // namespace
}  // namespace chartroom::gateway
