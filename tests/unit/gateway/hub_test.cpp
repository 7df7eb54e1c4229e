// The hub with everything around it fake: sockets that choke when told, an engine that records, a
// dialect with a language of a few words.
#include "core/gateway/hub.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/gateway/frame.hpp"

namespace chartroom::gateway {
namespace {

class TestClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override { return now; }
    [[nodiscard]] std::int64_t monotonic_us() const override { return now; }
    std::int64_t now = 1'000'000'000;
};

struct FakeSockets final : Sockets {
    bool choked(Socket) override { return is_choked; }
    bool write(Socket, char* frames, std::size_t bytes) override {
        written.emplace_back(frames, bytes);
        if (chokes_after_write) is_choked = true;
        return !broken;
    }
    void ask_writable(Socket) override { ++asked; }
    void set_reading(Socket, bool on) override { reading.push_back(on); }
    void close(Socket, std::uint16_t code, std::string_view) override { closed = code; }
    void drop(Socket) override { dropped = true; }

    // The text frames written so far, without the pings, and forgets them.
    std::vector<std::string> texts() {
        std::string all;
        for (const auto& piece : written) all += piece;
        written.clear();
        std::vector<std::string> out;
        while (!all.empty()) {
            const std::size_t bytes = whole_frames_within(all, 1);
            const bool is_text = (static_cast<unsigned char>(all[0]) & 0x0fu) == 1;
            const std::size_t header = bytes > 65'545 ? 10 : bytes > 127 ? 4 : 2;
            if (is_text) out.push_back(all.substr(header, bytes - header));
            all.erase(0, bytes);
        }
        return out;
    }

    bool is_choked = false;
    bool chokes_after_write = false;
    bool broken = false;
    bool dropped = false;
    int asked = 0;
    std::optional<std::uint16_t> closed;
    std::vector<bool> reading;
    std::vector<std::string> written;
};

struct FakeEngine final : EnginePort {
    struct Consumed {
        std::uint64_t offset;
        std::size_t bytes;
        bool operator==(const Consumed&) const = default;
    };
    bool submit(engine::Submission submission) override {
        if (full) return false;
        submissions.push_back(std::move(submission));
        return true;
    }
    bool follow(engine::Follow follow) override {
        if (full) return false;
        follows.push_back(std::move(follow));
        return true;
    }
    bool cancel(engine::Cancel) override { return !full; }
    bool history(engine::History) override { return !full; }
    void note_refused(engine::RefusedInput input) override {
        refused_inputs.push_back(std::move(input));
    }
    void consumed(base::ConnectionId, const base::SessionId&, engine::Slot, base::Offset offset,
                  std::size_t bytes) override {
        consumed_calls.push_back({offset.value, bytes});
    }
    void unfollow(base::ConnectionId, const base::SessionId&, engine::Slot slot) override {
        unfollows.push_back(slot);
    }
    bool full = false;
    std::vector<engine::Submission> submissions;
    std::vector<engine::Follow> follows;
    std::vector<engine::RefusedInput> refused_inputs;
    std::vector<Consumed> consumed_calls;
    std::vector<engine::Slot> unfollows;
};

// join[=token] | leave | say TEXT | time | bad | refresh TOKEN; answers and notices are plain
// words.
class WordDialect final : public dialects::Dialect {
  public:
    dialects::Decoded connected(const dialects::ConnectInfo& info) override {
        if (!info.user.empty()) return {{}, {"hello " + info.user}, {}};
        return {};
    }
    dialects::Decoded text(std::string_view frame) override {
        dialects::Decoded out;
        if (frame.starts_with("join")) {
            dialects::Join join;
            if (frame.size() > 5) join.token = frame.substr(5);
            out.requests.emplace_back(std::move(join));
        } else if (frame == "leave") {
            out.requests.emplace_back(dialects::Leave{});
        } else if (frame.starts_with("say ")) {
            dialects::Send send;
            send.request = ++requests_;
            send.type = "echo";
            send.payload = frame.substr(4);
            out.requests.emplace_back(std::move(send));
        } else if (frame == "time") {
            out.frames.push_back(std::to_string(now_us_));
        } else if (frame.starts_with("refresh ")) {
            out.requests.emplace_back(dialects::Refresh{std::string(frame.substr(8))});
        } else {
            out.frames.emplace_back("what?");
            out.refused = base::Error{base::Code::malformed, "what?", "say"};
        }
        return out;
    }
    dialects::Decoded too_long(std::size_t bytes) override {
        return {{},
                {"too long: " + std::to_string(bytes)},
                base::Error{base::Code::message_too_long, "too long"}};
    }
    dialects::Encoded refused(const base::Error& error, std::uint64_t) override {
        return {{std::string(base::info(error.code).name)}, {}};
    }
    std::vector<std::string> authenticated(std::string_view user) override {
        return {"welcome " + std::string(user)};
    }
    void joined(const dialects::Joined&) override {}
    dialects::Encoded notice(const engine::NoticeBody& notice) override {
        if (const auto* delivered = std::get_if<engine::Delivered>(&notice)) {
            EXPECT_EQ(delivered->events.size(), 1u);
            const auto& event = *delivered->events.front();
            return {{std::to_string(delivered->prev.value) + "<" +
                     std::to_string(event.offset.value) + event.payload},
                    {}};
        }
        if (std::holds_alternative<engine::Accepted>(notice)) return {{"accepted"}, {}};
        if (std::holds_alternative<engine::Live>(notice)) {  // leads to a message
            dialects::Send send;
            send.request = ++requests_;
            send.type = "echo";
            send.payload = "live";
            return {{"live"}, {}, {send}};
        }
        if (const auto* gone = std::get_if<engine::Unfollowed>(&notice)) {
            return {{"no: " + std::string(base::info(gone->error.code).name)}, {}};
        }
        return {};
    }

  private:
    std::uint64_t requests_ = 0;
};

class HubTest : public testing::Test {
  protected:
    HubTest()
        : routes_(*RouteTable::make({{"/w", "words", RouteAuth::optional, DrainStyle::close},
                                     {"/native", "native", RouteAuth::required, DrainStyle::close},
                                     {"/drop", "words", RouteAuth::optional, DrainStyle::drop}},
                                    {"words", "native"})) {
        authenticate_ = [](std::string_view token) -> base::Result<auth::Principal> {
            if (!token.starts_with("good-")) {
                return base::fail(base::Code::unauthenticated, "no");
            }
            auth::Principal principal;
            principal.who = auth::Who::user;
            principal.id = std::string(token.substr(5));
            return principal;
        };
        options_.limits.messages_per_second = 0;
        options_.limits.user_messages_per_second = 0;
    }
    Hub& hub() {
        if (!hub_) {
            admission_.emplace(options_, routes_, authenticate_, std::vector<std::string>());
            hub_.emplace(options_, HubWorld{clock_, random_, sockets_, engine_, *admission_,
                                            authenticate_, counters_});
        }
        return *hub_;
    }
    Connection& open(const std::string& path = "/w") {
        Hub& made = hub();
        HttpRequest request;
        request.host = "localhost";
        request.path = path;
        request.address = "127.0.0.1";
        auto admitted = admission_->admit(request);
        EXPECT_TRUE(admitted.has_value());
        return *made.open(std::move(*admitted), Socket{this}, std::make_unique<WordDialect>());
    }
    void receive(Connection& connection, std::string_view text) {
        Piece piece;
        piece.bytes = text;
        hub().received(connection, piece);
    }
    std::vector<std::string> turn() {
        hub().turn();
        return sockets_.texts();
    }
    void notify(const Connection& connection, engine::NoticeBody body) {
        std::vector<engine::Notice> batch;
        batch.push_back({connection.id, std::move(body)});
        hub().notices(std::move(batch));
    }
    static engine::Delivered events(std::uint64_t from, std::uint64_t to, std::size_t bytes = 1) {
        engine::Delivered delivered;
        delivered.prev = {from - 1};
        for (std::uint64_t offset = from; offset <= to; ++offset) {
            events::Event event;
            event.offset = {offset};
            event.payload = std::string(bytes, 'p');
            delivered.events.push_back(std::make_shared<const events::Event>(std::move(event)));
        }
        return delivered;
    }

    TestClock clock_;
    base::SeededRandom random_{1};
    Options options_;
    RouteTable routes_;
    Authenticate authenticate_;
    FakeSockets sockets_;
    FakeEngine engine_;
    Counters counters_;
    std::optional<Admission> admission_;
    std::optional<Hub> hub_;
};

using Texts = std::vector<std::string>;

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
}

TEST_F(HubTest, ConnectionsOfOneUserShareABucket) {
    options_.limits.user_messages_per_second = 1;
    options_.limits.user_burst = 3;
    Connection& one = open();
    Connection& two = open();
    receive(one, "join=good-ann");
    receive(two, "join=good-ann");
    for (int i = 0; i < 2; ++i) receive(one, "say x");
    for (int i = 0; i < 2; ++i) receive(two, "say x");
    EXPECT_EQ(engine_.submissions.size(), 3u);
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

TEST_F(HubTest, ATokenIsDueBeforeTheDeadline) {
    Connection& shown = open("/native");
    receive(shown, "join=good-ann");
    clock_.now += options_.limits.auth_deadline_us;
    hub().turn();
    EXPECT_FALSE(sockets_.closed.has_value());
    open("/native");
    clock_.now += options_.limits.auth_deadline_us;
    hub().turn();
    EXPECT_EQ(sockets_.closed, 4001);
}

TEST_F(HubTest, NothingIsDoneForWhoHasYetToShowAToken) {
    Connection& connection = open("/native");
    receive(connection, "join");
    EXPECT_TRUE(engine_.follows.empty());
    EXPECT_EQ(turn(), Texts{"no: unauthenticated"});
    EXPECT_EQ(sockets_.closed, 4001);
}

TEST_F(HubTest, ABadTokenIsNeverDowngraded) {
    Connection& connection = open();
    receive(connection, "join=bad");
    EXPECT_TRUE(engine_.follows.empty());
    hub().turn();
    EXPECT_EQ(sockets_.closed, 4001);
}

TEST_F(HubTest, ARefreshKeepsTheUserAndAnotherUserCloses) {
    Connection& connection = open();
    receive(connection, "join=good-ann");
    receive(connection, "refresh good-ann");
    EXPECT_EQ(turn(), Texts{"welcome ann"});
    EXPECT_FALSE(sockets_.closed.has_value());
    receive(connection, "refresh good-bob");
    hub().turn();
    EXPECT_EQ(sockets_.closed, 4003);
}

TEST_F(HubTest, ARefreshMayBeTheFirstToken) {
    Connection& connection = open("/native");
    receive(connection, "refresh good-ann");
    EXPECT_EQ(turn(), Texts{"welcome ann"});
    receive(connection, "join");
    ASSERT_EQ(engine_.follows.size(), 1u);
    EXPECT_EQ(engine_.follows[0].principal->id, "ann");
    Connection& other = open("/native");
    receive(other, "refresh bad");
    EXPECT_EQ(turn(), Texts{"unauthenticated"});
    EXPECT_EQ(sockets_.closed, 4001);
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
    hub();
    HttpRequest request;
    request.host = "localhost";
    request.path = "/w";
    request.address = "127.0.0.1";
    request.query = {{"token", "good-ann"}};
    auto admitted = admission_->admit(request);
    ASSERT_TRUE(admitted.has_value());
    Connection& connection =
        *hub().open(std::move(*admitted), Socket{this}, std::make_unique<WordDialect>());
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

}  // namespace
}  // namespace chartroom::gateway
