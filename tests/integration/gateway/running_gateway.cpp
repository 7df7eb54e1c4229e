#include "tests/integration/gateway/running_gateway.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "tests/integration/gateway/raw_client.hpp"

namespace chartroom::tests {
namespace {

// Says back what it is told, as an event of the same type.
class EchoHandler final : public engine::Handler {
  public:
    EchoHandler() {
        info_.id = "org.chartroom.test.echo";
        info_.version = "1";
        info_.build = R"({"id":"org.chartroom.test.echo","version":"1"})";
        info_.handles = {"echo", "broadcast"};
    }
    [[nodiscard]] const engine::HandlerInfo& info() const override { return info_; }
    [[nodiscard]] base::Result<std::vector<engine::Command>> step(
        const engine::StepEvent& event) override {
        std::vector<engine::Command> commands;
        if (const auto* message = std::get_if<engine::MessageEvent>(&event.body)) {
            engine::Emit emit;
            emit.type = message->type;
            emit.payload = message->payload;
            commands.emplace_back(std::move(emit));
        }
        commands.emplace_back(engine::End{});
        return commands;
    }

  private:
    engine::HandlerInfo info_;
};

gateway::Options with_defaults(gateway::Options options) {
    if (options.routes.empty()) {
        using gateway::DrainStyle;
        using gateway::RouteAuth;
        options.routes = {{"/v1/session", "native", RouteAuth::optional, DrainStyle::close},
                          {"/must", "native", RouteAuth::required, DrainStyle::close},
                          {"/ws", "plain", RouteAuth::optional, DrainStyle::close},
                          {"/dropped", "plain", RouteAuth::optional, DrainStyle::drop},
                          {"/ws/broadcast", "broadcast", RouteAuth::optional, DrainStyle::close}};
    }
    options.listen = {"127.0.0.1:0"};
    return options;
}

gateway::Verdict authenticate(std::string_view token) {
    if (!token.starts_with("good-")) {
        return std::unexpected(auth::TokenRefusal{"bad", "the token is not valid"});
    }
    auth::Principal principal;
    principal.who = auth::Who::user;
    principal.id = std::string(token.substr(5));
    return auth::Verified{std::move(principal), 0};
}

}  // namespace

RunningGateway::RunningGateway(gateway::Options options) {
    gateway::Dependencies needs{clock_, random_, authenticate, {}, {}};
    needs.checks = [this] { return std::vector<gateway::Check>{{"log", not_ready}}; };
    needs.metrics = [] {
        gateway::MetricFamily more{
            "chartroom_more_total", "More", gateway::MetricKind::counter, {}};
        more.points.push_back({{}, 7, 0, {}});
        return std::vector<gateway::MetricFamily>{std::move(more)};
    };
    auto made = gateway::Gateway::listen(with_defaults(std::move(options)), std::move(needs));
    if (!made) {
        ADD_FAILURE() << made.error().message;
        std::abort();
    }
    gateway_ = std::move(*made);
    const std::string& address = gateway_->addresses().front();
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    engine::World world{clock_, log_, effects_, *gateway_, {&strand_}};
    auto handlers = engine::HandlerTable::make({std::make_shared<EchoHandler>()});
    engine_ = std::make_unique<engine::Engine>(std::move(world), std::move(*handlers),
                                               auth::AccessPolicy{}, engine::Limits{});
    gateway_->attach(*engine_);
    thread_ = std::thread([this] {
        gateway_->run();
        returned_ = true;
        returned_.notify_all();
    });
}

RunningGateway::~RunningGateway() {
    gateway_->stop();
    thread_.join();
    strand_.stop();
    engine_->stop();
}

bool RunningGateway::returned() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (!returned_ && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return returned_;
}

std::string RunningGateway::get(const std::string& path, const std::string& headers) const {
    RawClient client(port_);
    client.send("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n");
    return client.read_response();
}

}  // namespace chartroom::tests
