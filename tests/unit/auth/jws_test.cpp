#include "core/auth/jws.hpp"

#include <gtest/gtest.h>

#include "core/base/base64.hpp"
#include "tests/fakes/auth/forger.hpp"

namespace chartroom::auth {
namespace {

using fakes::hmac_token;
using fakes::KeyPair;
using fakes::unsigned_token;

const std::string kSecret(32, 's');
constexpr const char* kText = R"({"sub":"ann"})";

JwsKey hs256() {
    return *JwsKey::from_secret(kSecret);
}

std::string outcome(const JwsKey& key, std::string_view token) {
    const auto text = key.open(token);
    if (text) return *text;
    switch (text.error()) {
        case JwsFault::malformed:
            return "malformed";
        case JwsFault::algorithm:
            return "algorithm";
        case JwsFault::signature:
            return "signature";
    }
    return "?";
}

struct Pair {
    Algorithm algorithm;
    KeyPair keys;
    JwsKey secret;
    JwsKey open;
    std::string header;
};
Pair make_pair(Algorithm algorithm, const KeyPair& keys) {
    return {algorithm, keys, *JwsKey::from_private_pem(algorithm, keys.private_pem()),
            *JwsKey::from_public_pem(algorithm, keys.public_pem()),
            R"({"alg":")" + std::string(name(algorithm)) + R"("})"};
}
const Pair& rs256() {
    static const Pair pair = make_pair(Algorithm::rs256, KeyPair::rsa());
    return pair;
}
const Pair& es256() {
    static const Pair pair = make_pair(Algorithm::es256, KeyPair::ec());
    return pair;
}

TEST(Jws, WhatAKeySignsItOpensAndItsPublicHalfTooButCannotSign) {
    EXPECT_EQ(outcome(hs256(), hs256().sign(kText)), kText);
    for (const Pair* pair : {&rs256(), &es256()}) {
        EXPECT_TRUE(pair->secret.can_sign());
        EXPECT_FALSE(pair->open.can_sign());
        const std::string token = pair->secret.sign(kText);
        EXPECT_EQ(outcome(pair->secret, token), kText);
        EXPECT_EQ(outcome(pair->open, token), kText);
    }
}

TEST(Jws, TokensOfAnotherImplementationAreOpened) {
    EXPECT_EQ(outcome(hs256(), hmac_token(R"({"typ":"JWT","alg":"HS256"})", kText, kSecret)),
              kText);
    for (const Pair* pair : {&rs256(), &es256()}) {
        for (int i = 0; i < 20; ++i) {
            EXPECT_EQ(outcome(pair->open, pair->keys.token(pair->header, kText)), kText);
        }
    }
}

// RFC 7515, appendix A.1.
TEST(Jws, TheRfcsExampleIsOpened) {
    const auto key = base::from_base64(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        base::Base64::url);
    ASSERT_TRUE(key);
    EXPECT_EQ(outcome(*JwsKey::from_secret(*key),
                      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
                      "c19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST(Jws, AForgedSignatureIsRefused) {
    EXPECT_EQ(outcome(hs256(), hmac_token(R"({"alg":"HS256"})", kText, std::string(32, 't'))),
              "signature");
    const Pair rsa = make_pair(Algorithm::rs256, KeyPair::rsa());
    const Pair ec = make_pair(Algorithm::es256, KeyPair::ec());
    EXPECT_EQ(outcome(rs256().open, rsa.secret.sign(kText)), "signature");
    EXPECT_EQ(outcome(es256().open, ec.secret.sign(kText)), "signature");
}

TEST(Jws, NoByteOfATokenCanBeChanged) {
    const Pair& rsa = rs256();
    const Pair& ec = es256();
    const JwsKey hmac = hs256();
    for (const JwsKey* key : {&hmac, &rsa.secret, &ec.secret}) {
        const std::string token = key->sign(kText);
        for (std::size_t i = 0; i < token.size(); ++i) {
            std::string changed = token;
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            EXPECT_FALSE(key->open(changed)) << name(key->algorithm()) << " at " << i;
        }
    }
}

// The last letter of a signature has bits that belong to no byte: only zeros are its spelling.
TEST(Jws, ASignatureHasOneSpelling) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const Pair& rsa = rs256();
    const Pair& ec = es256();
    const JwsKey hmac = hs256();
    for (const JwsKey* key : {&hmac, &rsa.secret, &ec.secret}) {
        std::string token = key->sign(kText);
        token.back() = kLetters[kLetters.find(token.back()) ^ 1];
        EXPECT_EQ(outcome(*key, token), "malformed") << name(key->algorithm());
    }
}

// The library ended the process on the first of these.
TEST(Jws, APartThatIsNoBase64IsRefusedUnread) {
    const std::string token = hs256().sign(kText);
    const std::string_view header = std::string_view(token).substr(0, token.find('.'));
    for (const std::string& bad :
         {std::string("a7888=.\xbd\xb3"
                      "CCFFFFFFFFMFFFFFF{FFF8tru999\"."),
          std::string("a7888=.."), std::string("a.."), std::string(".a."), std::string("..a"),
          std::string(header) + ".e=." + "e30", std::string(header) + ".e30.e===",
          std::string(header) + "=.e30.", token + "=", token + "\n"}) {
        EXPECT_EQ(outcome(hs256(), bad), "malformed") << bad;
    }
}

TEST(Jws, ASignatureOfAnotherLengthIsRefused) {
    const Pair& rsa = rs256();
    const Pair& ec = es256();
    const JwsKey hmac = hs256();
    for (const JwsKey* key : {&hmac, &rsa.secret, &ec.secret}) {
        const std::string token = key->sign(kText);
        const std::size_t begin = token.rfind('.') + 1;
        for (const std::size_t kept : {std::size_t{0}, std::size_t{2}, token.size() - begin - 4}) {
            EXPECT_FALSE(key->open(token.substr(0, begin + kept))) << kept;
        }
        EXPECT_FALSE(key->open(token + "AAAA"));
    }
}

TEST(Jws, AlgorithmNoneIsRefused) {
    const std::string none = unsigned_token(R"({"alg":"none"})", kText) + ".";
    const std::string spelled = unsigned_token(R"({"alg":"NONE"})", kText) + ".";
    const Pair& rsa = rs256();
    const JwsKey hmac = hs256();
    for (const JwsKey* key : {&hmac, &rsa.open}) {
        EXPECT_EQ(outcome(*key, none), "algorithm");
        EXPECT_FALSE(key->open(spelled));
    }
    EXPECT_EQ(outcome(hs256(), hmac_token(R"({"alg":"none"})", kText, kSecret)), "algorithm");
}

// The public key is no secret: whoever signs with it as if it were one is refused.
TEST(Jws, APublicKeyUsedAsASecretIsRefused) {
    for (const Pair* pair : {&rs256(), &es256()}) {
        const std::string forged = hmac_token(R"({"alg":"HS256"})", kText, pair->keys.public_pem());
        EXPECT_EQ(outcome(pair->open, forged), "algorithm");
        EXPECT_FALSE(JwsKey::from_secret(pair->keys.public_pem()));
    }
}

TEST(Jws, OnlyTheKeysOwnAlgorithmIsTakenHoweverWellItIsSigned) {
    for (const char* header :
         {R"({"alg":"HS512"})", R"({"alg":"RS256"})", R"({"alg":"hs256"})", R"({})",
          R"({"alg":["HS256"]})", R"({"alg":null})", R"({"alg":"HS256","crit":["exp"]})",
          R"({"alg":"HS256","crit":"b64"})", R"({"alg":"HS256","crit":null})"}) {
        const std::string why = outcome(hs256(), hmac_token(header, kText, kSecret));
        EXPECT_TRUE(why == "algorithm" || why == "malformed") << header << ": " << why;
    }
    const Pair& rsa = rs256();
    EXPECT_EQ(outcome(rsa.open, rsa.keys.token(R"({"alg":"PS256"})", kText)), "algorithm");
    EXPECT_EQ(outcome(rsa.open, rsa.keys.token(R"({"alg":"ES256"})", kText)), "algorithm");
}

TEST(Jws, WhatIsNoTokenIsMalformed) {
    const std::string good = hs256().sign(kText);
    for (const std::string& text :
         {std::string(), std::string("a"), std::string("a.b"), std::string("a.b.c.d"),
          std::string(".."), std::string("..."), good + ".", "." + good, good + "=",
          good.substr(0, good.find('.')) + "!" + good.substr(good.find('.')),
          hmac_token("not json", kText, kSecret), hmac_token(R"("HS256")", kText, kSecret),
          hmac_token("[]", kText, kSecret)}) {
        EXPECT_FALSE(hs256().open(text)) << text;
    }
}

TEST(Jws, AnOversizeTokenIsRefusedUnreadAndTheLargestIsNot) {
    const std::string large(kTokenBytesMax * 3 / 4 - 128, 'x');
    EXPECT_EQ(outcome(hs256(), hs256().sign(large)), large);
    EXPECT_EQ(outcome(hs256(), hs256().sign(large + std::string(256, 'x'))), "malformed");
}

TEST(Jws, AKeyMustBeOfItsAlgorithm) {
    const KeyPair rsa = KeyPair::rsa();
    const KeyPair ec = KeyPair::ec();
    EXPECT_EQ(JwsKey::from_public_pem(Algorithm::rs256, ec.public_pem()).error().message,
              "RS256 takes an RSA key, and this is a key on the curve P-256");
    EXPECT_EQ(JwsKey::from_public_pem(Algorithm::es256, rsa.public_pem()).error().message,
              "ES256 takes a key on the curve P-256, and this is an RSA key");
    EXPECT_FALSE(JwsKey::from_public_pem(Algorithm::hs256, rsa.public_pem()));
    EXPECT_FALSE(JwsKey::from_public_pem(Algorithm::rs256, rsa.private_pem()));
    EXPECT_FALSE(JwsKey::from_private_pem(Algorithm::rs256, rsa.public_pem()));
    EXPECT_EQ(JwsKey::from_secret("short").error().message, "the secret is shorter than 32 bytes");
}

TEST(Jws, AlgorithmsGoByTheirNames) {
    for (const char* good : {"HS256", "RS256", "ES256"}) {
        EXPECT_EQ(name(*algorithm_named(good)), good);
    }
    for (const char* bad : {"", "none", "hs256", "HS512", "PS256"}) {
        EXPECT_FALSE(algorithm_named(bad)) << bad;
    }
    EXPECT_NE(algorithm_named("EdDSA").error().message.find("use ES256"), std::string::npos);
}

}  // namespace
}  // namespace chartroom::auth
