#include "core/app/settings.hpp"

namespace chartroom::app {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

// The clients of `stream` connect again only after an end without a close frame.
gateway::DrainStyle drain_style(const RouteSection& route) {
    const bool drops = route.drain == RouteDrain::automatic ? route.dialect == "stream"
                                                            : route.drain == RouteDrain::drop;
    return drops ? gateway::DrainStyle::drop : gateway::DrainStyle::close;
}

gateway::RouteAuth route_auth(RouteAuth auth) {
    switch (auth) {
        case RouteAuth::none:
            return gateway::RouteAuth::none;
        case RouteAuth::optional:
            return gateway::RouteAuth::optional;
        case RouteAuth::required:
            return gateway::RouteAuth::required;
    }
    return gateway::RouteAuth::required;
}

gateway::Limits gateway_limits(const LimitsSection& limits) {
    gateway::Limits out;
    out.frame_bytes = limits.frame_bytes;
    out.connections = limits.connections;
    out.connections_per_address = limits.connections_per_address;
    out.connections_per_user = limits.connections_per_user;
    out.in_flight = limits.in_flight;
    out.sessions_per_connection = limits.sessions_per_connection;
    out.messages_per_second = static_cast<double>(limits.messages_per_second);
    out.burst = static_cast<double>(limits.burst);
    out.user_messages_per_second = static_cast<double>(limits.user_messages_per_second);
    out.user_burst = static_cast<double>(limits.user_burst);
    out.address_messages_per_second = static_cast<double>(limits.address_messages_per_second);
    out.address_burst = static_cast<double>(limits.address_burst);
    out.stall_us = static_cast<std::int64_t>(limits.stall_seconds) * kSecondUs;
    return out;
}

}  // namespace

auth::AccessPolicy access_policy(const Config& config) {
    return {.anonymous = config.access.anonymous,
            .conversations = config.access.conversations,
            .self_erase = config.access.self_erase};
}

engine::Limits engine_limits(const Config& config) {
    engine::Limits out;
    out.open_turns_per_session = config.limits.open_turns_per_session;
    out.history_max = config.limits.history_page;
    out.idle_unload_us = static_cast<std::int64_t>(config.limits.idle_unload_seconds) * kSecondUs;
    return out;
}

gateway::Options gateway_options(const Config& config) {
    gateway::Options out;
    out.listen = config.server.listen;
    out.operators_listen = config.metrics.listen;
    out.tls_cert = config.server.tls_cert;
    out.tls_key = config.server.tls_key;
    out.server_names = config.server.server_names;
    out.allowed_origins = config.server.allowed_origins;
    out.allow_null_origin = config.server.allow_null_origin;
    out.trusted_proxies = config.server.trusted_proxies;
    for (const auto& route : config.routes) {
        // Without authentication nobody is asked, whatever a route says.
        const auto asks = config.auth.mode == AuthMode::none ? RouteAuth::none : route.auth;
        out.routes.push_back({.path = route.path,
                              .dialect = route.dialect,
                              .auth = route_auth(asks),
                              .drain = drain_style(route)});
    }
    out.access = access_policy(config);
    out.limits = gateway_limits(config.limits);
    out.history_max = config.limits.history_page;
    const std::filesystem::path pages = config.server.pages_directory;
    std::error_code error;
    if (std::filesystem::is_directory(pages, error)) out.pages = pages;
    out.server = "chartroom/" CHARTROOM_VERSION;
    return out;
}

}  // namespace chartroom::app
