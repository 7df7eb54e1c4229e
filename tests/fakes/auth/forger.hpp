// Makes tokens that no honest library would: any header, any claims, signed well or badly. Over
// libcrypto directly, so that what the server's library makes of them is judged by another one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace chartroom::fakes {

// `base64url(header).base64url(claims)`.
[[nodiscard]] std::string unsigned_token(std::string_view header, std::string_view claims);
// With an HMAC-SHA-256 under any key.
[[nodiscard]] std::string hmac_token(std::string_view header, std::string_view claims,
                                     std::string_view key);

class KeyPair {
  public:
    [[nodiscard]] static KeyPair rsa(unsigned bits = 2048);
    [[nodiscard]] static KeyPair ec(const char* curve = "P-256");

    [[nodiscard]] std::string public_pem() const;
    [[nodiscard]] std::string private_pem() const;
    // Signed by itself, good for an hour.
    [[nodiscard]] std::string certificate_pem() const;
    // With RSASSA-PKCS1-v1_5 or ECDSA over SHA-256, as RFC 7518 writes either.
    [[nodiscard]] std::string token(std::string_view header, std::string_view claims) const;

  private:
    explicit KeyPair(evp_pkey_st* key);
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace chartroom::fakes
