#include "core/auth/jwt.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/auth/access.hpp"

namespace chartroom::auth {
namespace {

using nlohmann::json;

constexpr std::int64_t kSecond = 1'000'000;
// Times beyond the year 9999 are refused: microseconds of them would not fit.
constexpr double kSecondsMax = 253402300799.0;

std::unexpected<TokenRefusal> refuse(std::string_view reason, std::string_view message) {
    return std::unexpected(TokenRefusal{reason, message});
}

std::unexpected<TokenRefusal> refuse(JwsFault fault) {
    switch (fault) {
        case JwsFault::algorithm:
            return refuse("algorithm", "the token's algorithm is not accepted");
        case JwsFault::signature:
            return refuse("signature", "the token's signature is not valid");
        case JwsFault::malformed:
            break;
    }
    return refuse("malformed", "that is no token");
}

// Refuses nesting deeper than claims ever need, before the parser recurses into it.
json parse_claims(std::string_view text) {
    constexpr int kDepthMax = 8;
    bool too_deep = false;
    auto value = json::parse(
        text,
        [&](int depth, json::parse_event_t, json&) {
            too_deep = too_deep || depth > kDepthMax;
            return !too_deep;
        },
        false);
    return too_deep || !value.is_object() ? json(json::value_t::discarded) : value;
}

std::optional<std::int64_t> seconds(const json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) {
        return std::nullopt;
    }
    const auto value = found->get<double>();
    if (!(std::fabs(value) <= kSecondsMax)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
}

bool names_audience(const json& claims, const std::string& audience) {
    const auto found = claims.find("aud");
    if (found == claims.end()) {
        return false;
    }
    if (found->is_array()) {
        return std::ranges::find(*found, json(audience)) != found->end();
    }
    return *found == audience;
}

// Absent: no names. Nothing: present, and not a list of at most kClaimedNamesMax names.
std::optional<std::vector<std::string>> names(const json& claims, const char* claim) {
    const auto found = claims.find(claim);
    if (found == claims.end()) {
        return std::vector<std::string>{};
    }
    if (!found->is_array() || found->size() > kClaimedNamesMax) {
        return std::nullopt;
    }
    std::vector<std::string> result;
    for (const auto& name : *found) {
        if (!name.is_string() || !is_session_claim(name.get_ref<const std::string&>())) {
            return std::nullopt;
        }
        result.push_back(name.get<std::string>());
    }
    return result;
}

// Issuers that write a user's number as a number mean the same user as its digits do. Empty: none.
std::string subject(const json& claims) {
    const auto found = claims.find("sub");
    if (found != claims.end() && found->is_number_unsigned()) {
        return std::to_string(found->get<std::uint64_t>());
    }
    return found != claims.end() && found->is_string() ? found->get<std::string>() : "";
}

std::expected<Verified, TokenRefusal> read_claims(const TokenSettings& settings, const json& claims,
                                                  std::int64_t now_us) {
    const auto exp = seconds(claims, "exp");
    const std::int64_t leeway_us = settings.leeway_s * kSecond;
    if (!exp) {
        return refuse("no_expiry", "the token has no expiry");
    }
    if (now_us >= *exp * kSecond + leeway_us) {
        return refuse("expired", "the token has expired");
    }
    const auto nbf = seconds(claims, "nbf");
    if (claims.contains("nbf") && (!nbf || now_us < *nbf * kSecond - leeway_us)) {
        return refuse("not_yet_valid", "the token is not valid yet");
    }
    if (!settings.issuer.empty() && claims.value("iss", json()) != settings.issuer) {
        return refuse("issuer", "the token is of another issuer");
    }
    if (!settings.audience.empty() && !names_audience(claims, settings.audience)) {
        return refuse("audience", "the token is for another audience");
    }
    std::string sub = subject(claims);
    if (sub.empty() || sub.size() > kSubBytesMax) {
        return refuse("subject", "the token names no subject");
    }
    auto sessions = names(claims, "sessions");
    auto sessions_read = names(claims, "sessions_read");
    if (!sessions || !sessions_read) {
        return refuse("sessions", "the token's session claims are not lists of at most 64 names");
    }
    return Verified{.principal = {.who = Who::user,
                                  .id = std::move(sub),
                                  .sessions = std::move(*sessions),
                                  .sessions_read = std::move(*sessions_read)},
                    .expires_us = *exp * kSecond + leeway_us};
}

}  // namespace

std::string mint(const TokenSettings& settings, const TokenClaims& claims, std::int64_t now_us) {
    json body = {{"sub", claims.sub}, {"iat", now_us / kSecond}, {"exp", claims.expires_s}};
    if (!settings.issuer.empty()) {
        body["iss"] = settings.issuer;
    }
    if (!settings.audience.empty()) {
        body["aud"] = settings.audience;
    }
    if (!claims.sessions.empty()) {
        body["sessions"] = claims.sessions;
    }
    if (!claims.sessions_read.empty()) {
        body["sessions_read"] = claims.sessions_read;
    }
    return settings.key.sign(body.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::expected<Verified, TokenRefusal> verify(const TokenSettings& settings, std::string_view token,
                                             std::int64_t now_us) {
    const auto text = settings.key.open(token);
    if (!text) {
        return refuse(text.error());
    }
    const json claims = parse_claims(*text);
    if (claims.is_discarded()) {
        return refuse("claims", "the token's claims cannot be read");
    }
    return read_claims(settings, claims, now_us);
}

}  // namespace chartroom::auth
