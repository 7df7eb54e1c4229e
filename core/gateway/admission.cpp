#include "core/gateway/admission.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/gateway/address.hpp"

namespace chartroom::gateway {
namespace {

std::unexpected<Refusal> refuse(unsigned status, std::string_view reason, std::string_view detail) {
    return std::unexpected(Refusal{problem(status, detail), reason});
}

bool is_literal_address(std::string_view host) {
    return !host.empty() &&
           host.find_first_not_of("0123456789abcdef.:") == std::string_view::npos &&
           host.find_first_of(".:") != std::string_view::npos;
}

// The token that an upgrade carries, if it does.
std::optional<std::string_view> token_of(const HttpRequest& request) {
    constexpr std::string_view kBearer = "bearer ";
    if (!request.authorization.empty()) {
        const std::string_view value = request.authorization;
        const bool bearer =
            value.size() > kBearer.size() &&
            std::ranges::equal(value.substr(0, kBearer.size()), kBearer, [](char a, char b) {
                return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
            });
        // Other credentials are no token of ours, and must not pass as none.
        return bearer ? value.substr(kBearer.size()) : std::string_view();
    }
    const auto query = request.query.find("token");
    if (query == request.query.end()) return std::nullopt;
    return query->second;
}

}  // namespace

bool authenticates_in_frame(std::string_view dialect) {
    return dialect == "native" || dialect == "conversation";
}

Admission::Admission(const Options& options, const RouteTable& routes,
                     const Authenticate& authenticate, const std::vector<std::string>& listening)
    : options_(options), routes_(routes), authenticate_(authenticate) {
    for (const auto& name : options.server_names) names_.insert(split_host_port(name).host);
    for (const auto& host : listening) {
        names_.insert(host);
        any_address_ = any_address_ || host == "0.0.0.0" || host == "::";
    }
    origins_.insert(options.allowed_origins.begin(), options.allowed_origins.end());
}

bool Admission::host_allowed(const HttpRequest& request) const {
    const HostPort host = split_host_port(request.host);
    if (host.host.empty()) return false;
    if (is_loopback_host(host.host) || names_.contains(host.host)) return true;
    // A name can be made to point anywhere, a literal address cannot.
    return any_address_ && is_literal_address(host.host);
}

bool Admission::is_null_origin_here(const HttpRequest& request) const {
    return request.origin == "null" && options_.allow_null_origin && request.on_loopback &&
           options_.access.anonymous == auth::AnonymousNames::secret;
}

bool Admission::origin_allowed(const HttpRequest& request) const {
    if (request.origin.empty() || origins_.contains(request.origin)) return true;
    const std::size_t scheme = request.origin.find("://");
    if (scheme == std::string::npos) return false;
    const HostPort origin = split_host_port(std::string_view(request.origin).substr(scheme + 3));
    const HostPort host = split_host_port(request.host);
    if (origin.host == host.host && origin.port == host.port) return true;
    return request.on_loopback && is_loopback_host(host.host) && is_loopback_host(origin.host);
}

std::expected<void, Refusal> Admission::check_browser(const HttpRequest& request) const {
    if (!host_allowed(request)) {
        return refuse(421, "host", "this host name is not served here; see server_names");
    }
    if (!origin_allowed(request)) {
        return refuse(403, "origin", "this origin may not connect; see allowed_origins");
    }
    return {};
}

std::expected<void, Refusal> Admission::identify(const HttpRequest& request,
                                                 Admitted& connection) const {
    const Route& route = *connection.route;
    const auto token = token_of(request);
    if (!token) {
        if (route.auth != RouteAuth::required) return {};
        connection.must_authenticate = true;
        if (authenticates_in_frame(route.dialect)) return {};
        return refuse(401, "no_token", "this route needs a token");
    }
    if (route.auth == RouteAuth::none || !authenticate_) {
        return refuse(401, "bad_token", "this route takes no token");
    }
    auto principal = authenticate_(*token);
    if (!principal) return refuse(401, "bad_token", principal.error().message);
    const auto user = connection.path.find("user_id");
    if (principal->who == auth::Who::user && user != connection.path.end() &&
        user->second != principal->id) {
        return refuse(403, "other_user", "the path names another user");
    }
    connection.principal = std::make_shared<const auth::Principal>(std::move(*principal));
    return {};
}

std::expected<void, Refusal> Admission::check_caps(const Admitted& connection) const {
    const Limits& limits = options_.limits;
    if (total_.open >= limits.connections)
        return refuse(503, "connections", "too many connections");
    if (connection.must_authenticate && total_.pending >= limits.pending_auth) {
        return refuse(503, "pending_auth", "too many connections wait to authenticate");
    }
    const auto here = by_address_.find(connection.address_key);
    if (connection.address_key.empty() || here == by_address_.end()) return {};
    if (here->second.open >= limits.connections_per_address) {
        return refuse(429, "address", "too many connections from this address");
    }
    if (connection.must_authenticate && here->second.pending >= limits.pending_auth_per_address) {
        return refuse(429, "pending_auth", "too many connections wait to authenticate");
    }
    return {};
}

std::expected<Admitted, Refusal> Admission::admit(const HttpRequest& request) const {
    const bool null_origin = is_null_origin_here(request);
    if (!null_origin) {
        if (auto passed = check_browser(request); !passed) return std::unexpected(passed.error());
    } else if (!host_allowed(request)) {
        return refuse(421, "host", "this host name is not served here; see server_names");
    }
    auto match = routes_.match(request.path);
    if (!match) return refuse(404, "no_route", "there is no such route");
    Admitted connection;
    connection.route = &routes_.routes()[match->route];
    connection.path = std::move(match->path);
    if (!is_loopback_host(request.address)) connection.address_key = address_key(request.address);
    if (auto known = identify(request, connection); !known) return std::unexpected(known.error());
    if (null_origin && connection.principal) {
        return refuse(403, "origin", "a page from a file may only connect without a token");
    }
    if (auto room = check_caps(connection); !room) return std::unexpected(room.error());
    connection.query = request.query;
    connection.query.erase("token");
    return connection;
}

void Admission::entered(const Admitted& connection) {
    ++total_.open;
    total_.pending += connection.must_authenticate ? 1 : 0;
    if (connection.address_key.empty()) return;
    Counts& here = by_address_[connection.address_key];
    ++here.open;
    here.pending += connection.must_authenticate ? 1 : 0;
}

void Admission::authenticated(const std::string& address_key) {
    --total_.pending;
    const auto here = by_address_.find(address_key);
    if (here != by_address_.end()) --here->second.pending;
}

void Admission::left(const std::string& address_key, bool was_authenticated) {
    --total_.open;
    total_.pending -= was_authenticated ? 0 : 1;
    const auto here = by_address_.find(address_key);
    if (here == by_address_.end()) return;
    here->second.pending -= was_authenticated ? 0 : 1;
    if (--here->second.open == 0) by_address_.erase(here);
}

}  // namespace chartroom::gateway
