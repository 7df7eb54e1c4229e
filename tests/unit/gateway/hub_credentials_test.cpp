// Who a client is, and until when.
#include "tests/unit/gateway/hub_fixture.hpp"

namespace chartroom::gateway {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

class HubCredentials : public HubTest {
  protected:
    HubCredentials() { options_.limits.ping_interval_us = 1'000'000 * kSecond; }

    // A token for `sub` that ends in so many seconds.
    void give_token(const std::string& token, const std::string& sub, std::int64_t seconds,
                    std::vector<std::string> sessions = {}) {
        tokens_[token] = user(sub, clock_.now_us() + seconds * kSecond, std::move(sessions));
    }
    Texts pass(std::int64_t seconds) {
        clock_.now += seconds * kSecond;
        return turn();
    }
};

// ---- before authentication

TEST_F(HubCredentials, ATokenIsDueBeforeTheDeadline) {
    Connection& shown = open("/native");
    receive(shown, "join=good-ann");
    Connection& silent = open("/native");
    clock_.now += options_.limits.auth_deadline_us - 1;
    turn();
    EXPECT_EQ(close_of(silent), "");
    clock_.now += 1;
    turn();
    EXPECT_EQ(close_of(silent), "4001 Authentication required");
    EXPECT_EQ(close_of(shown), "");
}

TEST_F(HubCredentials, NothingIsDoneForWhoHasYetToShowAToken) {
    Connection& connection = open("/native");
    receive(connection, "join");
    EXPECT_TRUE(engine_.follows.empty());
    EXPECT_EQ(turn(), Texts{"no: unauthenticated"});
    EXPECT_EQ(sockets_.closed, 4001);
}

TEST_F(HubCredentials, TheFrameThatShowsATokenHasABoundOfItsOwn) {
    const std::string long_frame =
        "join=good-" + std::string(options_.limits.pending_auth_frame_bytes, 'a');
    Connection& pending = open("/native");
    receive(pending, long_frame);
    EXPECT_TRUE(turn()[0].starts_with("too long"));
    EXPECT_EQ(authenticated_, 0);
    Connection& known = open("/native");
    receive(known, "join=good-ann");
    receive(known, "say " + long_frame);
    EXPECT_EQ(engine_.submissions.size(), 1u);
}

TEST_F(HubCredentials, TheOldestOfAnAddressMakesRoomForTheNinthThatHasYetToAuthenticate) {
    std::vector<Connection*> here;
    for (int i = 0; i < 8; ++i) here.push_back(&open("/native", "203.0.113.7"));
    receive(*here[0], "join=good-ann");  // shown: it counts no more
    here.push_back(&open("/native", "203.0.113.7"));
    turn();
    for (const Connection* one : here) EXPECT_EQ(close_of(*one), "");
    open("/native", "203.0.113.7");
    turn();
    EXPECT_EQ(close_of(*here[0]), "");
    EXPECT_EQ(close_of(*here[1]), "4001 Authentication required");
    EXPECT_EQ(close_of(*here[2]), "");
    EXPECT_EQ(counters_.pending_evicted, 1u);
}

TEST_F(HubCredentials, TheOldestOfAllMakesRoomWhereverItIsFrom) {
    options_.limits.pending_auth = 3;
    Connection& oldest = open("/native");  // loopback has no cap by address, but counts
    open("/native", "203.0.113.7");
    Connection& third = open("/native");
    open("/native", "203.0.113.8");
    turn();
    EXPECT_EQ(close_of(oldest), "4001 Authentication required");
    hub().closed(oldest);
    hub().closed(third);
    open("/native");
    EXPECT_EQ(counters_.pending_evicted, 1u);
}

TEST_F(HubCredentials, ABadTokenIsNeverDowngraded) {
    Connection& connection = open();
    receive(connection, "join=bad");
    EXPECT_TRUE(engine_.follows.empty());
    turn();
    EXPECT_EQ(close_of(connection), "4001 Invalid token");
    EXPECT_EQ(counters_.failed_authentications["bad"], 1u);
}

TEST_F(HubCredentials, FailuresInFramesCountAgainstTheAddressToo) {
    for (std::uint32_t i = 0; i < AuthFailures::kFailuresMax; ++i) {
        receive(open("/w", "203.0.113.7"), "join=bad");
    }
    EXPECT_EQ(admission_->refused_for_us("203.0.113.7"), AuthFailures::kWindowUs);
    EXPECT_EQ(admission_->refused_for_us("203.0.113.8"), 0);
    for (std::uint32_t i = 0; i < AuthFailures::kFailuresMax; ++i) receive(open(), "join=bad");
    EXPECT_EQ(admission_->refused_for_us(""), 0);
}

// One that was open before cannot go on guessing.
TEST_F(HubCredentials, ARefusedAddressIsNotEvenListenedToInFrames) {
    Connection& before = open("/w", "203.0.113.7");
    for (std::uint32_t i = 0; i < AuthFailures::kFailuresMax; ++i) {
        receive(open("/w", "203.0.113.7"), "join=bad");
    }
    const int judged = authenticated_;
    receive(before, "join=good-ann");
    EXPECT_EQ(authenticated_, judged);
    turn();
    EXPECT_EQ(close_of(before), "4001 Invalid token");
}

TEST_F(HubCredentials, AUserHasACapOfConnections) {
    options_.limits.connections_per_user = 2;
    Connection& first = open("/w", "127.0.0.1", "good-ann");
    Connection& second = open();
    receive(second, "join=good-ann");
    Connection& third = open("/w", "127.0.0.1", "good-ann");
    Connection& fourth = open();
    receive(fourth, "join=good-ann");
    Connection& other = open("/w", "127.0.0.1", "good-bob");
    turn();
    EXPECT_EQ(close_of(third), "4029 too many connections");
    EXPECT_EQ(close_of(fourth), "4029 too many connections");
    for (const Connection* one : {&first, &second, &other}) EXPECT_EQ(close_of(*one), "");
    EXPECT_EQ(engine_.follows.size(), 1u);
    receive(second, "refresh good-ann");  // is counted already
    hub().closed(third);
    hub().closed(fourth);
    hub().closed(first);
    Connection& fifth = open("/w", "127.0.0.1", "good-ann");
    turn();
    EXPECT_EQ(close_of(second), "");
    EXPECT_EQ(close_of(fifth), "");
}

// ---- the end of a token

TEST_F(HubCredentials, TheClientIsToldAMinuteAheadAndClosedAtTheEnd) {
    give_token("t", "ann", 3'600);
    Connection& connection = open("/w", "127.0.0.1", "t");
    receive(connection, "join");
    EXPECT_EQ(pass(3'539), Texts{"hello ann"});
    EXPECT_EQ(pass(1), Texts{"expiring 60000"});
    EXPECT_TRUE(pass(59).empty());
    EXPECT_EQ(close_of(connection), "");
    EXPECT_TRUE(pass(1).empty());
    EXPECT_EQ(close_of(connection), "4001 Token expired");
}

TEST_F(HubCredentials, AShortTokenIsAnnouncedAtItsHalf) {
    give_token("t", "ann", 10);
    Connection& connection = open();
    receive(connection, "join=t");
    EXPECT_TRUE(pass(4).empty());
    EXPECT_EQ(pass(1), Texts{"expiring 5000"});
    pass(5);
    EXPECT_EQ(close_of(connection), "4001 Token expired");
}

TEST_F(HubCredentials, NothingIsPassedOnAfterTheEndEvenIfItWasDue) {
    give_token("t", "ann", 10);
    Connection& connection = open();
    receive(connection, "join=t");
    sockets_.is_choked = true;
    notify(connection, events(2, 4));
    pass(10);
    notify(connection, events(5, 6));
    sockets_.is_choked = false;
    hub().writable(connection);
    for (const std::string& text : turn()) EXPECT_TRUE(text.starts_with("expiring")) << text;
    EXPECT_EQ(close_of(connection), "4001 Token expired");
    receive(connection, "say late");
    EXPECT_TRUE(engine_.submissions.empty());
}

TEST_F(HubCredentials, AWallClockThatIsSetBackMovesTheEnd) {
    give_token("t", "ann", 100);
    Connection& connection = open("/w", "127.0.0.1", "t");
    clock_.stepped = -50 * kSecond;
    pass(100);
    EXPECT_EQ(close_of(connection), "");
    pass(50);
    EXPECT_EQ(close_of(connection), "4001 Token expired");
}

TEST_F(HubCredentials, AWallClockThatIsSetForwardEndsATokenWithinAMinute) {
    give_token("t", "ann", 3'600);
    Connection& connection = open("/w", "127.0.0.1", "t");
    clock_.stepped = 3'600 * kSecond;
    pass(60);
    EXPECT_EQ(close_of(connection), "4001 Token expired");
}

TEST_F(HubCredentials, ARefreshMovesTheEndAndKeepsWhatIsFollowed) {
    give_token("t", "ann", 100);
    Connection& connection = open();
    receive(connection, "join=t");
    EXPECT_EQ(pass(50), Texts{"expiring 50000"});
    give_token("u", "ann", 200);
    receive(connection, "refresh u");
    EXPECT_EQ(pass(60), Texts{"welcome ann"});
    EXPECT_EQ(close_of(connection), "");
    EXPECT_TRUE(engine_.unfollows.empty());
    EXPECT_EQ(pass(80), Texts{"expiring 60000"});
    EXPECT_TRUE(pass(59).empty());
    pass(1);
    EXPECT_EQ(close_of(connection), "4001 Token expired");
}

TEST_F(HubCredentials, ARefreshMayBringAnEarlierEnd) {
    give_token("t", "ann", 3'600);
    give_token("u", "ann", 10);
    Connection& connection = open("/w", "127.0.0.1", "t");
    receive(connection, "refresh u");
    pass(10);
    EXPECT_EQ(close_of(connection), "4001 Token expired");
}

TEST_F(HubCredentials, WhoHasNoTokenHasNoEnd) {
    Connection& connection = open();
    receive(connection, "join");
    pass(1'000'000 - 1);
    EXPECT_EQ(close_of(connection), "");
}

// ---- another token

TEST_F(HubCredentials, MessagesAfterARefreshAreOfTheNewPrincipal) {
    Connection& connection = open("/w", "127.0.0.1", "good-ann");
    receive(connection, "join");
    tokens_["u"] = user("ann", 0, {"conversation:1"});
    receive(connection, "refresh u");
    receive(connection, "say x");
    EXPECT_EQ(engine_.submissions.at(0).principal->sessions,
              std::vector<std::string>{"conversation:1"});
}

TEST_F(HubCredentials, AnotherUserCloses) {
    Connection& connection = open();
    receive(connection, "join=good-ann");
    receive(connection, "refresh good-ann");
    turn();
    EXPECT_EQ(close_of(connection), "");
    receive(connection, "refresh good-bob");
    turn();
    EXPECT_EQ(close_of(connection), "4003 another user");
}

TEST_F(HubCredentials, ABadRefreshCloses) {
    Connection& connection = open("/w", "127.0.0.1", "good-ann");
    receive(connection, "refresh bad");
    EXPECT_EQ(turn(), (Texts{"hello ann", "unauthenticated"}));
    EXPECT_EQ(close_of(connection), "4001 Invalid token");
}

TEST_F(HubCredentials, ARefreshMayBeTheFirstToken) {
    Connection& connection = open("/native");
    receive(connection, "refresh good-ann");
    EXPECT_EQ(turn(), Texts{"welcome ann"});
    receive(connection, "join");
    ASSERT_EQ(engine_.follows.size(), 1u);
    EXPECT_EQ(engine_.follows[0].principal->id, "ann");
    Connection& other = open("/native");
    receive(other, "refresh bad");
    EXPECT_EQ(turn(), Texts{"unauthenticated"});
    EXPECT_EQ(close_of(other), "4001 Invalid token");
}

TEST_F(HubCredentials, AClaimThatIsGoneUnfollowsAtOnce) {
    tokens_["t"] = user("ann", 0, {"conversation:1"});
    Connection& connection = open();
    receive(connection, "join=t conversation:1");
    EXPECT_EQ(engine_.follows.at(0).session.value, "shared/conversation:1");
    receive(connection, "refresh good-ann");
    EXPECT_EQ(engine_.unfollows.size(), 1u);
    EXPECT_TRUE(connection.followed.empty());
    EXPECT_EQ(turn(), (Texts{"welcome ann", "no: forbidden"}));
    receive(connection, "say x");
    EXPECT_TRUE(engine_.submissions.empty());
}

TEST_F(HubCredentials, RefreshesHaveTheRateOfMessages) {
    options_.limits.messages_per_second = 1;
    options_.limits.burst = 2;
    Connection& connection = open("/w", "127.0.0.1", "good-ann");
    for (int i = 0; i < 5; ++i) receive(connection, "refresh good-ann");
    EXPECT_EQ(authenticated_, 1 + 2);
    EXPECT_EQ(turn(), (Texts{"hello ann", "welcome ann", "welcome ann", "rate_limited",
                             "rate_limited", "rate_limited"}));
}

}  // namespace
}  // namespace chartroom::gateway
