// JSON Web Tokens (RFC 7519) as this server takes them: what the claims of a properly signed text
// (jws.hpp) say about who its bearer is, what they may do and until when. Mint for development and
// tests, verify for every connection and request that carries one. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/jws.hpp"
#include "core/auth/principal.hpp"

namespace chartroom::auth {

inline constexpr std::size_t kSubBytesMax = 256;
inline constexpr std::size_t kClaimedNamesMax = 64;  // of each of `sessions`, `sessions_read`

struct TokenSettings {
    JwsKey key;
    std::string issuer = {};    // empty: neither minted nor asked for
    std::string audience = {};  // the same
    std::int64_t leeway_s = 30;
};

struct TokenClaims {
    std::string sub;
    std::int64_t expires_s = 0;  // seconds since 1970
    std::vector<std::string> sessions = {};
    std::vector<std::string> sessions_read = {};
};

// What credentials give: of a token, or of what stands for one.
struct Verified {
    Principal principal;
    // exp + leeway, microseconds since 1970: when all of it ends. 0: never.
    std::int64_t expires_us = 0;
};

// Why a token is refused. Both are constant texts that never quote it.
struct TokenRefusal {
    std::string_view reason;   // a stable word, for metrics
    std::string_view message;  // for the client
};

// A token of these claims. Precondition: settings.key.can_sign().
[[nodiscard]] std::string mint(const TokenSettings& settings, const TokenClaims& claims,
                               std::int64_t now_us);

// The user that `token` speaks for at `now_us`. `sub` and `exp` are required; `nbf` is honoured;
// `iss` and `aud` must match where the settings name them; what `sessions` and `sessions_read` list
// must be names (is_session_claim). The claims are read only once the signature was checked.
[[nodiscard]] std::expected<Verified, TokenRefusal> verify(const TokenSettings& settings,
                                                           std::string_view token,
                                                           std::int64_t now_us);

}  // namespace chartroom::auth
