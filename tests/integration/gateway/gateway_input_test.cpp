// What broken and hostile clients send: the answer that the protocol names, and a server that goes
// on, which each test ends by showing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/gateway/raw_client.hpp"
#include "tests/integration/gateway/running_gateway.hpp"

namespace chartroom::tests {
namespace {

constexpr const char* kUpgraded = "HTTP/1.1 101 Switching Protocols";

gateway::Options small_limits() {
    gateway::Options options;
    options.limits.frame_bytes = 2'000;
    options.limits.header_deadline_us = 300'000;
    return options;
}

class GatewayInput : public testing::Test {
  protected:
    void TearDown() override {
        RawClient client(server_.port());
        ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
        client.send_text("still here");
        const auto echo = client.read_frame();
        ASSERT_TRUE(echo.has_value());
        EXPECT_EQ(echo->payload, "Echo: still here");
    }
    // The answer to raw bytes on a fresh connection, which the server then has to end.
    [[nodiscard]] std::string answer(const std::string& bytes) const {
        RawClient client(server_.port());
        client.send(bytes);
        std::string response = client.read_response();
        EXPECT_TRUE(client.read_to_end());
        return response;
    }
    [[nodiscard]] std::string upgrade_as(const std::string& kind) const {
        return answer(
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: " + kind +
            "\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n");
    }
    RunningGateway server_{small_limits()};
};

TEST_F(GatewayInput, UnknownUpgradesAreRefused) {
    for (const char* kind : {"foo", "h2c", "websocket2", "TLS/1.0"}) {
        EXPECT_EQ(upgrade_as(kind).find(" 101 "), std::string::npos) << kind;
    }
}

TEST_F(GatewayInput, NoiseInsteadOfHttpEndsTheConnection) {
    for (const std::string& noise :
         {std::string(64, '\0'), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
          std::string("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11),
          std::string("GARBAGE\r\n\r\n")}) {
        EXPECT_EQ(answer(noise).find(" 200 "), std::string::npos);
    }
}

TEST_F(GatewayInput, HeadersThatComeTooSlowlyEndTheConnection) {
    RawClient silent(server_.port());
    RawClient half(server_.port());
    half.send("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    EXPECT_TRUE(silent.read_to_end());
    // A byte now and then does not put the deadline off.
    while (half.send("x") && !half.ended_within_ms(20)) {
    }
}

TEST_F(GatewayInput, HugeHeadersEndTheConnection) {
    const std::string huge = "X-Long: " + std::string(20'000, 'x') + "\r\n";
    EXPECT_EQ(answer("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n" + huge + "\r\n").find(" 200 "),
              std::string::npos);
}

TEST_F(GatewayInput, FourKibOfHeadersAreTaken) {
    RawClient client(server_.port());
    const std::string headers = "Authorization: Bearer good-" + std::string(100, 'a') +
                                "\r\nCookie: " + std::string(4'000, 'x') + "\r\n";
    EXPECT_EQ(client.upgrade("/ws", headers), kUpgraded);
}

TEST_F(GatewayInput, RefusedUpgradesSayWhy) {
    const auto status = [&](const std::string& path, const std::string& headers) {
        RawClient client(server_.port());
        return client.upgrade(path, headers);
    };
    EXPECT_EQ(status("/nowhere", ""), "HTTP/1.1 404 Not Found");
    EXPECT_EQ(status("/ws", "Origin: https://evil.example\r\n"), "HTTP/1.1 403 Forbidden");
    EXPECT_EQ(status("/ws?token=bad", ""), "HTTP/1.1 401 Unauthorized");
    EXPECT_EQ(status("/ws", "Sec-WebSocket-Protocol: other\r\n"), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(status("/v1/session", "Sec-WebSocket-Protocol: other, chartroom.v1\r\n"), kUpgraded);
    EXPECT_EQ(answer("GET /ws HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade, close\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\n\r\n")
                  .substr(0, 12),
              "HTTP/1.1 421");
}

TEST_F(GatewayInput, FramesOutsideOfTheRulesCloseWithTheirCode) {
    struct Case {
        unsigned opcode;
        std::string payload;
        unsigned code;
    };
    for (const Case& one :
         {Case{2, "binary", 1003}, Case{1, "\xff", 1007}, Case{1, "\xed\xa0\x80", 1007},
          Case{1, std::string(8'001, 'x'), 1009}}) {
        RawClient client(server_.port());
        ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
        client.send_frame(one.opcode, one.payload);
        EXPECT_EQ(client.read_to_close(), one.code);
    }
}

TEST_F(GatewayInput, AnUnmaskedFrameIsNeverAnsweredByATrap) {
    RawClient client(server_.port());
    ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
    client.send_frame(1, "bare", true, false);
    client.send_frame(8, std::string("\x03\xe8", 2));
    EXPECT_TRUE(client.read_to_end());
}

TEST_F(GatewayInput, FragmentsAreJoinedAlsoAcrossACharacter) {
    RawClient client(server_.port());
    ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
    client.send_frame(1, "snow \xe2\x98", false);
    client.send_frame(9, "are you there", true);  // a ping between fragments
    client.send_frame(0, "\x83 man", true);
    std::vector<std::string> texts;
    while (texts.empty()) {
        const auto frame = client.read_frame();
        ASSERT_TRUE(frame.has_value());
        if (frame->opcode == 1) texts.push_back(frame->payload);
    }
    EXPECT_EQ(texts.front(), "Echo: snow \xe2\x98\x83 man");
}

TEST_F(GatewayInput, AFrameOverTheReadBufferComesWhole) {
    RawClient client(server_.port());
    ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
    const std::string text(2'000, 'y');
    client.send_text(text);
    const auto echo = client.read_frame();
    ASSERT_TRUE(echo.has_value());
    EXPECT_EQ(echo->payload, "Echo: " + text);
}

TEST_F(GatewayInput, ALongFrameIsRefusedAndTheConnectionStays) {
    RawClient client(server_.port());
    ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
    client.send_text(std::string(2'001, 'x'));
    const auto refused = client.read_frame();
    ASSERT_TRUE(refused.has_value());
    EXPECT_NE(refused->payload.find("message_too_long"), std::string::npos);
    client.send_text("short");
    EXPECT_EQ(client.read_frame()->payload, "Echo: short");
}

TEST_F(GatewayInput, TwentyRefusedFramesInARowClose1008) {
    RawClient client(server_.port());
    ASSERT_EQ(client.upgrade("/v1/session"), kUpgraded);
    for (int i = 0; i < 20; ++i) client.send_text("{");
    EXPECT_EQ(client.read_to_close(), 1008u);
}

TEST_F(GatewayInput, AClientsCloseIsAnswered) {
    RawClient client(server_.port());
    ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
    client.send_frame(8, std::string("\x03\xe8", 2));
    EXPECT_EQ(client.read_to_close(), 1000u);
}

TEST(GatewayLimits, ConnectionsHaveACap) {
    gateway::Options options;
    options.limits.connections = 2;
    const RunningGateway server(std::move(options));
    RawClient one(server.port());
    RawClient two(server.port());
    RawClient three(server.port());
    EXPECT_EQ(one.upgrade("/ws"), kUpgraded);
    EXPECT_EQ(two.upgrade("/ws"), kUpgraded);
    EXPECT_EQ(three.upgrade("/ws"), "HTTP/1.1 503 Service Unavailable");
}

TEST(GatewayLimits, AClientThatAnswersNoPingIsDropped) {
    gateway::Options options;
    options.limits.ping_interval_us = 100'000;
    const RunningGateway server(std::move(options));
    RawClient deaf(server.port());  // reads pings and never answers
    ASSERT_EQ(deaf.upgrade("/ws"), kUpgraded);
    EXPECT_EQ(deaf.read_to_close(), 0u);
}

TEST(GatewayLimits, TooManyMessagesAreRefusedWithAWait) {
    gateway::Options options;
    options.limits.messages_per_second = 1;
    options.limits.burst = 2;
    const RunningGateway server(std::move(options));
    RawClient client(server.port());
    ASSERT_EQ(client.upgrade("/ws"), kUpgraded);
    for (int i = 0; i < 3; ++i) client.send_text("x");
    std::string all;
    for (int i = 0; i < 3; ++i) all += client.read_frame()->payload + "\n";
    EXPECT_NE(all.find("rate_limited"), std::string::npos) << all;
}

}  // namespace
}  // namespace chartroom::tests
