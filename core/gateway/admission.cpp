#include "core/gateway/admission.hpp"

#include <utility>

#include "core/base/log.hpp"
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

}  // namespace

std::string limited_address(std::string_view address) {
    return is_loopback_host(address) ? std::string() : address_key(address);
}

bool authenticates_in_frame(std::string_view dialect) {
    return dialect == "native" || dialect == "conversation";
}

Admission::Admission(const Options& options, const RouteTable& routes, AdmissionWorld world,
                     const std::vector<std::string>& listening)
    : options_(options), routes_(routes), world_(world) {
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
    const auto origin = split_origin(request.origin);
    if (!origin) return false;
    const HostPort host = split_host_port(request.host);
    if (*origin == host) return true;
    return request.on_loopback && is_loopback_host(host.host) && is_loopback_host(origin->host);
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

std::int64_t Admission::refused_for_us(const std::string& address_key) const {
    return failures_.wait_us(address_key, world_.clock.monotonic_us());
}

base::Result<auth::Verified> Admission::authenticate(std::string_view token,
                                                     const std::string& address_key) {
    if (world_.authenticate) return judged(world_.authenticate(token), address_key);
    return judged(std::unexpected(auth::TokenRefusal{"not_taken", "no tokens are taken here"}),
                  address_key);
}

base::Result<auth::Verified> Admission::redeem(std::string_view ticket, const HttpRequest& request,
                                               const std::string& address_key) {
    if (world_.redeem) return judged(world_.redeem(ticket, request), address_key);
    return judged(std::unexpected(auth::TokenRefusal{"not_taken", "no tickets are taken here"}),
                  address_key);
}

base::Result<auth::Verified> Admission::judged(Verdict verdict, const std::string& address_key) {
    if (verdict) return *std::move(verdict);
    ++world_.counters.failed_authentications[std::string(verdict.error().reason)];
    if (!address_key.empty() && failures_.failed(address_key, world_.clock.monotonic_us())) {
        base::log(base::LogLevel::warn, "gateway.address_refused",
                  {{"address", address_key}, {"reason", "too many failed authentications"}});
    }
    return base::fail(base::Code::unauthenticated, std::string(verdict.error().message), "token");
}

std::expected<void, Refusal> Admission::identify(const HttpRequest& request, Admitted& connection) {
    const Route& route = *connection.route;
    const Credentials shown = credentials_of(request);
    if (connection.anonymous_only &&
        (shown.kind != Credentials::Kind::none || route.auth == RouteAuth::required)) {
        return refuse(403, "origin", "a page from a file may only connect without a token");
    }
    if (shown.kind == Credentials::Kind::none) {
        connection.must_authenticate = route.auth == RouteAuth::required;
        if (!connection.must_authenticate || authenticates_in_frame(route.dialect)) return {};
        return refuse(401, "no_token", "this route needs a token");
    }
    if (route.auth == RouteAuth::none) {
        return refuse(401, "bad_token", "this route takes no token");
    }
    base::Result<auth::Verified> verified =
        shown.kind == Credentials::Kind::token
            ? authenticate(shown.text, connection.address_key)
            : redeem(shown.text, request, connection.address_key);
    if (!verified) return refuse(401, "bad_token", verified.error().message);
    const auto user = connection.path.find("user_id");
    if (verified->principal.who == auth::Who::user && user != connection.path.end() &&
        user->second != verified->principal.id) {
        return refuse(403, "other_user", "the path names another user");
    }
    connection.verified = *std::move(verified);
    return {};
}

std::expected<void, Refusal> Admission::check_caps(const std::string& address_key) const {
    const Limits& limits = options_.limits;
    if (open_total_ >= limits.connections) {
        return refuse(503, "connections", "too many connections");
    }
    if (address_key.empty()) return {};
    if (const std::int64_t wait_us = refused_for_us(address_key); wait_us > 0) {
        auto refusal = refuse(429, "auth_failures", "too many failed authentications");
        refusal.error().response.headers.emplace_back("retry-after",
                                                      std::to_string(wait_us / 1'000'000 + 1));
        return refusal;
    }
    const auto here = open_.find(address_key);
    if (here != open_.end() && here->second >= limits.connections_per_address) {
        return refuse(429, "address", "too many connections from this address");
    }
    return {};
}

std::expected<Admitted, Refusal> Admission::admit(const HttpRequest& request) {
    if (auto short_enough = check_headers(request); !short_enough) {
        return std::unexpected(Refusal{std::move(short_enough.error()), "headers"});
    }
    Admitted connection;
    connection.anonymous_only = is_null_origin_here(request);
    if (!connection.anonymous_only) {
        if (auto passed = check_browser(request); !passed) return std::unexpected(passed.error());
    } else if (!host_allowed(request)) {
        return refuse(421, "host", "this host name is not served here; see server_names");
    }
    auto match = routes_.match(request.path);
    if (!match) return refuse(404, "no_route", "there is no such route");
    connection.route = &routes_.routes()[match->route];
    connection.path = std::move(match->path);
    connection.address_key = limited_address(request.address);
    // Before a signature is verified, which costs more than all the rest.
    if (auto room = check_caps(connection.address_key); !room) {
        return std::unexpected(room.error());
    }
    if (auto known = identify(request, connection); !known) return std::unexpected(known.error());
    connection.query = request.query;
    remove_credentials(connection.query);
    return connection;
}

void Admission::entered(const std::string& address_key) {
    ++open_total_;
    if (!address_key.empty()) ++open_[address_key];
}

void Admission::left(const std::string& address_key) {
    --open_total_;
    const auto here = open_.find(address_key);
    if (here != open_.end() && --here->second == 0) open_.erase(here);
}

}  // namespace chartroom::gateway
