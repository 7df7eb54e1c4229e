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
#include "core/gateway/api_documents.hpp"
#include "core/gateway/certificate.hpp"
#include "core/gateway/counters.hpp"
#include "core/gateway/endpoints.hpp"
#include "core/gateway/http_access.hpp"
#include "core/gateway/http_api.hpp"
#include "core/gateway/http_calls.hpp"
#include "core/gateway/hub.hpp"
#include "core/gateway/inbox.hpp"
#include "core/gateway/pages.hpp"
#include "core/gateway/server.hpp"
#include "core/gateway/tickets.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;

class EngineAdapter final : public EnginePort {
  public:
    EngineAdapter(engine::Engine& engine, engine::Outlet& outlet)
        : engine_(engine), outlet_(outlet) {}
    bool submit(engine::Submission submission) override {
        return engine_.submit(std::move(submission));
    }
    bool follow(engine::Follow follow) override { return engine_.follow(std::move(follow)); }
    bool cancel(engine::Cancel cancel) override { return engine_.cancel(std::move(cancel)); }
    bool history(engine::History history) override { return engine_.history(std::move(history)); }
    void note_refused(engine::RefusedInput input) override {
        engine_.note_refused(std::move(input));
    }
    void list(engine::Listing listing) override { engine_.list(std::move(listing)); }
    void erase(engine::EraseSession erase, base::ConnectionId call) override {
        engine_.erase(std::move(erase),
                      [&outlet = outlet_, call](base::Result<engine::Erased> done) {
                          engine::Notice notice{call, {}};
                          if (done) {
                              notice.body = *done;
                          } else {
                              notice.body = engine::Refused{0, std::move(done.error())};
                          }
                          outlet.notify({std::move(notice)});
                      });
    }
    [[nodiscard]] base::Epoch epoch() const override { return engine_.epoch(); }
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
    engine::Outlet& outlet_;
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
    std::string operators_address;
    std::vector<std::string> hosts;  // that are listened on, for operators too
    Inbox inbox;
    RedeemTicket redeem_ticket;
    std::unique_ptr<Server> server;
    std::optional<Tickets> tickets;
    std::optional<Admission> admission;
    std::optional<HttpAccess> http_access;
    std::optional<Endpoints> endpoints;
    // Those of the listener for operators, where there is one: nothing else stands there.
    const Pages no_pages;
    const RouteTable no_routes;
    std::optional<Endpoints> operators_endpoints;
    std::optional<HttpCalls> calls;
    std::optional<HttpApi> api;
    engine::Engine* engine = nullptr;
    std::optional<EngineAdapter> engine_port;
    std::optional<Hub> hub;
    std::vector<std::vector<engine::Notice>> batches;  // scratch of on_turn
    std::optional<std::int64_t> close_deadline_us;     // of close_all, once it was ordered

    Impl(Options given, Dependencies needs)
        : options(std::move(given)), dependencies(std::move(needs)) {}

    [[nodiscard]] base::Result<Listener> bind(const std::string& text, Serves serves);
    void make_endpoints();
    void fill_for_operators(Endpoints& table);
    [[nodiscard]] Verdict redeem(std::string_view ticket);
    void fill_documents();
    void fill_api();
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
    const bool full = (request.on_loopback && is_loopback_host(request.address)) ||
                      http_access->is_admin(request);
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

Verdict Gateway::Impl::redeem(std::string_view ticket) {
    auto holder = tickets->redeem(ticket, dependencies.clock.monotonic_us());
    if (holder) return *std::move(holder);
    return std::unexpected(
        auth::TokenRefusal{"bad_ticket", "the ticket was used, is too old or never was"});
}

base::Result<Listener> Gateway::Impl::bind(const std::string& text, Serves serves) {
    auto address = parse_listen_address(text);
    if (!address) return std::unexpected(address.error());
    auto listener = Listener::bind(*address, serves);
    if (listener) hosts.push_back(address->host);
    return listener;
}

// The tables of HTTP endpoints, but for the API's rows.
void Gateway::Impl::make_endpoints() {
    const std::size_t body_max = options.limits.frame_bytes;
    endpoints.emplace(pages, routes, *http_access, counters, body_max);
    if (options.operators_listen.empty()) {
        fill_for_operators(*endpoints);
    } else {
        operators_endpoints.emplace(no_pages, no_routes, *http_access, counters, body_max);
        fill_for_operators(*operators_endpoints);
    }
    fill_documents();
}

void Gateway::Impl::fill_for_operators(Endpoints& table) {
    table.add({.method = "GET",
               .path = "/healthz",
               .id = "health",
               .summary = "Whether the process is alive",
               .replies = {{200, "It is"}},
               .handler = [](Asked&) { return json_response(200, "{\"alive\":true}\n"); }});
    table.add(
        {.method = "GET",
         .path = "/readyz",
         .id = "readiness",
         .summary =
             "Whether messages are accepted and stored; why not, on loopback or for the admin",
         .replies = {{200, "Ready", "Readiness"}, {503, "Not ready", "Readiness"}},
         .handler = [this](Asked& asked) { return readiness(asked.request); }});
    table.add({.method = "GET",
               .path = "/metrics",
               .id = "metrics",
               .summary = "What is counted, for Prometheus",
               .replies = {{200, "Metrics", {}, "text/plain"}},
               .handler = [this](Asked&) { return metrics(); }});
}

// Its own documents, once every row stands.
void Gateway::Impl::fill_documents() {
    endpoints->add({.method = "GET",
                    .path = "/openapi.json",
                    .id = "openapi",
                    .summary = "This API as OpenAPI 3.1",
                    .replies = {{200, "The document"}},
                    .handler = [this](Asked&) {
                        return json_response(200,
                                             openapi_document(endpoints->rows(), options.server));
                    }});
    endpoints->add({.method = "GET",
                    .path = "/asyncapi.json",
                    .id = "asyncapi",
                    .summary = "The WebSocket routes and their frames as AsyncAPI 3.0",
                    .replies = {{200, "The document"}},
                    .handler = [this](Asked& asked) {
                        return json_response(
                            200, asyncapi_document(routes.routes(), options.server,
                                                   asked.request.host, !options.tls_cert.empty()));
                    }});
}

void Gateway::Impl::fill_api() {
    const auto draining = [this] { return hub->draining(); };
    const auto rate_limit = [this](const auth::Principal& principal, std::string_view address) {
        return hub->rate_limit(principal, limited_address(address));
    };
    api.emplace(HttpApiWorld{options, dependencies.clock, dependencies.random, *engine_port, *calls,
                             *tickets, rate_limit, draining});
    api->add_to(*endpoints);
}

// What other threads left, before the hub writes.
void Gateway::Impl::on_turn() {
    const Orders orders = inbox.take(batches);
    for (auto& batch : batches) {
        calls->notices(batch);
        hub->notices(std::move(batch));
    }
    batches.clear();
    if (orders.reload_certificate) server->reload_certificate();
    calls->turn();
    if ((orders.drain || orders.close_all) && !hub->draining()) {
        server->close_listeners();
        hub->begin_drain();
    }
    const std::int64_t now_us = dependencies.clock.monotonic_us();
    if (orders.close_all && !close_deadline_us) {
        close_deadline_us = now_us + orders.deadline_us;
        hub->close_all();
    }
    const bool all_gone = close_deadline_us && ((hub->size() == 0 && calls->size() == 0) ||
                                                now_us >= *close_deadline_us);
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
        impl->pages.add_alias("/api/docs", "/docs/index.html");
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
    for (const std::string& text : given.listen) {
        auto listener = impl->bind(text, Serves::clients);
        if (!listener) return std::unexpected(listener.error());
        impl->addresses.push_back(to_string(listener->address()));
        listeners.push_back(std::move(*listener));
    }
    if (listeners.empty()) return base::fail(Code::bad_config, "listen names no address");
    if (!given.operators_listen.empty()) {
        auto listener = impl->bind(given.operators_listen, Serves::operators);
        if (!listener) return std::unexpected(listener.error());
        impl->operators_address = to_string(listener->address());
        listeners.push_back(std::move(*listener));
    }
    auto server = Server::make(given, std::move(listeners));
    if (!server) return std::unexpected(server.error());
    impl->server = std::move(*server);
    const Dependencies& needs = impl->dependencies;
    impl->tickets.emplace(needs.random);
    impl->redeem_ticket = [made = impl.get()](std::string_view ticket, const HttpRequest&) {
        return made->redeem(ticket);
    };
    impl->admission.emplace(
        given, impl->routes,
        AdmissionWorld{needs.clock, impl->counters, needs.authenticate, impl->redeem_ticket},
        impl->hosts);
    impl->http_access.emplace(given, *impl->admission, static_cast<bool>(needs.authenticate),
                              needs.random);
    impl->calls.emplace(needs.clock, *impl->server);
    impl->make_endpoints();
    return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Gateway::~Gateway() {
    impl_->inbox.close();
}

void Gateway::attach(engine::Engine& engine) {
    CHECK(impl_->engine == nullptr);
    impl_->engine = &engine;
    impl_->engine_port.emplace(engine, *this);
    impl_->hub.emplace(
        impl_->options,
        HubWorld{impl_->dependencies.clock, impl_->dependencies.random, *impl_->server,
                 *impl_->engine_port, *impl_->admission, impl_->counters});
    impl_->fill_api();
}

void Gateway::run() {
    CHECK(impl_->hub.has_value());
    Impl& impl = *impl_;
    impl.inbox.open([&impl] { impl.server->wake(); });
    for (const auto& address : impl.addresses) {
        base::log(base::LogLevel::info, "gateway.listening", {{"address", address}});
    }
    if (impl.operators_endpoints) {
        base::log(base::LogLevel::info, "gateway.listening",
                  {{"address", impl.operators_address}, {"for", "metrics and health"}});
    }
    Endpoints& for_operators =
        impl.operators_endpoints ? *impl.operators_endpoints : *impl.endpoints;
    impl.server->run({*impl.hub, *impl.admission, *impl.endpoints, for_operators, *impl.calls,
                      impl.counters, [&impl] { impl.on_turn(); }});
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
