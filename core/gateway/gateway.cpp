// Puts the gateway together: options into tables, the hub between engine and server, the rows of
// the endpoint table. The logic is in the parts.
#include "core/gateway/gateway.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/gateway/address.hpp"
#include "core/gateway/admission.hpp"
#include "core/gateway/certificate.hpp"
#include "core/gateway/counters.hpp"
#include "core/gateway/endpoints.hpp"
#include "core/gateway/hub.hpp"
#include "core/gateway/inbox.hpp"
#include "core/gateway/pages.hpp"
#include "core/gateway/server.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;

class EngineAdapter final : public EnginePort {
  public:
    explicit EngineAdapter(engine::Engine& engine) : engine_(engine) {}
    bool submit(engine::Submission submission) override {
        return engine_.submit(std::move(submission));
    }
    bool follow(engine::Follow follow) override { return engine_.follow(std::move(follow)); }
    bool cancel(engine::Cancel cancel) override { return engine_.cancel(std::move(cancel)); }
    bool history(engine::History history) override { return engine_.history(std::move(history)); }
    void note_refused(engine::RefusedInput input) override {
        engine_.note_refused(std::move(input));
    }
    void consumed(base::ConnectionId connection, const base::SessionId& session, engine::Slot slot,
                  base::Offset offset, std::size_t bytes) override {
        engine_.consumed(connection, session, slot, offset, bytes);
    }
    void unfollow(base::ConnectionId connection, const base::SessionId& session,
                  engine::Slot slot) override {
        engine_.unfollow(connection, session, slot);
    }

  private:
    engine::Engine& engine_;
};

// {"ready":…,"checks":{"log":"ok",…}}; reasons only where `full`.
std::string readiness_json(const std::vector<Check>& checks, bool draining, bool full) {
    nlohmann::ordered_json parts = nlohmann::ordered_json::object();
    bool ready = !draining;
    for (const Check& check : checks) {
        ready = ready && check.reason.empty();
        parts[check.name] = check.reason.empty() ? "ok" : full ? check.reason : "not ready";
    }
    if (draining) parts["gateway"] = full ? "the server is draining" : "not ready";
    const nlohmann::ordered_json document = {{"ready", ready}, {"checks", std::move(parts)}};
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

struct Gateway::Impl {
    Options options;
    Dependencies dependencies;
    RouteTable routes;
    Pages pages;
    Counters counters;
    std::vector<std::string> addresses;
    Inbox inbox;
    RedeemTicket redeem_ticket;  // of the endpoint that gives tickets
    std::unique_ptr<Server> server;
    std::optional<Admission> admission;
    std::optional<Endpoints> endpoints;
    engine::Engine* engine = nullptr;
    std::optional<EngineAdapter> engine_port;
    std::optional<Hub> hub;
    std::vector<std::vector<engine::Notice>> batches;  // scratch of on_turn
    std::optional<std::int64_t> close_deadline_us;     // of close_all, once it was ordered

    Impl(Options given, Dependencies needs)
        : options(std::move(given)), dependencies(std::move(needs)) {}

    void fill_endpoints();
    void on_turn();
    [[nodiscard]] HttpResponse readiness(const HttpRequest& request);
    [[nodiscard]] HttpResponse metrics();
};

HttpResponse Gateway::Impl::readiness(const HttpRequest& request) {
    const auto checks = dependencies.checks ? dependencies.checks() : std::vector<Check>();
    const bool draining = hub && hub->draining();
    const bool ready = !draining && std::ranges::all_of(checks, [](const Check& check) {
        return check.reason.empty();
    });
    const bool full = request.on_loopback && is_loopback_host(request.address);
    return json_response(ready ? 200 : 503, readiness_json(checks, draining, full));
}

HttpResponse Gateway::Impl::metrics() {
    auto all = families(counters);
    const auto add = [&](std::vector<MetricFamily> more) {
        std::ranges::move(more, std::back_inserter(all));
    };
    if (engine != nullptr) add(families(engine->stats()));
    if (dependencies.metrics) add(dependencies.metrics());
    HttpResponse response;
    response.headers = {{"content-type", std::string(kPrometheusContentType)},
                        {"cache-control", "no-store"},
                        {"x-content-type-options", "nosniff"}};
    response.body = to_prometheus(all);
    return response;
}

// The table of HTTP endpoints.
void Gateway::Impl::fill_endpoints() {
    endpoints->add("GET", "/healthz", [](const HttpRequest&, const Parameters&) {
        return json_response(200, "{\"alive\":true}\n");
    });
    endpoints->add("GET", "/readyz", [this](const HttpRequest& request, const Parameters&) {
        return readiness(request);
    });
    endpoints->add("GET", "/metrics",
                   [this](const HttpRequest&, const Parameters&) { return metrics(); });
}

// What other threads left, before the hub writes.
void Gateway::Impl::on_turn() {
    const Orders orders = inbox.take(batches);
    for (auto& batch : batches) hub->notices(std::move(batch));
    batches.clear();
    if (orders.reload_certificate) server->reload_certificate();
    if ((orders.drain || orders.close_all) && !hub->draining()) {
        server->close_listeners();
        hub->begin_drain();
    }
    const std::int64_t now_us = dependencies.clock.monotonic_us();
    if (orders.close_all && !close_deadline_us) {
        close_deadline_us = now_us + orders.deadline_us;
        hub->close_all();
    }
    const bool all_gone = close_deadline_us && (hub->size() == 0 || now_us >= *close_deadline_us);
    if (orders.stop || all_gone) server->stop();
}

base::Result<std::unique_ptr<Gateway>> Gateway::listen(Options options, Dependencies dependencies) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(dependencies));
    const Options& given = impl->options;
    auto routes = RouteTable::make(given.routes, dialects::dialect_names());
    if (!routes) return std::unexpected(routes.error());
    impl->routes = std::move(*routes);
    if (!given.pages.empty()) {
        if (auto read = impl->pages.add_folders(given.pages); !read) {
            return std::unexpected(read.error());
        }
        for (const char* path : {"/", "/chat", "/chat/"}) {
            impl->pages.add_alias(path, "/chat/index.html");
        }
    }
    if (given.tls_cert.empty() != given.tls_key.empty()) {
        return base::fail(Code::bad_config, "tls_cert and tls_key go together");
    }
    if (!given.tls_cert.empty()) {
        if (auto good = check_certificate_files(given.tls_cert, given.tls_key); !good) {
            return std::unexpected(good.error());
        }
    }
    std::vector<Listener> listeners;
    std::vector<std::string> hosts;
    for (const std::string& text : given.listen) {
        auto address = parse_listen_address(text);
        if (!address) return std::unexpected(address.error());
        auto listener = Listener::bind(*address);
        if (!listener) return std::unexpected(listener.error());
        impl->addresses.push_back(to_string(listener->address()));
        hosts.push_back(address->host);
        listeners.push_back(std::move(*listener));
    }
    if (listeners.empty()) return base::fail(Code::bad_config, "listen names no address");
    auto server = Server::make(given, std::move(listeners));
    if (!server) return std::unexpected(server.error());
    impl->server = std::move(*server);
    impl->admission.emplace(given, impl->routes,
                            AdmissionWorld{impl->dependencies.clock, impl->counters,
                                           impl->dependencies.authenticate, impl->redeem_ticket},
                            hosts);
    impl->endpoints.emplace(impl->pages, impl->routes);
    impl->fill_endpoints();
    return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Gateway::~Gateway() {
    impl_->inbox.close();
}

void Gateway::attach(engine::Engine& engine) {
    CHECK(impl_->engine == nullptr);
    impl_->engine = &engine;
    impl_->engine_port.emplace(engine);
    impl_->hub.emplace(
        impl_->options,
        HubWorld{impl_->dependencies.clock, impl_->dependencies.random, *impl_->server,
                 *impl_->engine_port, *impl_->admission, impl_->counters});
}

void Gateway::run() {
    CHECK(impl_->hub.has_value());
    Impl& impl = *impl_;
    impl.inbox.open([&impl] { impl.server->wake(); });
    for (const auto& address : impl.addresses) {
        base::log(base::LogLevel::info, "gateway.listening", {{"address", address}});
    }
    impl.server->run(
        {*impl.hub, *impl.admission, *impl.endpoints, impl.counters, [&impl] { impl.on_turn(); }});
    impl.inbox.close();
}

void Gateway::begin_drain() {
    impl_->inbox.order({.drain = true});
}

void Gateway::close_all(std::int64_t deadline_us) {
    impl_->inbox.order({.drain = true, .close_all = true, .deadline_us = deadline_us});
}

void Gateway::stop() {
    impl_->inbox.order({.stop = true});
}

base::Result<void> Gateway::reload_certificate() {
    const Options& options = impl_->options;
    if (options.tls_cert.empty()) return {};
    if (auto good = check_certificate_files(options.tls_cert, options.tls_key); !good) return good;
    impl_->inbox.order({.reload_certificate = true});
    return {};
}

void Gateway::notify(std::vector<engine::Notice> notices) {
    impl_->inbox.push(std::move(notices));
}

const std::vector<std::string>& Gateway::addresses() const {
    return impl_->addresses;
}

}  // namespace chartroom::gateway
