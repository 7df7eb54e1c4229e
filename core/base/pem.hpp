// Keys and certificates from PEM texts, checked, as plain numbers. With sha256 the only user of
// libcrypto. Every message says what is wrong with the text and never quotes it; naming the file is
// the caller's. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/base/error.hpp"

namespace chartroom::base {

inline constexpr int kRsaBitsMin = 2048;  // RFC 7518 section 3.3

// Unsigned numbers, big endian.
struct RsaKey {
    std::string n, e;
    std::string d;  // empty: the public half only
};
struct P256Key {
    std::string x, y;  // 32 bytes each
    std::string d;     // 32 bytes; empty: the public half only
};
using PemKey = std::variant<RsaKey, P256Key>;

// The key of a "PUBLIC KEY" text. A private key is refused here: it does not belong where a public
// one is asked for.
// Errors: bad_config (no such text, another kind of key, RSA under kRsaBitsMin).
[[nodiscard]] Result<PemKey> read_public_key(std::string_view pem);
// The key of a "PRIVATE KEY" text (or of its older forms), without a passphrase.
[[nodiscard]] Result<PemKey> read_private_key(std::string_view pem);

// Whether a server can use this chain and key: the first certificate is the key's.
// Errors: bad_config, saying which of the two is wrong, or that they do not go together.
[[nodiscard]] Result<void> check_certificate(std::string_view chain_pem, std::string_view key_pem);

}  // namespace chartroom::base
