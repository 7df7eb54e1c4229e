// libcjose lets the header choose the algorithm among those that fit the key's type, and of the
// key's type it is not always sure before it touches the key. So the header is held to the key's
// one algorithm first, and the signature to its length; only then the library verifies.
#include "core/auth/jws.hpp"

#include <cjose/cjose.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <utility>

#include "core/base/base64.hpp"
#include "core/base/check.hpp"
#include "core/base/crypto_errors.hpp"
#include "core/base/pem.hpp"

namespace chartroom::auth {
namespace {

using base::Code;

constexpr std::array kNames = {std::string_view("HS256"), std::string_view("RS256"),
                               std::string_view("ES256")};

struct ReleaseJws {
    void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using Jws = std::unique_ptr<cjose_jws_t, ReleaseJws>;
struct ReleaseHeader {
    void operator()(cjose_header_t* header) const { cjose_header_release(header); }
};
using Header = std::unique_ptr<cjose_header_t, ReleaseHeader>;

// libcjose takes what it only reads by pointers to what it could write.
std::uint8_t* bytes_of(const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

cjose_jwk_t* to_jwk(const base::RsaKey& key) {
    cjose_jwk_rsa_keyspec spec{};
    spec.n = bytes_of(key.n);
    spec.nlen = key.n.size();
    spec.e = bytes_of(key.e);
    spec.elen = key.e.size();
    spec.d = key.d.empty() ? nullptr : bytes_of(key.d);
    spec.dlen = key.d.size();
    return cjose_jwk_create_RSA_spec(&spec, nullptr);
}

cjose_jwk_t* to_jwk(const base::P256Key& key) {
    cjose_jwk_ec_keyspec spec{};
    spec.crv = CJOSE_JWK_EC_P_256;
    spec.x = bytes_of(key.x);
    spec.xlen = key.x.size();
    spec.y = bytes_of(key.y);
    spec.ylen = key.y.size();
    spec.d = key.d.empty() ? nullptr : bytes_of(key.d);
    spec.dlen = key.d.size();
    return cjose_jwk_create_EC_spec(&spec, nullptr);
}

std::string_view wants(Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::hs256:
            return "a secret";
        case Algorithm::rs256:
            return "an RSA key";
        case Algorithm::es256:
            return "a key on the curve P-256";
    }
    return {};
}

// The signature's length in base64url where the algorithm fixes it; 0: the key does.
std::size_t signature_chars(Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::hs256:
            return 43;  // 32 bytes
        case Algorithm::es256:
            return 86;  // 64 bytes
        case Algorithm::rs256:
            return 0;
    }
    return 0;
}

// The header's bytes, of a token of three parts, each in its one spelling. libcjose overlooks bits
// that are left over, and on a part that is no base64url it may end the process, so it is given
// none.
std::optional<std::string> header_of(std::string_view token) {
    if (std::ranges::count(token, '.') != 2) return std::nullopt;
    std::optional<std::string> header;
    for (const auto part : token | std::views::split('.')) {
        auto bytes = base::from_base64(std::string_view(part), base::Base64::url);
        if (!bytes) return std::nullopt;
        if (!header) header = std::move(*bytes);
    }
    return header;
}

// What the header's `crit` names must be understood (RFC 7515 section 4.1.11), and nothing is.
// libcjose does not say whether it is there, whatever it is.
bool asks_for_extensions(std::string_view header) {
    const auto parsed = nlohmann::json::parse(header, nullptr, false);
    return !parsed.is_object() || parsed.contains("crit");
}

}  // namespace

struct JwsKey::Jwk {
    cjose_jwk_t* jwk = nullptr;

    explicit Jwk(cjose_jwk_t* made) : jwk(made) {}
    ~Jwk() { cjose_jwk_release(jwk); }
    Jwk(const Jwk&) = delete;
    Jwk& operator=(const Jwk&) = delete;
};

base::Result<Algorithm> algorithm_named(std::string_view name) {
    const auto found = std::ranges::find(kNames, name);
    if (found != kNames.end()) return static_cast<Algorithm>(found - kNames.begin());
    std::string message = "\"" + std::string(name) + "\" is none of HS256, RS256, ES256";
    if (name == "EdDSA" || name == "Ed25519") {
        message += "; this build's JWT library, libcjose, does not have it: use ES256";
    }
    return base::fail(Code::bad_config, std::move(message));
}

std::string_view name(Algorithm algorithm) {
    return kNames.at(static_cast<std::size_t>(algorithm));
}

JwsKey::JwsKey(Algorithm algorithm, bool can_sign, std::unique_ptr<Jwk> jwk)
    : algorithm_(algorithm), can_sign_(can_sign), jwk_(std::move(jwk)) {}
JwsKey::JwsKey(JwsKey&& other) noexcept = default;
JwsKey& JwsKey::operator=(JwsKey&& other) noexcept = default;
JwsKey::~JwsKey() = default;

base::Result<JwsKey> JwsKey::from_secret(std::string_view secret) {
    if (secret.size() < kSecretBytesMin) {
        return base::fail(Code::bad_config, "the secret is shorter than " +
                                                std::to_string(kSecretBytesMin) + " bytes");
    }
    if (secret.starts_with("-----BEGIN ")) {
        return base::fail(
            Code::bad_config,
            "HS256 signs with a secret, and this is a PEM text: for a key pair choose "
            "RS256 or ES256");
    }
    auto jwk = std::make_unique<Jwk>(cjose_jwk_create_oct_spec(
        reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), nullptr));
    CHECK(jwk->jwk != nullptr);
    return JwsKey(Algorithm::hs256, true, std::move(jwk));
}

namespace {

base::Result<std::unique_ptr<JwsKey::Jwk>> jwk_for(Algorithm algorithm,
                                                   const base::Result<base::PemKey>& key) {
    const base::CryptoErrors errors;
    if (!key) return std::unexpected(key.error());
    const bool rsa = std::holds_alternative<base::RsaKey>(*key);
    if (algorithm == Algorithm::hs256 || rsa != (algorithm == Algorithm::rs256)) {
        return base::fail(Code::bad_config,
                          std::string(name(algorithm)) + " takes " + std::string(wants(algorithm)) +
                              ", and this is " +
                              std::string(wants(rsa ? Algorithm::rs256 : Algorithm::es256)));
    }
    auto jwk = std::make_unique<JwsKey::Jwk>(
        std::visit([](const auto& numbers) { return to_jwk(numbers); }, *key));
    if (jwk->jwk == nullptr) return base::fail(Code::bad_config, "the key is not usable");
    return jwk;
}

}  // namespace

base::Result<JwsKey> JwsKey::from_public_pem(Algorithm algorithm, std::string_view pem) {
    auto jwk = jwk_for(algorithm, base::read_public_key(pem));
    if (!jwk) return std::unexpected(jwk.error());
    return JwsKey(algorithm, false, std::move(*jwk));
}

base::Result<JwsKey> JwsKey::from_private_pem(Algorithm algorithm, std::string_view pem) {
    auto jwk = jwk_for(algorithm, base::read_private_key(pem));
    if (!jwk) return std::unexpected(jwk.error());
    return JwsKey(algorithm, true, std::move(*jwk));
}

std::string JwsKey::sign(std::string_view payload) const {
    CHECK(can_sign_);
    const Header header(cjose_header_new(nullptr));
    CHECK(cjose_header_set(header.get(), CJOSE_HDR_ALG, name(algorithm_).data(), nullptr));
    CHECK(cjose_header_set(header.get(), "typ", "JWT", nullptr));
    const Jws jws(cjose_jws_sign(jwk_->jwk, header.get(),
                                 reinterpret_cast<const std::uint8_t*>(payload.data()),
                                 payload.size(), nullptr));
    CHECK(jws != nullptr);
    const char* compact = nullptr;
    CHECK(cjose_jws_export(jws.get(), &compact, nullptr));
    return compact;
}

std::expected<std::string, JwsFault> JwsKey::open(std::string_view token) const {
    const std::size_t last_dot = token.rfind('.');
    if (token.size() > kTokenBytesMax) return std::unexpected(JwsFault::malformed);
    const std::optional<std::string> header_text = header_of(token);
    if (!header_text) return std::unexpected(JwsFault::malformed);
    const base::CryptoErrors errors;
    const Jws jws(cjose_jws_import(token.data(), token.size(), nullptr));
    if (jws == nullptr) return std::unexpected(JwsFault::malformed);
    cjose_header_t* header = cjose_jws_get_protected(jws.get());
    const char* algorithm = cjose_header_get(header, CJOSE_HDR_ALG, nullptr);
    if (algorithm == nullptr || algorithm != name(algorithm_)) {
        return std::unexpected(JwsFault::algorithm);
    }
    if (asks_for_extensions(*header_text)) return std::unexpected(JwsFault::algorithm);
    const std::size_t expected = signature_chars(algorithm_);
    if ((expected != 0 && token.size() - last_dot - 1 != expected) ||
        !cjose_jws_verify(jws.get(), jwk_->jwk, nullptr)) {
        return std::unexpected(JwsFault::signature);
    }
    std::uint8_t* text = nullptr;
    std::size_t bytes = 0;
    CHECK(cjose_jws_get_plaintext(jws.get(), &text, &bytes, nullptr));
    return std::string(reinterpret_cast<const char*>(text), bytes);
}

}  // namespace chartroom::auth
