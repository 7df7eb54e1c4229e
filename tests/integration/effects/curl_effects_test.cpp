#include "core/effects/curl_effects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <semaphore>

#include "core/base/strand.hpp"
#include "core/effects/limits.hpp"
#include "tests/integration/effects/scripted_server.hpp"

namespace chartroom::effects {
namespace {

using engine::EffectPiece;
using engine::HttpStart;
using engine::Outcome;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kDeadline = std::chrono::seconds(20);
constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

// What a sink was given.
class Received {
  public:
    engine::EffectSink sink() {
        return [this](EffectPiece piece) {
            const std::lock_guard lock(mutex_);
            pieces_.push_back(std::move(piece));
            changed_.notify_all();
        };
    }
    // Waits until `done` of the pieces so far; fails the test at the deadline.
    template <typename Done>
    void await(Done done) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, kDeadline, [&] { return done(pieces_); }));
    }
    EffectPiece end() {
        await([](const auto& pieces) { return !pieces.empty() && pieces.back().last; });
        const std::lock_guard lock(mutex_);
        return pieces_.empty() ? EffectPiece{} : pieces_.back();
    }
    void await_body(std::size_t size) {
        await([&](const auto& pieces) { return body_of(pieces).size() >= size; });
    }
    std::string body() {
        const std::lock_guard lock(mutex_);
        return body_of(pieces_);
    }
    std::vector<EffectPiece> pieces() {
        const std::lock_guard lock(mutex_);
        return pieces_;
    }

  private:
    static std::string body_of(const std::vector<EffectPiece>& pieces) {
        std::string body;
        for (const EffectPiece& piece : pieces)
            if (!piece.last) body += piece.bytes;
        return body;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<EffectPiece> pieces_;
};

HostList hosts(const std::vector<std::string>& entries) {
    return HostList::parse(entries).value();
}

class CurlEffectsTest : public ::testing::Test {
  protected:
    CurlEffectsTest() { effects_.grant("p", {hosts({"*"}), hosts({"127.0.0.1"}), {}}); }
    ~CurlEffectsTest() override { strand_.stop(); }

    HttpStart get(std::string url) {
        HttpStart start;
        start.token = ++token_;
        start.request.method = "GET";
        start.request.url = std::move(url);
        start.plugin = "p";
        return start;
    }
    engine::EffectToken run(HttpStart start, Received& received) {
        const engine::EffectToken token = start.token;
        effects_.http(std::move(start), strand_, received.sink());
        return token;
    }
    // Runs `task` on the strand and waits for it.
    void on_strand(base::Task task) {
        std::binary_semaphore done(0);
        strand_.post([&, task = std::move(task)]() mutable {
            task();
            done.release();
        });
        done.acquire();
    }

    base::SystemClock clock_;
    base::ThreadStrand strand_{clock_, "strand"};
    CurlEffects effects_{clock_, {.trace_hosts = hosts({"127.0.0.1"})}, [](auto, auto, auto input) {
                             return std::string(input);
                         }};
    engine::EffectToken token_ = 0;
};

TEST_F(CurlEffectsTest, AnAnswerIsItsBodyAndThenItsEnd) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello");
    });
    Received received;
    run(get(server.url()), received);
    const EffectPiece end = received.end();
    EXPECT_EQ(end.outcome, Outcome::ok);
    EXPECT_EQ(end.status, 201);
    EXPECT_EQ(end.bytes, "");
    EXPECT_EQ(received.body(), "hello");
    EXPECT_EQ(received.pieces().front().status, 201);
    on_strand([] {});  // the op is forgotten by the task that carried its end
    EXPECT_EQ(effects_.open_ops(), 0u);
}

TEST_F(CurlEffectsTest, TheEndCarriesTheHeadersThatAHandlerMayNeed) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send(
            "HTTP/1.1 100 Continue\r\nRetry-After: 1\r\n\r\n"
            "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRETRY-AFTER:  7 \r\n"
            "X-Secret: no\r\nContent-Type: text/plain\xc3\r\n\r\n");
    });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().status, 429);
    EXPECT_EQ(received.end().headers, "retry-after: 7\n");
}

TEST_F(CurlEffectsTest, ARequestCarriesItsBodyHeadersKeyAndSecret) {
    std::string seen;
    const ScriptedServer server([&](const Peer& peer) {
        seen = peer.request();
        peer.send(kHead);
    });
    effects_.grant("p", {hosts({"127.0.0.1"}),
                         hosts({"127.0.0.1"}),
                         {{"api_key", "s3cret", Origin::of(server.url()).value()}}});
    HttpStart start = get(server.url("/v1/chat?x=1"));
    start.request.method = "POST";
    start.request.body = std::string("{\"a\":\0 1}", 9);
    start.request.headers = {{"Content-Type", "application/json"},
                             {"Authorization", "Bearer {{secret:api_key}}"}};
    start.idempotency_key = "key-1";
    start.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    Received received;
    run(std::move(start), received);
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_THAT(seen, HasSubstr("POST /v1/chat?x=1 HTTP/1.1\r\n"));
    EXPECT_THAT(seen, HasSubstr("\r\nAuthorization: Bearer s3cret\r\n"));
    EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(seen, HasSubstr("\r\nIdempotency-Key: key-1\r\n"));
    EXPECT_THAT(seen, HasSubstr("\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    EXPECT_THAT(seen, Not(HasSubstr("Expect")));
    EXPECT_TRUE(seen.ends_with(std::string("\r\n\r\n{\"a\":\0 1}", 13)));
}

TEST_F(CurlEffectsTest, APieceTravelsWhileTheAnswerStillRuns) {
    std::binary_semaphore gate(0);
    const ScriptedServer server([&](const Peer& peer) {
        peer.send(kHead);
        peer.send("first ");
        gate.acquire();
        peer.send("second");
    });
    Received received;
    run(get(server.url()), received);
    received.await_body(6);
    EXPECT_EQ(received.body(), "first ");
    EXPECT_FALSE(received.pieces().back().last);
    gate.release();
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.body(), "first second");
}

TEST_F(CurlEffectsTest, SmallWritesAreGatheredIntoFewPieces) {
    const std::string line = "data: 0123456789\n\n";
    constexpr std::size_t kLines = 2'000;
    const ScriptedServer server([&](const Peer& peer) {
        peer.send(kHead);
        for (std::size_t i = 0; i < kLines; ++i) peer.send(line);
    });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.body().size(), kLines * line.size());
    const auto pieces = received.pieces();
    EXPECT_LT(pieces.size(), kLines / 10);
    for (const EffectPiece& piece : pieces) EXPECT_LE(piece.bytes.size(), kPieceBytesMax);
}

TEST_F(CurlEffectsTest, AStallEndsTheRequestAtTheIdleLimit) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send(kHead);
        peer.send("so far");
        peer.await_close();
    });
    HttpStart start = get(server.url());
    start.request.idle_timeout_ms = 80;
    Received received;
    run(std::move(start), received);
    const EffectPiece end = received.end();
    EXPECT_EQ(end.outcome, Outcome::timed_out);
    EXPECT_THAT(end.bytes, HasSubstr("80 ms"));
    EXPECT_EQ(received.body(), "so far");
}

TEST_F(CurlEffectsTest, BytesThatKeepComingOutliveTheIdleLimit) {
    std::counting_semaphore<> gate(0);
    const ScriptedServer server([&](const Peer& peer) {
        peer.send(kHead);
        for (int i = 0; i < 8; ++i) {
            peer.send("x");
            gate.acquire();
        }
    });
    HttpStart start = get(server.url());
    start.request.idle_timeout_ms = 5'000;
    Received received;
    run(std::move(start), received);
    for (std::size_t i = 1; i <= 8; ++i) {
        received.await_body(i);
        gate.release();
    }
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.body(), "xxxxxxxx");
}

TEST_F(CurlEffectsTest, TheTotalLimitEndsARequestThatIsNotIdleYet) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send(kHead);
        peer.send("x");
        peer.await_close();
    });
    HttpStart start = get(server.url());
    start.request.total_timeout_ms = 100;
    Received received;
    run(std::move(start), received);
    EXPECT_EQ(received.end().outcome, Outcome::timed_out);
    EXPECT_EQ(received.body(), "x");
}

TEST_F(CurlEffectsTest, AnAnswerAboveItsBoundIsCutThere) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send(kHead);
        peer.send(std::string(100'000, 'y'));
    });
    HttpStart start = get(server.url());
    start.request.body_bytes_max = 50'001;
    Received received;
    run(std::move(start), received);
    EXPECT_EQ(received.end().outcome, Outcome::too_large);
    EXPECT_EQ(received.body(), std::string(50'001, 'y'));
}

TEST_F(CurlEffectsTest, EndlessHeadersAreTooLarge) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 100'000 && peer.send("X-Filler: " + std::string(90, 'z') + "\r\n");
             ++i) {
        }
    });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::too_large);
}

TEST_F(CurlEffectsTest, AfterStopNothingArrivesAndThePeerSeesTheEnd) {
    std::binary_semaphore closed(0);
    const ScriptedServer server([&](const Peer& peer) {
        peer.send(kHead);
        peer.send("before");
        peer.await_close();
        closed.release();
    });
    Received received;
    const auto token = run(get(server.url()), received);
    received.await_body(6);
    on_strand([&] { effects_.stop(token); });
    const std::size_t count = received.pieces().size();
    EXPECT_TRUE(closed.try_acquire_for(kDeadline));
    on_strand([] {});
    EXPECT_EQ(received.pieces().size(), count);
    EXPECT_FALSE(received.pieces().back().last);
    EXPECT_EQ(effects_.open_ops(), 0u);
}

TEST_F(CurlEffectsTest, WhilePausedNothingIsReadUntilResumed) {
    constexpr std::size_t kMore = 8u << 20;
    std::binary_semaphore gate(0);
    std::atomic<bool> all_sent = false;
    const ScriptedServer server([&](const Peer& peer) {
        peer.send(kHead);
        peer.send("a");
        gate.acquire();
        peer.send(std::string(kMore, 'b'));
        all_sent = true;
    });
    Received received;
    HttpStart start = get(server.url());
    start.request.idle_timeout_ms = 2'000;
    const auto token = run(std::move(start), received);
    received.await_body(1);
    effects_.pause(token);
    gate.release();
    // Another request that is begun and ended later shows that the thread has gone on meanwhile.
    for (int i = 0; i < 5; ++i) {
        const ScriptedServer other([](const Peer& peer) { peer.send(kHead); });
        Received done;
        run(get(other.url()), done);
        EXPECT_EQ(done.end().outcome, Outcome::ok);
    }
    EXPECT_FALSE(all_sent);
    EXPECT_LE(received.body().size(), 1u + kPieceBytesMax);
    effects_.resume(token);
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.body().size(), 1 + kMore);
}

TEST_F(CurlEffectsTest, ASinkThatFallsBehindBoundsWhatIsBuffered) {
    constexpr std::size_t kBody = 8u << 20;
    std::atomic<bool> all_sent = false;
    std::atomic<bool> begun = false;
    const ScriptedServer server([&](const Peer& peer) {
        peer.send(kHead);
        begun = true;
        peer.send(std::string(kBody, 'c'));
        all_sent = true;
    });
    Received received;
    std::binary_semaphore blocked(0);
    std::binary_semaphore gate(0);
    strand_.post([&] {
        blocked.release();
        gate.acquire();
    });
    blocked.acquire();
    run(get(server.url()), received);
    base::ThreadStrand other(clock_, "other");
    for (int i = 0; i < 20; ++i) {
        const ScriptedServer second([](const Peer& peer) { peer.send(kHead); });
        Received done;
        effects_.http(get(second.url()), other, done.sink());
        EXPECT_EQ(done.end().outcome, Outcome::ok);
    }
    EXPECT_TRUE(begun);
    EXPECT_FALSE(all_sent);
    gate.release();
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.body().size(), kBody);
}

TEST_F(CurlEffectsTest, AHostThatIsNotAllowedIsNeverConnectedTo) {
    const ScriptedServer server([](const Peer& peer) { peer.send(kHead); });
    const auto reason = [&](std::vector<std::string> manifest, std::vector<std::string> allowed,
                            const std::string& url) {
        effects_.grant("p", {hosts(manifest), hosts(allowed), {}});
        Received received;
        run(get(url), received);
        EXPECT_EQ(received.end().outcome, Outcome::failed);
        EXPECT_EQ(received.pieces().size(), 1u);
        return received.end().bytes;
    };
    const std::string by_name = "http://localhost:" + std::to_string(server.port()) + "/";
    EXPECT_THAT(reason({"example.com"}, {"*"}, server.url()), HasSubstr("manifest"));
    EXPECT_THAT(reason({"*"}, {}, server.url()), HasSubstr("operator"));
    EXPECT_THAT(reason({"*"}, {"*"}, server.url()), HasSubstr("loopback"));
    EXPECT_THAT(reason({"*"}, {"*"}, by_name), HasSubstr("loopback"));
    EXPECT_THAT(reason({"*"}, {"*"}, "http://[::ffff:127.0.0.1]:" + std::to_string(server.port())),
                HasSubstr("loopback"));
    EXPECT_THAT(reason({"*"}, {"*"}, "file:///etc/hosts"), HasSubstr("http"));
    EXPECT_EQ(server.connections(), 0u);
}

TEST_F(CurlEffectsTest, APluginWithoutAGrantCallsNobody) {
    Received received;
    HttpStart start = get("http://127.0.0.1:1/");
    start.plugin = "somebody else";
    run(std::move(start), received);
    EXPECT_EQ(received.end().outcome, Outcome::failed);
    EXPECT_THAT(received.end().bytes, HasSubstr("manifest"));
}

TEST_F(CurlEffectsTest, LocalhostListedByTheOperatorIsReached) {
    const ScriptedServer server([](const Peer& peer) { peer.send(kHead); });
    effects_.grant("p", {hosts({"*"}), hosts({"localhost"}), {}});
    Received received;
    run(get("http://localhost:" + std::to_string(server.port()) + "/"), received);
    EXPECT_EQ(received.end().outcome, Outcome::ok);
}

TEST_F(CurlEffectsTest, ARedirectIsAnAnswerAndNotFollowed) {
    const ScriptedServer target([](const Peer& peer) { peer.send(kHead); });
    const ScriptedServer server([&](const Peer& peer) {
        peer.send("HTTP/1.1 302 Found\r\nLocation: " + target.url() +
                  "\r\nContent-Length: 0\r\n\r\n");
    });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.end().status, 302);
    EXPECT_EQ(target.connections(), 0u);
}

TEST_F(CurlEffectsTest, AProxyInTheEnvironmentIsIgnored) {
    const ScriptedServer proxy([](const Peer& peer) { peer.send(kHead); });
    const ScriptedServer server([](const Peer& peer) { peer.send(kHead); });
    setenv("http_proxy", proxy.url().c_str(), 1);
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    unsetenv("http_proxy");
    EXPECT_EQ(proxy.connections(), 0u);
    EXPECT_EQ(server.connections(), 1u);
}

TEST_F(CurlEffectsTest, ARefusedConnectionFailsWithAReason) {
    std::uint16_t port = 0;
    {
        const ScriptedServer gone([](const Peer&) {});
        port = gone.port();
    }
    Received received;
    run(get("http://127.0.0.1:" + std::to_string(port) + "/"), received);
    EXPECT_EQ(received.end().outcome, Outcome::failed);
    EXPECT_THAT(received.end().bytes, HasSubstr("connect"));
    EXPECT_EQ(received.end().status, 0);
}

TEST_F(CurlEffectsTest, ACutBodyFailsAfterWhatHadArrived) {
    const ScriptedServer server(
        [](const Peer& peer) { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"); });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::failed);
    EXPECT_EQ(received.end().status, 200);
    EXPECT_EQ(received.body(), "half");
}

TEST_F(CurlEffectsTest, AChunkedBodyWithoutItsEndFails) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::failed);
    EXPECT_EQ(received.body(), "half");
}

TEST_F(CurlEffectsTest, WhatIsNoHttpFails) {
    const ScriptedServer server([](const Peer& peer) { peer.send("SSH-2.0-x\r\n"); });
    Received received;
    run(get(server.url()), received);
    EXPECT_EQ(received.end().outcome, Outcome::failed);
}

TEST_F(CurlEffectsTest, RequestsBeyondTheBoundWaitTheirTurn) {
    CurlEffects few(clock_, {.requests_max = 2}, [](auto, auto, auto) { return std::string(); });
    few.grant("p", {hosts({"*"}), hosts({"127.0.0.1"}), {}});
    std::counting_semaphore<> entered(0);
    std::counting_semaphore<> gate(0);
    const ScriptedServer server([&](const Peer& peer) {
        entered.release();
        gate.acquire();
        peer.send(kHead);
    });
    std::vector<Received> received(5);
    for (Received& one : received) few.http(get(server.url()), strand_, one.sink());
    entered.acquire();
    entered.acquire();
    EXPECT_EQ(server.connections(), 2u);
    gate.release(5);
    for (Received& one : received) EXPECT_EQ(one.end().outcome, Outcome::ok);
    EXPECT_EQ(server.connections(), 5u);
}

TEST_F(CurlEffectsTest, BeyondTheQueueRequestsFailAtOnce) {
    CurlEffects few(clock_, {.requests_max = 1, .waiting_requests_max = 1},
                    [](auto, auto, auto) { return std::string(); });
    few.grant("p", {hosts({"*"}), hosts({"127.0.0.1"}), {}});
    std::binary_semaphore entered(0);
    std::binary_semaphore gate(0);
    const ScriptedServer server([&](const Peer& peer) {
        entered.release();
        gate.acquire();
        peer.send(kHead);
    });
    Received running, waiting, refused;
    few.http(get(server.url()), strand_, running.sink());
    entered.acquire();
    few.http(get(server.url()), strand_, waiting.sink());
    few.http(get(server.url()), strand_, refused.sink());
    EXPECT_EQ(refused.end().outcome, Outcome::failed);
    EXPECT_THAT(refused.end().bytes, HasSubstr("waiting"));
    few.stop(2);
    gate.release();
    EXPECT_EQ(running.end().outcome, Outcome::ok);
}

TEST_F(CurlEffectsTest, DestroyingItDropsWhatRuns) {
    const ScriptedServer server([](const Peer& peer) {
        peer.send(kHead);
        peer.send("z");
        peer.await_close();
    });
    Received received;
    {
        CurlEffects brief(clock_, {}, [](auto, auto, auto) { return std::string(); });
        brief.grant("p", {hosts({"*"}), hosts({"127.0.0.1"}), {}});
        brief.http(get(server.url()), strand_, received.sink());
        received.await_body(1);
    }
    on_strand([] {});
    EXPECT_FALSE(received.pieces().back().last);
}

TEST_F(CurlEffectsTest, AnActivityComesBackOnItsStrand) {
    Received received;
    effects_.activity({++token_, "p", "same", "input"}, strand_, received.sink());
    EXPECT_EQ(received.end().outcome, Outcome::ok);
    EXPECT_EQ(received.end().bytes, "input");
}

}  // namespace
}  // namespace chartroom::effects
