// HTTP over real sockets: endpoints, pages, problems, limits.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/gateway/raw_client.hpp"
#include "tests/integration/gateway/running_gateway.hpp"

namespace chartroom::tests {
namespace {

std::string status_of(const std::string& response) {
    return response.substr(9, 3);
}

TEST(GatewayHttp, HealthReadinessAndMetricsAnswer) {
    const RunningGateway server;
    EXPECT_EQ(status_of(server.get("/healthz")), "200");
    EXPECT_NE(server.get("/readyz").find(R"({"ready":true,"checks":{"log":"ok"}})"),
              std::string::npos);
    const std::string metrics = server.get("/metrics");
    EXPECT_NE(metrics.find("chartroom_connections 0\n"), std::string::npos);
    EXPECT_NE(metrics.find("chartroom_turns_open 0\n"), std::string::npos);
    EXPECT_NE(metrics.find("chartroom_more_total 7\n"), std::string::npos);
}

TEST(GatewayHttp, NotReadySaysWhyOnLoopback) {
    RunningGateway server;
    server.not_ready = "disk full: chartroom.db";
    const std::string response = server.get("/readyz");
    EXPECT_EQ(status_of(response), "503");
    EXPECT_NE(response.find("disk full: chartroom.db"), std::string::npos);
}

TEST(GatewayHttp, PagesAreServedWithTheirPolicyAndNothingElseIs) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "gateway_http_pages";
    std::filesystem::create_directories(folder / "chat");
    std::ofstream(folder / "chat" / "index.html") << "<title>chat</title>";
    std::ofstream(folder / "chat" / "main.mjs") << std::string(100'000, ' ');
    gateway::Options options;
    options.pages = folder;
    const RunningGateway server(std::move(options));
    for (const char* path : {"/", "/chat", "/chat/", "/chat/index.html"}) {
        const std::string page = server.get(path);
        EXPECT_EQ(status_of(page), "200") << path;
        EXPECT_NE(page.find("content-security-policy: default-src 'none'"), std::string::npos);
        EXPECT_TRUE(page.ends_with("<title>chat</title>")) << path;
    }
    const std::string script = server.get("/chat/main.mjs");
    EXPECT_NE(script.find("content-type: text/javascript; charset=utf-8\r\n"), std::string::npos);
    EXPECT_TRUE(script.ends_with(std::string(1'000, ' ')));
    for (const char* path : {"/chat/../../etc/passwd", "/chat/%2e%2e/%2e%2e/etc/passwd",
                             "//etc/passwd", "/chat/..%2f..%2fetc/passwd", "/etc/passwd"}) {
        EXPECT_EQ(server.get(path).find("root:"), std::string::npos) << path;
    }
    std::filesystem::remove_all(folder);
}

TEST(GatewayHttp, OneConnectionCarriesSeveralRequestsAndHeadHasNoBody) {
    const RunningGateway server;
    RawClient client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const std::string head = client.read_response(false);
        EXPECT_EQ(status_of(head), "200");
        EXPECT_TRUE(head.ends_with("\r\n\r\n"));
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_TRUE(client.read_response().ends_with("{\"alive\":true}\n"));
    }
}

TEST(GatewayHttp, RefusalsAreProblemDocuments) {
    const RunningGateway server;
    const auto ask = [&](const std::string& head) {
        RawClient client(server.port());
        client.send(head + "\r\n\r\n");
        return client.read_response();
    };
    const std::string nowhere = server.get("/nowhere");
    EXPECT_EQ(status_of(nowhere), "404");
    EXPECT_NE(nowhere.find("content-type: application/problem+json\r\n"), std::string::npos);
    EXPECT_EQ(status_of(server.get("/v1/session")), "426");
    EXPECT_EQ(status_of(ask("DELETE /healthz HTTP/1.1\r\nHost: localhost")), "405");
    EXPECT_EQ(status_of(ask("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5")),
              "405");
    EXPECT_EQ(status_of(ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5")),
              "413");
    EXPECT_EQ(status_of(ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                            "Transfer-Encoding: chunked")),
              "411");
    EXPECT_EQ(status_of(ask("GET /healthz HTTP/1.1\r\nHost: evil.example")), "421");
    EXPECT_EQ(status_of(server.get("/healthz", "Origin: https://evil.example\r\n")), "403");
    EXPECT_EQ(status_of(server.get("/healthz", "Origin: null\r\n")), "403");
    EXPECT_EQ(status_of(server.get("/healthz", "Origin: http://localhost:3000\r\n")), "200");
}

const std::string kPost =
    "POST /api/v1/sessions/home/messages HTTP/1.1\r\nHost: localhost\r\n"
    "Authorization: Bearer good-ann\r\nContent-Type: application/json\r\n";

TEST(GatewayHttp, ABodyThatTricklesInHasADeadlineForAllOfIt) {
    gateway::Options options;
    options.limits.body_deadline_us = 300'000;
    const RunningGateway server(std::move(options));
    RawClient slow(server.port());
    slow.send(kPost + "Content-Length: 30\r\n\r\n{\"type\"");
    RawClient fast(server.port());
    fast.send(kPost + "Content-Length: 15\r\n\r\n{\"type\":\"echo\"}");
    EXPECT_EQ(status_of(fast.read_response()), "202");
    const std::string late = slow.read_response();
    EXPECT_EQ(status_of(late), "408");
    EXPECT_NE(late.find("connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(slow.read_to_end());
    // Having waited for one body is no deadline for the next request.
    fast.send(kPost + "Content-Length: 15\r\n\r\n{\"type\":\"echo\"}");
    EXPECT_EQ(status_of(fast.read_response()), "202");
}

TEST(GatewayHttp, ACallThatIsUnderWayIsAnsweredBeforeTheEnd) {
    RunningGateway server;
    RawClient client(server.port());
    client.send(kPost + "Content-Length: 15\r\n\r\n{\"type\":\"echo\"}");
    EXPECT_EQ(status_of(client.read_response()), "202");
    RawClient stream(server.port());
    stream.send(
        "GET /api/v1/sessions/home/stream HTTP/1.1\r\nHost: localhost\r\n"
        "Authorization: Bearer good-ann\r\n\r\n");
    EXPECT_NE(stream.read_response(false).find("text/event-stream"), std::string::npos);
    server.gateway().close_all();
    EXPECT_TRUE(stream.read_to_end());
    EXPECT_TRUE(server.returned());
}

TEST(GatewayHttp, ATakenAddressIsNamed) {
    const RunningGateway server;
    base::SystemClock clock;
    base::SystemRandom random;
    gateway::Options options;
    options.listen = {"127.0.0.1:" + std::to_string(server.port())};
    const auto second = gateway::Gateway::listen(std::move(options), {clock, random, {}, {}, {}});
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(server.port())),
              std::string::npos);
}

TEST(GatewayHttp, AGatewayThatNeverRunsGoesQuietly) {
    base::SystemClock clock;
    base::SystemRandom random;
    gateway::Options options;
    options.listen = {"127.0.0.1:0"};
    const auto made = gateway::Gateway::listen(std::move(options), {clock, random, {}, {}, {}});
    EXPECT_TRUE(made.has_value());
}

}  // namespace
}  // namespace chartroom::tests
