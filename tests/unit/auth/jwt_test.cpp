#include "core/auth/jwt.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/auth/forger.hpp"

namespace chartroom::auth {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;  // seconds
constexpr std::int64_t kNowUs = kNow * 1'000'000;

const std::string kSecret(32, 's');

TokenSettings settings() {
    return {.key = *JwsKey::from_secret(kSecret), .issuer = "chartroom", .audience = "chat"};
}

std::string with_claims(std::string_view claims) {
    return fakes::hmac_token(R"({"alg":"HS256"})", claims, kSecret);
}

std::string why_refused(std::string_view token, std::int64_t now_us = kNowUs) {
    const auto verified = verify(settings(), token, now_us);
    if (verified) {
        return "accepted";
    }
    return std::string(verified.error().message);
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

TEST(Jwt, EveryAlgorithmCarriesTheSameClaims) {
    const auto rsa = fakes::KeyPair::rsa();
    const auto ec = fakes::KeyPair::ec();
    for (const auto& [algorithm, keys] :
         {std::pair(Algorithm::rs256, rsa), std::pair(Algorithm::es256, ec)}) {
        const TokenSettings issuer{.key = *JwsKey::from_private_pem(algorithm, keys.private_pem())};
        const TokenSettings server{.key = *JwsKey::from_public_pem(algorithm, keys.public_pem())};
        const auto token = mint(issuer, {.sub = "ann", .expires_s = kNow + 60}, kNowUs);
        const auto verified = verify(server, token, kNowUs);
        ASSERT_TRUE(verified) << verified.error().message;
        EXPECT_EQ(verified->principal.id, "ann");
    }
}

TEST(Jwt, RefusalsHaveAStableReason) {
    EXPECT_EQ(verify(settings(), "x", kNowUs).error().reason, "malformed");
    EXPECT_EQ(verify(settings(), fakes::unsigned_token(R"({"alg":"none"})", "{}") + ".", kNowUs)
                  .error()
                  .reason,
              "algorithm");
    EXPECT_EQ(verify(settings(), fakes::hmac_token(R"({"alg":"HS256"})", "{}", "another"), kNowUs)
                  .error()
                  .reason,
              "signature");
    EXPECT_EQ(verify(settings(), with_claims(R"({"exp":1,"sub":"a"})"), kNowUs).error().reason,
              "expired");
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

TEST(Jwt, SessionClaimsAreNamesOrAKindWithAStarAtItsEnd) {
    const auto answer_to = [](const std::string& name) {
        return why_refused(with_claims(
            R"({"sub":"a","exp":1800000060,"iss":"chartroom","aud":"chat","sessions_read":[")" +
            name + R"("]})"));
    };
    for (const char* good : {"conversation:123", "patient:*", "a.b:c:*", "ward@3_x"}) {
        EXPECT_EQ(answer_to(good), "accepted") << good;
    }
    for (const char* bad :
         {"", "*", ":*", "patient*", "pat*:3", "patient:*:x", "a/b", "a b", "**"}) {
        EXPECT_EQ(answer_to(bad), "the token's session claims are not lists of at most 64 names")
            << bad;
    }
}

}  // namespace
}  // namespace chartroom::auth
