#include "core/gateway/tickets.hpp"

#include <gtest/gtest.h>

#include <set>

namespace chartroom::gateway {
namespace {

auth::Verified holder(std::string sub) {
    auth::Verified made;
    made.principal.who = auth::Who::user;
    made.principal.id = std::move(sub);
    made.principal.only_session = {"user/" + made.principal.id + "/home"};
    made.expires_us = 7;
    return made;
}

TEST(Tickets, OneLetsItsHolderInOnce) {
    base::SeededRandom random(1);
    Tickets tickets(random);
    const auto ticket = tickets.issue(holder("ann"), 0);
    ASSERT_TRUE(ticket.has_value());
    EXPECT_EQ(ticket->size(), 32u);
    const auto found = tickets.redeem(*ticket, Tickets::kLifetimeUs - 1);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->principal.id, "ann");
    EXPECT_EQ(found->principal.only_session.value, "user/ann/home");
    EXPECT_EQ(found->expires_us, 7);
    EXPECT_FALSE(tickets.redeem(*ticket, 0).has_value());
    EXPECT_EQ(tickets.size(), 0u);
}

TEST(Tickets, OneThatIsOldOrWasNeverGivenLetsNobodyIn) {
    base::SeededRandom random(1);
    Tickets tickets(random);
    const auto ticket = tickets.issue(holder("ann"), 0);
    EXPECT_FALSE(tickets.redeem("", 0).has_value());
    EXPECT_FALSE(tickets.redeem(ticket->substr(1), 0).has_value());
    EXPECT_FALSE(tickets.redeem(*ticket, Tickets::kLifetimeUs).has_value());
    EXPECT_EQ(tickets.size(), 0u);
}

TEST(Tickets, BothBoundsHoldAndOpenAgain) {
    base::SeededRandom random(1);
    Tickets tickets(random);
    std::set<std::string> own;
    for (std::size_t i = 0; i < Tickets::kPerPartyMax; ++i) {
        own.insert(*tickets.issue(holder("ann"), 0));
    }
    EXPECT_EQ(own.size(), Tickets::kPerPartyMax);
    EXPECT_EQ(tickets.issue(holder("ann"), 0).error().code, base::Code::rate_limited);
    ASSERT_TRUE(tickets.redeem(*own.begin(), 0).has_value());
    EXPECT_TRUE(tickets.issue(holder("ann"), 0).has_value());
    for (std::size_t i = tickets.size(); i < Tickets::kTicketsMax; ++i) {
        ASSERT_TRUE(tickets.issue(holder(std::to_string(i)), 0).has_value());
    }
    EXPECT_EQ(tickets.issue(holder("bob"), 0).error().code, base::Code::busy);
    EXPECT_TRUE(tickets.issue(holder("ann"), Tickets::kLifetimeUs).has_value());
    EXPECT_EQ(tickets.size(), 1u);
}

}  // namespace
}  // namespace chartroom::gateway
