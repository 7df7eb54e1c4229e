// Conversations over real sockets: native, plain, broadcast, resume, drain.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/gateway/raw_client.hpp"
#include "tests/integration/gateway/running_gateway.hpp"

namespace chartroom::tests {
namespace {

using nlohmann::json;

constexpr const char* kUpgraded = "HTTP/1.1 101 Switching Protocols";

// The next frame of that type, as JSON; null at the end of the connection.
json expect_type(RawClient& client, const std::string& type) {
    while (const auto frame = client.read_frame()) {
        if (frame->opcode != 1) return nullptr;
        json parsed = json::parse(frame->payload);
        if (parsed.value("type", "") == type) return parsed;
    }
    return nullptr;
}

json open_session(RawClient& client, const json& more = json::object()) {
    EXPECT_EQ(client.upgrade("/v1/session"), kUpgraded);
    json open = {{"type", "session.open"}};
    open.update(more);
    client.send_text(open.dump());
    return expect_type(client, "session.opened");
}

void post(RawClient& client, const std::string& id, const std::string& content) {
    client.send_text(
        json{{"type", "echo"}, {"id", id}, {"since", 0}, {"data", {{"content", content}}}}.dump());
}

TEST(GatewaySession, AMessageIsAcceptedAndEchoed) {
    const RunningGateway server;
    RawClient client(server.port());
    ASSERT_FALSE(open_session(client).is_null());
    post(client, "c-1", "hello");
    EXPECT_EQ(expect_type(client, "accepted")["id"], "c-1");
    EXPECT_EQ(expect_type(client, "echo")["data"]["content"], "hello");
}

TEST(GatewaySession, ManyInFlightOnOneConnectionAllComeInOrder) {
    const RunningGateway server({.limits = {.messages_per_second = 0}});
    RawClient client(server.port());
    ASSERT_FALSE(open_session(client).is_null());
    constexpr int kMessages = 1000;  // far over what may be in flight: reading pauses
    for (int i = 0; i < kMessages; ++i) post(client, "c-" + std::to_string(i), std::to_string(i));
    for (int i = 0; i < kMessages; ++i) {
        const json echo = expect_type(client, "echo");
        ASSERT_FALSE(echo.is_null()) << i;
        ASSERT_EQ(echo["data"]["content"], std::to_string(i));
    }
    EXPECT_EQ(server.get("/metrics").find("chartroom_reading_pauses_total 0\n"), std::string::npos);
}

TEST(GatewaySession, AClientThatDropsResumesWhereItStopped) {
    const RunningGateway server;
    json opened;
    json first;
    {
        RawClient client(server.port());
        opened = open_session(client);
        post(client, "c-1", "one");
        first = expect_type(client, "echo");
        post(client, "c-2", "two");
        ASSERT_FALSE(expect_type(client, "accepted").is_null());
        ASSERT_FALSE(expect_type(client, "echo").is_null());
    }
    RawClient again(server.port());
    const json resumed = open_session(
        again,
        {{"session", opened["session"]}, {"after", first["offset"]}, {"epoch", opened["epoch"]}});
    EXPECT_EQ(resumed["resumed"], true);
    const json second = expect_type(again, "echo");
    EXPECT_EQ(second["data"]["content"], "two");
    EXPECT_EQ(second["prev"], first["offset"]);
}

TEST(GatewaySession, AThousandMissedEventsComeThroughPiecesOfWhatTheSocketTakes) {
    const RunningGateway server({.limits = {.messages_per_second = 0}});
    constexpr int kMessages = 300;
    const std::string big(4'000, 'x');
    json opened;
    {
        RawClient client(server.port());
        opened = open_session(client);
        for (int i = 0; i < kMessages; ++i) {
            post(client, "c-" + std::to_string(i), big);
            ASSERT_FALSE(expect_type(client, "echo").is_null());
        }
    }
    RawClient slow(server.port(), 4'096);
    ASSERT_FALSE(open_session(slow, {{"session", opened["session"]}, {"after", 0}}).is_null());
    for (int i = 0; i < kMessages; ++i) {
        const json echo = expect_type(slow, "echo");
        ASSERT_FALSE(echo.is_null()) << i;
        ASSERT_EQ(echo["data"]["content"].get_ref<const std::string&>().size(), big.size());
    }
    EXPECT_EQ(expect_type(slow, "session.live")["session"], opened["session"]);
}

TEST(GatewaySession, TextAndRoomsWorkBesideNative) {
    const RunningGateway server;
    RawClient plain(server.port());
    ASSERT_EQ(plain.upgrade("/ws"), kUpgraded);
    plain.send_text("hi");
    const auto echoed = plain.read_frame();
    ASSERT_TRUE(echoed.has_value());
    EXPECT_EQ(echoed->payload, "Echo: hi");
    RawClient one(server.port());
    RawClient other(server.port());
    ASSERT_EQ(one.upgrade("/ws/broadcast"), kUpgraded);
    ASSERT_EQ(other.upgrade("/ws/broadcast"), kUpgraded);
    other.send_text("first");  // its echo says that the other follows the room
    ASSERT_EQ(other.read_frame()->payload, "Someone said: first");
    one.send_text("to all");
    EXPECT_EQ(other.read_frame()->payload, "Someone said: to all");
}

TEST(GatewaySession, ABadTokenIsRefusedAndARequiredOneHasADeadline) {
    gateway::Options options;
    options.limits.auth_deadline_us = 300'000;
    const RunningGateway server(std::move(options));
    RawClient bad(server.port());
    ASSERT_EQ(bad.upgrade("/v1/session"), kUpgraded);
    bad.send_text(R"({"type":"session.open","token":"bad"})");
    EXPECT_EQ(bad.read_to_close(), 4001u);
    RawClient header(server.port());
    EXPECT_EQ(header.upgrade("/v1/session", "Authorization: Bearer bad\r\n"),
              "HTTP/1.1 401 Unauthorized");
    RawClient silent(server.port());
    ASSERT_EQ(silent.upgrade("/must"), kUpgraded);
    EXPECT_EQ(silent.read_to_close(), 4001u);
    RawClient good(server.port());
    ASSERT_EQ(good.upgrade("/must"), kUpgraded);
    good.send_text(R"({"type":"session.open","session":"home","token":"good-ann"})");
    EXPECT_EQ(expect_type(good, "session.opened")["session"], "home");
}

TEST(GatewaySession, ADrainRefusesMessagesAndClosesByTheRoutesStyle) {
    RunningGateway server;
    RawClient native(server.port());
    RawClient dropped(server.port());
    ASSERT_FALSE(open_session(native).is_null());
    ASSERT_EQ(dropped.upgrade("/dropped"), kUpgraded);
    post(native, "c-1", "before");
    ASSERT_FALSE(expect_type(native, "echo").is_null());
    server.gateway().begin_drain();
    // Until the order is seen a message may still be taken.
    std::string code;
    for (int i = 2; code != "restarting"; ++i) {
        post(native, "c-" + std::to_string(i), "late");
        const auto frame = native.read_frame();
        ASSERT_TRUE(frame.has_value());
        code = json::parse(frame->payload).value("code", "");
    }
    EXPECT_FALSE(RawClient(server.port()).connected());
    server.gateway().close_all();
    EXPECT_EQ(native.read_to_close(), 1012u);
    EXPECT_EQ(dropped.read_to_close(), 0u);
    EXPECT_TRUE(server.returned());
}

TEST(GatewaySession, StopEndsAtOnceWithClientsConnected) {
    RunningGateway server;
    RawClient client(server.port());
    ASSERT_FALSE(open_session(client).is_null());
    server.gateway().stop();
    EXPECT_TRUE(server.returned());
    EXPECT_TRUE(client.read_to_end());
}

}  // namespace
}  // namespace chartroom::tests
