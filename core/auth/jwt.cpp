#include "core/auth/jwt.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "core/base/base64.hpp"
#include "core/base/check.hpp"
#include "core/base/sha256.hpp"

namespace chartroom::auth {
namespace {

using nlohmann::json;

constexpr std::int64_t kSecond = 1'000'000;
// Times beyond the year 9999 are refused: microseconds of them would not fit.
constexpr double kSecondsMax = 253402300799.0;

std::unexpected<base::Error> refuse(std::string message) {
    return base::fail(base::Code::unauthenticated, std::move(message));
}

std::string signature_of(const TokenSettings& settings, std::string_view signed_part) {
    const base::Digest mac = base::hmac_sha256(settings.secret, signed_part);
    return {mac.begin(), mac.end()};
}

// Takes the same time wherever the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    }
    return difference == 0;
}

// Refuses nesting deeper than claims ever need, before a parser recurses into it.
json parse_part(std::string_view part) {
    constexpr int kDepthMax = 8;
    const auto bytes = base::from_base64(part, base::Base64::url);
    if (!bytes) {
        return json::value_t::discarded;
    }
    bool too_deep = false;
    auto value = json::parse(
        *bytes,
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

// Absent: no names. Nothing: present, and not a list of at most kClaimedNamesMax texts.
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
        if (!name.is_string()) {
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

base::Result<Verified> read_claims(const TokenSettings& settings, const json& claims,
                                   std::int64_t now_us) {
    const auto exp = seconds(claims, "exp");
    const std::int64_t leeway_us = settings.leeway_s * kSecond;
    if (!exp) {
        return refuse("the token has no expiry");
    }
    if (now_us >= *exp * kSecond + leeway_us) {
        return refuse("the token has expired");
    }
    const auto nbf = seconds(claims, "nbf");
    if (claims.contains("nbf") && (!nbf || now_us < *nbf * kSecond - leeway_us)) {
        return refuse("the token is not valid yet");
    }
    if (!settings.issuer.empty() && claims.value("iss", json()) != settings.issuer) {
        return refuse("the token is of another issuer");
    }
    if (!settings.audience.empty() && !names_audience(claims, settings.audience)) {
        return refuse("the token is for another audience");
    }
    const std::string sub = subject(claims);
    if (sub.empty() || sub.size() > kSubBytesMax) {
        return refuse("the token names no subject");
    }
    auto sessions = names(claims, "sessions");
    auto sessions_read = names(claims, "sessions_read");
    if (!sessions || !sessions_read) {
        return refuse("the token's session claims are not lists of at most 64 names");
    }
    return Verified{.principal = {.who = Who::user,
                                  .id = sub,
                                  .sessions = std::move(*sessions),
                                  .sessions_read = std::move(*sessions_read)},
                    .expires_us = *exp * kSecond + leeway_us};
}

}  // namespace

std::string mint(const TokenSettings& settings, const TokenClaims& claims, std::int64_t now_us) {
    CHECK(settings.secret.size() >= kSecretBytesMin);
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
    std::string token = base::to_base64(R"({"alg":"HS256","typ":"JWT"})", base::Base64::url) + "." +
                        base::to_base64(body.dump(-1, ' ', false, json::error_handler_t::replace),
                                        base::Base64::url);
    const std::string signature = signature_of(settings, token);
    return token + "." + base::to_base64(signature, base::Base64::url);
}

base::Result<Verified> verify(const TokenSettings& settings, std::string_view token,
                              std::int64_t now_us) {
    CHECK(settings.secret.size() >= kSecretBytesMin);
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    if (token.size() > kTokenBytesMax || first == std::string_view::npos || first == last ||
        token.find('.', first + 1) != last) {
        return refuse("that is no token");
    }
    const auto given = base::from_base64(token.substr(last + 1), base::Base64::url);
    if (!given || !equal_in_constant_time(*given, signature_of(settings, token.substr(0, last)))) {
        return refuse("the token's signature is not valid");
    }
    // Only now is anything of it parsed. The algorithm is ours, whatever the header says; a header
    // that says another, or asks for extensions that we don't know, is refused.
    const json header = parse_part(token.substr(0, first));
    if (header.is_discarded() || header.value("alg", json()) != "HS256" ||
        header.contains("crit")) {
        return refuse("the token's algorithm is not accepted");
    }
    const json claims = parse_part(token.substr(first + 1, last - first - 1));
    if (claims.is_discarded()) {
        return refuse("the token's claims cannot be read");
    }
    return read_claims(settings, claims, now_us);
}

}  // namespace chartroom::auth
