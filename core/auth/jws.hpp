// JSON Web Signatures (RFC 7515) as this server takes them: the compact form, one algorithm, one
// key, both the configuration's and never the token's. Over libcjose, of which jws.cpp is the only
// user; what the signed text says is none of this file's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace chartroom::auth {

// A token that is longer is refused unread.
inline constexpr std::size_t kTokenBytesMax = 8u << 10;
// RFC 7518 section 3.2: a key at least as long as the digest.
inline constexpr std::size_t kSecretBytesMin = 32;

enum class Algorithm : std::uint8_t { hs256, rs256, es256 };

// The algorithm of a name as RFC 7518 spells it. Errors: bad_config, naming those that there are.
[[nodiscard]] base::Result<Algorithm> algorithm_named(std::string_view name);
[[nodiscard]] std::string_view name(Algorithm algorithm);

enum class JwsFault : std::uint8_t {
    malformed,  // too long, not three parts of base64url, no JSON header
    algorithm,  // the header names another one than the key's, or asks for extensions
    signature,  // not made with this key
};

// A key and the one algorithm that it is for. Immutable; any thread.
class JwsKey {
  public:
    // HS256. Errors: bad_config (under kSecretBytesMin bytes, or a PEM text, which is a key of
    // another algorithm and, where it is public, no secret).
    [[nodiscard]] static base::Result<JwsKey> from_secret(std::string_view secret);
    // RS256 and ES256. Errors: bad_config (no such PEM, or a key of another algorithm).
    [[nodiscard]] static base::Result<JwsKey> from_public_pem(Algorithm algorithm,
                                                              std::string_view pem);
    [[nodiscard]] static base::Result<JwsKey> from_private_pem(Algorithm algorithm,
                                                               std::string_view pem);
    JwsKey(JwsKey&& other) noexcept;
    JwsKey& operator=(JwsKey&& other) noexcept;
    ~JwsKey();

    [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
    [[nodiscard]] bool can_sign() const { return can_sign_; }

    // `payload` as a signed token. Precondition: can_sign().
    [[nodiscard]] std::string sign(std::string_view payload) const;
    // What `token` says, if it was signed with this key and algorithm.
    [[nodiscard]] std::expected<std::string, JwsFault> open(std::string_view token) const;

    struct Jwk;  // libcjose's

  private:
    JwsKey(Algorithm algorithm, bool can_sign, std::unique_ptr<Jwk> jwk);

    Algorithm algorithm_;
    bool can_sign_;
    std::unique_ptr<Jwk> jwk_;
};

}  // namespace chartroom::auth
