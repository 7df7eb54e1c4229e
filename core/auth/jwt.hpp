// JSON Web Tokens as this server takes them: one pinned algorithm, HS256. Mint for development and
// tests, verify for every request that carries one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/principal.hpp"
#include "core/base/error.hpp"

namespace chartroom::auth {

// A token that is longer, or whose claims are, is refused unread.
inline constexpr std::size_t kTokenBytesMax = 8u << 10;
inline constexpr std::size_t kSubBytesMax = 256;
inline constexpr std::size_t kClaimedNamesMax = 64;  // of each of `sessions`, `sessions_read`
// RFC 7518 section 3.2: a key at least as long as the digest.
inline constexpr std::size_t kSecretBytesMin = 32;

struct TokenSettings {
    std::string secret;       // kSecretBytesMin or more; a shorter one is a programmer's error here
    std::string issuer = {};  // empty: neither minted nor asked for
    std::string audience = {};  // the same
    std::int64_t leeway_s = 30;
};

struct TokenClaims {
    std::string sub;
    std::int64_t expires_s = 0;  // seconds since 1970
    std::vector<std::string> sessions = {};
    std::vector<std::string> sessions_read = {};
};

struct Verified {
    Principal principal;
    std::int64_t expires_us = 0;  // exp + leeway: when connections of this token end
};

[[nodiscard]] std::string mint(const TokenSettings& settings, const TokenClaims& claims,
                               std::int64_t now_us);

// The user that `token` speaks for at `now_us`. `sub` and `exp` are required; `nbf` is honoured;
// `iss` and `aud` must match where the settings name them.
// Errors: unauthenticated, with a message that a client may read; it never quotes the token.
[[nodiscard]] base::Result<Verified> verify(const TokenSettings& settings, std::string_view token,
                                            std::int64_t now_us);

}  // namespace chartroom::auth
