#include "core/auth/jwt.hpp"

#include <gtest/gtest.h>

#include "core/base/base64.hpp"
#include "core/base/sha256.hpp"

namespace chartroom::auth {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;  // seconds
constexpr std::int64_t kNowUs = kNow * 1'000'000;

TokenSettings settings() {
    return {.secret = std::string(32, 's'), .issuer = "chartroom", .audience = "chat"};
}

std::string encode(std::string_view text) {
    return base::to_base64(text, base::Base64::url);
}

// A token with any header and claims, signed as HS256 would.
std::string forge(std::string_view header, std::string_view claims, std::string_view secret) {
    const std::string part = encode(header) + "." + encode(claims);
    const auto mac = base::hmac_sha256(secret, part);
    return part + "." + encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::string with_claims(std::string_view claims) {
    return forge(R"({"alg":"HS256"})", claims, settings().secret);
}

std::string why_refused(std::string_view token, std::int64_t now_us = kNowUs) {
    const auto verified = verify(settings(), token, now_us);
    if (verified) {
        return "accepted";
    }
    EXPECT_EQ(verified.error().code, base::Code::unauthenticated);
    return verified.error().message;
}

TEST(Jwt, WhatIsMintedIsVerified) {
    const auto token = mint(settings(),
                            {.sub = "ann",
                             .expires_s = kNow + 60,
                             .sessions = {"conversation:1", "patient:*"},
                             .sessions_read = {"ward:3"}},
                            kNowUs);
    const auto verified = verify(settings(), token, kNowUs);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->principal.who, Who::user);
    EXPECT_EQ(verified->principal.id, "ann");
    EXPECT_EQ(verified->principal.sessions,
              (std::vector<std::string>{"conversation:1", "patient:*"}));
    EXPECT_EQ(verified->principal.sessions_read, std::vector<std::string>{"ward:3"});
    EXPECT_EQ(verified->expires_us, (kNow + 60 + 30) * 1'000'000);
}

// RFC 7515, appendix A.1: a token that another implementation signed.
TEST(Jwt, SignatureOfTheRfcsExampleHolds) {
    const auto key = base::from_base64(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        base::Base64::url);
    ASSERT_TRUE(key);
    const auto verified = verify(
        {.secret = *key},
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        1'300'000'000'000'000);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().message, "the token names no subject");
}

TEST(Jwt, EndsAtExpiryPlusLeeway) {
    const auto token =
        with_claims(R"({"sub":"a","exp":1800000000,"iss":"chartroom","aud":"chat"})");
    EXPECT_EQ(why_refused(token, (kNow + 29) * 1'000'000), "accepted");
    EXPECT_EQ(why_refused(token, (kNow + 30) * 1'000'000), "the token has expired");
}

TEST(Jwt, Claims) {
    const std::pair<const char*, const char*> rows[] = {
        {R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":"chat"})", "accepted"},
        {R"({"sub":7,"exp":1800000060.5,"iss":"chartroom","aud":["x","chat"]})", "accepted"},
        {R"({"sub":"a","iss":"chartroom","aud":"chat"})", "the token has no expiry"},
        {R"({"sub":"a","exp":"1800000060","iss":"chartroom","aud":"chat"})",
         "the token has no expiry"},
        {R"({"sub":"a","exp":1e300,"iss":"chartroom","aud":"chat"})", "the token has no expiry"},
        {R"({"sub":"a","exp":-9e18,"iss":"chartroom","aud":"chat"})", "the token has no expiry"},
        {R"({"sub":"a","exp":1800000060,"nbf":1800000030,"iss":"chartroom","aud":"chat"})",
         "accepted"},
        {R"({"sub":"a","exp":1800000060,"nbf":1800000031,"iss":"chartroom","aud":"chat"})",
         "the token is not valid yet"},
        {R"({"sub":"a","exp":1800000060,"nbf":null,"iss":"chartroom","aud":"chat"})",
         "the token is not valid yet"},
        {R"({"sub":"a","exp":1800000060,"aud":"chat"})", "the token is of another issuer"},
        {R"({"sub":"a","exp":1800000060,"iss":["chartroom"],"aud":"chat"})",
         "the token is of another issuer"},
        {R"({"sub":"a","exp":1800000060,"iss":"chartroom"})", "the token is for another audience"},
        {R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":["x"]})",
         "the token is for another audience"},
        {R"({"exp":1800000060,"iss":"chartroom","aud":"chat"})", "the token names no subject"},
        {R"({"sub":"","exp":1800000060,"iss":"chartroom","aud":"chat"})",
         "the token names no subject"},
        {R"({"sub":["a"],"exp":1800000060,"iss":"chartroom","aud":"chat"})",
         "the token names no subject"},
        {R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":"chat","sessions":"*"})",
         "the token's session claims are not lists of at most 64 names"},
        {R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":"chat","sessions":[1]})",
         "the token's session claims are not lists of at most 64 names"},
        {R"([])", "the token's claims cannot be read"},
        {R"({"sub":)", "the token's claims cannot be read"},
        {"{\"sub\":\"\xff\"}", "the token's claims cannot be read"},
        {R"({"a":[[[[[[[[[[[[1]]]]]]]]]]]]})", "the token's claims cannot be read"},
    };
    for (const auto& [claims, answer] : rows) {
        EXPECT_EQ(why_refused(with_claims(claims)), answer) << claims;
    }
}

TEST(Jwt, TooManyOrTooLongClaimsAreRefused) {
    std::string many = R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":"chat","sessions":[)";
    for (int i = 0; i < 65; ++i) {
        many += i == 0 ? R"("a")" : R"(,"a")";
    }
    EXPECT_EQ(why_refused(with_claims(many + "]}")),
              "the token's session claims are not lists of at most 64 names");
    EXPECT_EQ(
        why_refused(with_claims(R"({"exp":1800000060,"iss":"chartroom","aud":"chat","sub":")" +
                                std::string(257, 'a') + R"("})")),
        "the token names no subject");
}

TEST(Jwt, TheAlgorithmIsPinned) {
    constexpr const char* kClaims =
        R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":"chat"})";
    const std::string none = encode(R"({"alg":"none"})") + "." + encode(kClaims) + ".";
    EXPECT_EQ(why_refused(none), "the token's signature is not valid");
    for (const char* header :
         {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"hs256"})", R"({})",
          R"({"alg":["HS256"]})", R"("HS256")", R"({"alg":"HS256","crit":["exp"]})"}) {
        EXPECT_EQ(why_refused(forge(header, kClaims, settings().secret)),
                  "the token's algorithm is not accepted")
            << header;
    }
}

TEST(Jwt, ASignatureOfAnotherKeyOrOfOtherBytesIsRefused) {
    const auto token = mint(settings(), {.sub = "ann", .expires_s = kNow + 60}, kNowUs);
    auto other = settings();
    other.secret.back() = 't';
    EXPECT_FALSE(verify(other, token, kNowUs));
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verify(settings(), changed, kNowUs)) << i;
    }
}

TEST(Jwt, WhatIsNoTokenIsRefused) {
    for (const std::string& text :
         {std::string(), std::string("a"), std::string("a.b"), std::string("a.b.c.d"),
          std::string(".."), std::string("..."), std::string(9000, '.'),
          std::string(3000, 'a') + "." + std::string(3000, 'a') + "." + std::string(3000, 'a')}) {
        EXPECT_NE(why_refused(text), "accepted");
    }
}

}  // namespace
}  // namespace chartroom::auth
