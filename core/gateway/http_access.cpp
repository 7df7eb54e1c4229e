#include "core/gateway/http_access.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "core/base/sha256.hpp"
#include "core/gateway/address.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view kCorsMethods = "GET, HEAD, POST, DELETE";
constexpr std::string_view kCorsHeaders =
    "authorization, content-type, idempotency-key, last-event-id";
constexpr std::string_view kCorsSeconds = "600";  // for which a browser keeps a preflight's answer

bool same_host(const HttpRequest& request) {
    if (request.origin.empty()) return true;
    const auto origin = split_origin(request.origin);
    return origin && *origin == split_host_port(request.host);
}

Caller caller_of(auth::Verified verified) {
    Caller caller;
    caller.principal = std::make_shared<const auth::Principal>(std::move(verified.principal));
    caller.expires_us = verified.expires_us;
    return caller;
}

}  // namespace

// Digests are compared, so that how long it takes says nothing of the token.
bool HttpAccess::is_admin(const HttpRequest& request) const {
    if (options_.admin_token.empty() || request.authorization.empty()) return false;
    return base::sha256(credentials_of(request).text) == base::sha256(options_.admin_token);
}

base::Result<Caller> HttpAccess::identify(const HttpRequest& request, Guard guard) {
    const std::string address_key = limited_address(request.address);
    if (const std::int64_t wait_us = admission_.refused_for_us(address_key); wait_us > 0) {
        return std::unexpected(base::Error{Code::rate_limited,
                                           "too many failed authentications",
                                           {},
                                           static_cast<std::uint32_t>(wait_us / 1'000)});
    }
    if (is_admin(request)) {
        if (!same_host(request)) {
            return fail(Code::forbidden, "the admin's token is not taken from another site's page");
        }
        auth::Verified admin;
        admin.principal.who = auth::Who::admin;
        admin.principal.id = "token";
        return caller_of(std::move(admin));
    }
    const auto ticket = request.query.find("ticket");
    const bool shows_ticket = guard == Guard::token_or_ticket && request.authorization.empty() &&
                              ticket != request.query.end();
    if (request.authorization.empty() && !shows_ticket) {
        if (!asks_) return anonymous(request);
        return fail(Code::unauthenticated, "a token is required", "token");
    }
    auto verified = shows_ticket
                        ? admission_.redeem(ticket->second, request, address_key)
                        : admission_.authenticate(credentials_of(request).text, address_key);
    if (verified) return caller_of(*std::move(verified));
    if (shows_ticket) verified.error().field = "ticket";
    return std::unexpected(std::move(verified.error()));
}

base::Result<Caller> HttpAccess::anonymous(const HttpRequest& request) {
    std::string key;
    if (const auto given = request.query.find("participant"); given != request.query.end()) {
        key = given->second;
    } else if (const std::string_view id = request.header("idempotency-key"); !id.empty()) {
        const base::Digest digest = base::sha256("chartroom idempotency key " + std::string(id));
        key = base::to_hex(std::span(digest).first(16));
    } else {
        key = auth::make_participant_key(random_);
    }
    auto principal = auth::anonymous_participant(key);
    if (!principal) return std::unexpected(principal.error());
    Caller caller = caller_of({*std::move(principal), 0});
    caller.participant_key = std::move(key);
    return caller;
}

std::string HttpAccess::cors_origin(const HttpRequest& request) const {
    const auto& listed = options_.allowed_origins;
    return std::ranges::find(listed, request.origin) != listed.end() ? request.origin
                                                                     : std::string();
}

void HttpAccess::answer_preflight(const HttpRequest& request, HttpResponse& response) const {
    if (cors_origin(request).empty() || request.header("access-control-request-method").empty()) {
        return;
    }
    response.headers.emplace_back("access-control-allow-methods", kCorsMethods);
    response.headers.emplace_back("access-control-allow-headers", kCorsHeaders);
    response.headers.emplace_back("access-control-max-age", kCorsSeconds);
}

}  // namespace chartroom::gateway
