#include "tests/fakes/auth/forger.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

#include "core/base/base64.hpp"
#include "core/base/check.hpp"

namespace chartroom::fakes {
namespace {

std::string encode(std::string_view bytes) {
    return base::to_base64(bytes, base::Base64::url);
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

template <typename Write>
std::string pem_of(Write write) {
    BIO* out = BIO_new(BIO_s_mem());
    CHECK(write(out) == 1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(out, &text);
    std::string pem(text, static_cast<std::size_t>(length));
    BIO_free(out);
    return pem;
}

// DER's two integers side by side, 32 bytes each.
std::string to_jose(const std::string& der) {
    const unsigned char* at = bytes_of(der);
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    CHECK(pair != nullptr);
    std::string out(64, '\0');
    auto* to = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + 32, 32);
    ECDSA_SIG_free(pair);
    return out;
}

}  // namespace

std::string unsigned_token(std::string_view header, std::string_view claims) {
    return encode(header) + "." + encode(claims);
}

std::string hmac_token(std::string_view header, std::string_view claims, std::string_view key) {
    const std::string text = unsigned_token(header, claims);
    std::array<unsigned char, 32> mac{};
    CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
               mac.data(), nullptr) != nullptr);
    return text + "." + encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

KeyPair::KeyPair(evp_pkey_st* key) : key_(key, EVP_PKEY_free) {
    CHECK(key != nullptr);
}

KeyPair KeyPair::rsa(unsigned bits) {
    return KeyPair(EVP_RSA_gen(bits));
}

KeyPair KeyPair::ec(const char* curve) {
    return KeyPair(EVP_EC_gen(curve));
}

std::string KeyPair::public_pem() const {
    return pem_of([this](BIO* out) { return PEM_write_bio_PUBKEY(out, key_.get()); });
}

std::string KeyPair::private_pem() const {
    return pem_of([this](BIO* out) {
        return PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

std::string KeyPair::certificate_pem() const {
    X509* certificate = X509_new();
    CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != nullptr);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) != nullptr);
    CHECK(X509_set_pubkey(certificate, key_.get()) == 1);
    CHECK(X509_sign(certificate, key_.get(), EVP_sha256()) > 0);
    std::string pem =
        pem_of([certificate](BIO* out) { return PEM_write_bio_X509(out, certificate); });
    X509_free(certificate);
    return pem;
}

std::string KeyPair::token(std::string_view header, std::string_view claims) const {
    const std::string text = unsigned_token(header, claims);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    std::size_t length = 0;
    CHECK(EVP_DigestSign(context, nullptr, &length, bytes_of(text), text.size()) == 1);
    std::string signature(length, '\0');
    CHECK(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &length,
                         bytes_of(text), text.size()) == 1);
    signature.resize(length);
    EVP_MD_CTX_free(context);
    const bool ec = EVP_PKEY_is_a(key_.get(), "EC") == 1;
    return text + "." + encode(ec ? to_jose(signature) : signature);
}

}  // namespace chartroom::fakes
