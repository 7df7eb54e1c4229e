#include "core/base/sha256.hpp"

#include <openssl/evp.h>

#include "core/base/check.hpp"

namespace chartroom::base {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    CHECK(context_ != nullptr);
    CHECK(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(context_);
}

Sha256& Sha256::add(std::span<const std::uint8_t> bytes) {
    CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
    return *this;
}

Sha256& Sha256::add(std::string_view text) {
    CHECK(EVP_DigestUpdate(context_, text.data(), text.size()) == 1);
    return *this;
}

Sha256& Sha256::add_u64(std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    return add(bytes);
}

Digest Sha256::finish() {
    Digest digest{};
    CHECK(EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1);
    CHECK(EVP_DigestInit_ex(context_, nullptr, nullptr) == 1);
    return digest;
}

Digest sha256(std::string_view text) {
    return Sha256().add(text).finish();
}

}  // namespace chartroom::base
