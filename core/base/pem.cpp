#include "core/base/pem.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

#include "core/base/crypto_errors.hpp"

namespace chartroom::base {
namespace {

constexpr std::size_t kP256Bytes = 32;

template <auto kFree>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const {
        kFree(object);
    }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_clear_free>>;

Bio bio_of(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this libcrypto would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Key parse_private(std::string_view pem) {
    return Key(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, no_passphrase, nullptr));
}

// `width` 0: as few bytes as it takes. Empty: the key has no such number.
std::string number(const Key& key, const char* name, std::size_t width) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), name, &raw) != 1) return {};
    const Number value(raw);
    const auto bytes = static_cast<std::size_t>(BN_num_bytes(value.get()));
    std::string out(width == 0 ? bytes : width, '\0');
    if (bytes > out.size()) return {};
    BN_bn2binpad(value.get(), reinterpret_cast<unsigned char*>(out.data()),
                 static_cast<int>(out.size()));
    return out;
}

bool is_p256(const Key& key) {
    std::array<char, 64> group{};
    std::size_t length = 0;
    return EVP_PKEY_is_a(key.get(), "EC") == 1 &&
           EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &length) == 1 &&
           std::string_view(group.data(), length) == SN_X9_62_prime256v1;
}

Result<PemKey> numbers_of(const Key& key) {
    if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
        if (EVP_PKEY_get_bits(key.get()) < kRsaBitsMin) {
            return fail(Code::bad_config,
                        "the RSA key is shorter than " + std::to_string(kRsaBitsMin) + " bits");
        }
        return RsaKey{.n = number(key, OSSL_PKEY_PARAM_RSA_N, 0),
                      .e = number(key, OSSL_PKEY_PARAM_RSA_E, 0),
                      .d = number(key, OSSL_PKEY_PARAM_RSA_D, 0)};
    }
    if (is_p256(key)) {
        return P256Key{.x = number(key, OSSL_PKEY_PARAM_EC_PUB_X, kP256Bytes),
                       .y = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, kP256Bytes),
                       .d = number(key, OSSL_PKEY_PARAM_PRIV_KEY, kP256Bytes)};
    }
    return fail(Code::bad_config, "the key is neither RSA nor on the curve P-256");
}

}  // namespace

Result<PemKey> read_public_key(std::string_view pem) {
    const CryptoErrors errors;
    const Key key(PEM_read_bio_PUBKEY(bio_of(pem).get(), nullptr, no_passphrase, nullptr));
    if (key) return numbers_of(key);
    return fail(Code::bad_config, parse_private(pem)
                                      ? "is a private key, where the public one is asked for"
                                      : "is no PEM public key (\"BEGIN PUBLIC KEY\")");
}

Result<PemKey> read_private_key(std::string_view pem) {
    const CryptoErrors errors;
    const Key key = parse_private(pem);
    if (key) return numbers_of(key);
    return fail(Code::bad_config,
                "is no PEM private key (\"BEGIN PRIVATE KEY\"), or one with a passphrase");
}

Result<void> check_certificate(std::string_view chain_pem, std::string_view key_pem) {
    const CryptoErrors errors;
    const Certificate certificate(
        PEM_read_bio_X509(bio_of(chain_pem).get(), nullptr, no_passphrase, nullptr));
    if (!certificate) {
        return fail(Code::bad_config, "the certificate is no PEM (\"BEGIN CERTIFICATE\")");
    }
    const Key key = parse_private(key_pem);
    if (!key) {
        return fail(Code::bad_config,
                    "the key is no PEM private key (\"BEGIN PRIVATE KEY\"), or has a passphrase");
    }
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
        return fail(Code::bad_config, "the certificate is not of this key");
    }
    return {};
}

}  // namespace chartroom::base
