// Frames in, notices out, limits, the end of a connection. Who a client is:
// hub_credentials_test.cpp.
#include "tests/unit/gateway/hub_fixture.hpp"

namespace chartroom::gateway {
namespace {

TEST_F(HubTest, AMessageIsSubmittedUnderItsConnectionAndSession) {
    Connection& connection = open();
    receive(connection, "join");
    receive(connection, "say hello");
    ASSERT_EQ(engine_.follows.size(), 1u);
    ASSERT_EQ(engine_.submissions.size(), 1u);
    EXPECT_EQ(engine_.submissions[0].payload, "hello");
    EXPECT_EQ(engine_.submissions[0].connection, connection.id);
    EXPECT_EQ(engine_.submissions[0].session, engine_.follows[0].session);
    EXPECT_EQ(engine_.submissions[0].principal->who, auth::Who::anonymous);
}

TEST_F(HubTest, WithoutASessionAMessageIsForbidden) {
    Connection& connection = open();
    receive(connection, "say hello");
    EXPECT_TRUE(engine_.submissions.empty());
    EXPECT_EQ(turn(), Texts{"forbidden"});
}

TEST_F(HubTest, WhatOneTurnBringsLeavesInOneWrite) {
    Connection& connection = open();
    receive(connection, "join");
    notify(connection, engine::Accepted{1, {1}, false});
    notify(connection, events(2, 4));
    hub().turn();
    EXPECT_EQ(sockets_.written.size(), 1u);
    EXPECT_EQ(sockets_.texts(), (Texts{"accepted", "1<2p", "2<3p", "3<4p"}));
}

TEST_F(HubTest, ConsumedIsToldOnceATurnWithTheWholeWeight) {
    Connection& connection = open();
    receive(connection, "join");
    notify(connection, events(2, 4, 10));
    hub().turn();
    const std::size_t weight = 3 * engine::delivery_weight(*events(2, 2, 10).events[0]);
    EXPECT_EQ(engine_.consumed_calls, (std::vector<FakeEngine::Consumed>{{4, weight}}));
}

TEST_F(HubTest, AChokedConnectionKeepsItsCursorAndGoesOnWhereItStopped) {
    Connection& connection = open();
    receive(connection, "join");
    sockets_.chokes_after_write = true;
    notify(connection, events(2, 5, 5'000));  // two fill a piece
    EXPECT_EQ(turn().size(), 2u);
    EXPECT_EQ(engine_.consumed_calls.size(), 1u);
    EXPECT_EQ(engine_.consumed_calls.back().offset, 3u);
    EXPECT_EQ(sockets_.asked, 1);
    EXPECT_TRUE(turn().empty());  // nothing before the socket says so
    sockets_.is_choked = false;
    hub().writable(connection);
    const Texts rest = turn();
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_TRUE(rest[0].starts_with("3<4"));
    EXPECT_EQ(engine_.consumed_calls.back().offset, 5u);
}

TEST_F(HubTest, ASocketWithoutProgressIsClosedAsSlow) {
    Connection& connection = open();
    receive(connection, "join");
    sockets_.is_choked = true;
    notify(connection, events(2, 2));
    hub().turn();
    clock_.now += options_.limits.stall_us - 1;
    hub().turn();
    EXPECT_FALSE(sockets_.closed.has_value());
    clock_.now += 1;
    hub().turn();
    EXPECT_EQ(sockets_.closed, 4008);
    EXPECT_EQ(counters_.slow_closes, 1u);
}

TEST_F(HubTest, ASocketThatMovesNowAndThenIsNotSlow) {
    Connection& connection = open();
    receive(connection, "join");
    sockets_.chokes_after_write = true;
    for (int i = 0; i < 10; ++i) {
        sockets_.is_choked = false;
        hub().writable(connection);
        hub().pong(connection);
        notify(connection, events(2, 4, 9'000));
        hub().turn();
        clock_.now += options_.limits.stall_us * 2 / 3;
        hub().turn();
    }
    EXPECT_FALSE(sockets_.closed.has_value());
    EXPECT_FALSE(sockets_.dropped);
}

TEST_F(HubTest, ReadingPausesAtTheBoundAndGoesOnAtHalfOfIt) {
    options_.limits.in_flight = 4;
    Connection& connection = open();
    receive(connection, "join");
    for (int i = 0; i < 4; ++i) receive(connection, "say x");
    EXPECT_EQ(sockets_.reading, std::vector<bool>{false});
    notify(connection, engine::Accepted{1, {1}, false});
    hub().turn();
    EXPECT_EQ(sockets_.reading.size(), 1u);
    notify(connection, engine::Accepted{2, {2}, false});
    hub().turn();
    EXPECT_EQ(sockets_.reading, (std::vector<bool>{false, true}));
}

TEST_F(HubTest, AnswersThatNobodyReadsPauseReading) {
    Connection& connection = open();
    receive(connection, "join");
    sockets_.is_choked = true;
    engine_.full = true;
    while (sockets_.reading.empty() && connection.answers.size() < 2 * Hub::kAnswersMax) {
        receive(connection, "say x");
    }
    EXPECT_EQ(sockets_.reading, std::vector<bool>{false});
    EXPECT_LE(connection.answers.size(), Hub::kAnswersMax + 100);
}

TEST_F(HubTest, AFullEngineIsSaidToBeBusy) {
    Connection& connection = open();
    receive(connection, "join");
    engine_.full = true;
    receive(connection, "say x");
    EXPECT_EQ(turn(), Texts{"busy"});
    Connection& other = open();
    receive(other, "join");
    EXPECT_EQ(turn(), Texts{"no: busy"});
    EXPECT_TRUE(other.followed.empty());
}

TEST_F(HubTest, TwentyRefusedFramesInARowCloseAndAGoodOneBetweenDoesNot) {
    Connection& connection = open();
    for (int i = 0; i < 19; ++i) receive(connection, "bad");
    receive(connection, "join");
    for (int i = 0; i < 19; ++i) receive(connection, "bad");
    hub().turn();
    EXPECT_FALSE(sockets_.closed.has_value());
    receive(connection, "bad");
    hub().turn();
    EXPECT_EQ(sockets_.closed, 1008);
}

TEST_F(HubTest, ARefusedFrameIsNotedInTheSessionByItsCodeFieldAndLength) {
    Connection& connection = open();
    receive(connection, "bad");
    EXPECT_TRUE(engine_.refused_inputs.empty()) << "no session yet";
    receive(connection, "join");
    receive(connection, "bad");
    ASSERT_EQ(engine_.refused_inputs.size(), 1u);
    const engine::RefusedInput& input = engine_.refused_inputs.front();
    EXPECT_EQ(input.session, engine_.follows.front().session);
    EXPECT_EQ(input.code, base::Code::malformed);
    EXPECT_EQ(input.field, "say");
    EXPECT_EQ(input.bytes, 3u);
}

TEST_F(HubTest, ACloseWaitsForWhatIsDueAndNothingComesInMeanwhile) {
    Connection& connection = open();
    receive(connection, "join");
    sockets_.is_choked = true;
    for (int i = 0; i < 20; ++i) receive(connection, "bad");
    receive(connection, "say late");
    EXPECT_TRUE(engine_.submissions.empty());
    hub().turn();
    EXPECT_FALSE(sockets_.closed.has_value());
    sockets_.is_choked = false;
    hub().writable(connection);
    EXPECT_EQ(turn().size(), 20u);
    EXPECT_EQ(sockets_.closed, 1008);
}

TEST_F(HubTest, ACloseWaitsForWhatTheSystemHasYetToTake) {
    Connection& connection = open();
    sockets_.chokes_after_write = true;
    for (int i = 0; i < 20; ++i) receive(connection, "bad");
    EXPECT_EQ(turn().size(), 20u);
    EXPECT_FALSE(sockets_.closed.has_value());
    sockets_.is_choked = false;
    hub().writable(connection);
    hub().turn();
    EXPECT_EQ(sockets_.closed, 1008);
}

TEST_F(HubTest, MessagesOverTheRateAreRefusedAndSustainedOnesClose) {
    options_.limits.messages_per_second = 1;
    options_.limits.burst = 2;
    Connection& connection = open();
    receive(connection, "join");
    for (int i = 0; i < 3; ++i) receive(connection, "say x");
    EXPECT_EQ(engine_.submissions.size(), 2u);
    EXPECT_EQ(turn(), Texts{"rate_limited"});
    clock_.now += 1'000'000;
    receive(connection, "say x");
    EXPECT_EQ(engine_.submissions.size(), 3u);
    for (int i = 0; i < Hub::kLimitedInARowMax; ++i) receive(connection, "say x");
    hub().turn();
    EXPECT_EQ(sockets_.closed, 4429);
    EXPECT_EQ(counters_.rate_limited["connection"], 1u + Hub::kLimitedInARowMax);
}

TEST_F(HubTest, ConnectionsOfOneUserShareABucketAndReconnectingDoesNotFillIt) {
    options_.limits.user_messages_per_second = 1;
    options_.limits.user_burst = 3;
    Connection& one = open();
    Connection& two = open();
    receive(one, "join=good-ann");
    receive(two, "join=good-ann");
    for (int i = 0; i < 2; ++i) receive(one, "say x");
    for (int i = 0; i < 2; ++i) receive(two, "say x");
    EXPECT_EQ(engine_.submissions.size(), 3u);
    EXPECT_EQ(counters_.rate_limited["user"], 1u);
    hub().closed(one);
    hub().closed(two);
    Connection& again = open();
    receive(again, "join=good-ann");
    receive(again, "say x");
    EXPECT_EQ(engine_.submissions.size(), 3u);
}

TEST_F(HubTest, ConnectionsOfOneAddressShareABucketButLoopbackHasNone) {
    options_.limits.address_messages_per_second = 1;
    options_.limits.address_burst = 3;
    const auto say_four = [&](const std::string& address) {
        const std::size_t before = engine_.submissions.size();
        for (int i = 0; i < 2; ++i) {
            Connection& connection = open("/w", address);
            receive(connection, "join");
            for (int j = 0; j < 2; ++j) receive(connection, "say x");
        }
        return engine_.submissions.size() - before;
    };
    EXPECT_EQ(say_four("203.0.113.7"), 3u);
    EXPECT_EQ(counters_.rate_limited["address"], 1u);
    EXPECT_EQ(say_four("203.0.113.8"), 3u);
    EXPECT_EQ(say_four("127.0.0.1"), 4u);
}

TEST_F(HubTest, PingsGoOutAndTwoUnansweredDrop) {
    Connection& connection = open();
    const auto pass = [&] {
        clock_.now += options_.limits.ping_interval_us;
        hub().turn();
    };
    pass();
    EXPECT_EQ(sockets_.written, std::vector<std::string>{"\x89\x01p"});
    hub().pong(connection);
    pass();
    pass();
    EXPECT_FALSE(sockets_.dropped);
    pass();
    EXPECT_TRUE(sockets_.dropped);
}

TEST_F(HubTest, WhatANoticeLeadsToIsDoneAndAnsweredInTheSameTurn) {
    Connection& connection = open();
    receive(connection, "join");
    notify(connection, engine::Live{0, {1}});
    EXPECT_EQ(turn(), Texts{"live"});
    ASSERT_EQ(engine_.submissions.size(), 1u);
    EXPECT_EQ(engine_.submissions[0].payload, "live");
    engine_.full = true;
    notify(connection, engine::Live{0, {1}});
    EXPECT_EQ(turn(), (Texts{"live", "busy"}));
}

TEST_F(HubTest, ADialectIsToldTheTimeAndWhoIsThere) {
    Connection& connection = open("/w", "127.0.0.1", "good-ann");
    clock_.now += 5;
    receive(connection, "time");
    EXPECT_EQ(turn(), (Texts{"hello ann", std::to_string(clock_.now)}));
}

TEST_F(HubTest, ADrainRefusesMessagesAndClosesByTheRoutesStyle) {
    Connection& connection = open();
    receive(connection, "join");
    hub().begin_drain();
    receive(connection, "say x");
    EXPECT_TRUE(engine_.submissions.empty());
    notify(connection, events(2, 2));
    hub().close_all();
    EXPECT_EQ(turn(), (Texts{"restarting", "1<2p"}));
    EXPECT_EQ(sockets_.closed, 1012);
}

TEST_F(HubTest, ARouteThatDropsSendsNoCloseFrame) {
    open("/drop");
    hub().close_all();
    hub().turn();
    EXPECT_TRUE(sockets_.dropped);
    EXPECT_FALSE(sockets_.closed.has_value());
}

TEST_F(HubTest, AClosedConnectionUnfollowsAndLateNoticesAreDropped) {
    Connection& connection = open();
    const base::ConnectionId id = connection.id;
    receive(connection, "join");
    hub().closed(connection);
    EXPECT_EQ(engine_.unfollows, std::vector<engine::Slot>{0});
    EXPECT_EQ(hub().size(), 0u);
    std::vector<engine::Notice> late;
    late.push_back({id, events(2, 2)});
    hub().notices(std::move(late));
    EXPECT_TRUE(turn().empty());
}

TEST_F(HubTest, ABrokenSocketIsDroppedOnce) {
    Connection& connection = open();
    receive(connection, "join");
    sockets_.broken = true;
    notify(connection, events(2, 3, 9'000));
    hub().turn();
    EXPECT_TRUE(sockets_.dropped);
    EXPECT_EQ(sockets_.written.size(), 1u);
    hub().closed(connection);
    EXPECT_EQ(counters_.connections_open, 0u);
}

TEST_F(HubTest, AnIdleConnectionHoldsNoBuffers) {
    Connection& connection = open();
    receive(connection, "join");
    receive(connection, "bad");
    notify(connection, events(2, 200, 100));
    hub().turn();
    EXPECT_LE(connection.answers.capacity(), std::string().capacity());
    EXPECT_TRUE(connection.due.empty());
}

TEST_F(HubTest, AStreamOfBytesIsKeptAliveByCommentsThatNobodyAnswers) {
    Connection& stream = open_bytes();
    clock_.now += options_.limits.ping_interval_us;
    hub().turn();
    EXPECT_TRUE(sockets_.written.empty());  // its head has not gone out
    notify(stream, engine::Accepted{1, {1}, false});
    hub().turn();
    EXPECT_EQ(sockets_.written, Texts{"accepted"});
    for (int i = 0; i < 5; ++i) {
        sockets_.written.clear();
        clock_.now += options_.limits.ping_interval_us;
        hub().turn();
        EXPECT_EQ(sockets_.written, Texts{":\n\n"});
    }
    EXPECT_FALSE(sockets_.dropped);
}

TEST_F(HubTest, AStreamThatEndsBeforeItBeganAnswersFirst) {
    open_bytes();
    hub().close_all();
    hub().turn();
    EXPECT_EQ(sockets_.written, Texts{"restarting"});
    EXPECT_EQ(sockets_.closed, 1012);
}

}  // namespace
}  // namespace chartroom::gateway
