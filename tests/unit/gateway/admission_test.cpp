#include "core/gateway/admission.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace chartroom::gateway {
namespace {

class AdmissionTest : public testing::Test {
  protected:
    AdmissionTest()
        : routes_(*RouteTable::make(
              {{"/open", "plain", RouteAuth::optional, DrainStyle::close},
               {"/none", "plain", RouteAuth::none, DrainStyle::close},
               {"/must", "plain", RouteAuth::required, DrainStyle::close},
               {"/frame", "native", RouteAuth::required, DrainStyle::close},
               {"/ws/{user_id}", "plain", RouteAuth::optional, DrainStyle::close}},
              {"plain", "native"})) {
        options_.server_names = {"chat.example.org"};
        options_.allowed_origins = {"https://front.example.org"};
        authenticate_ = [](std::string_view token) -> Verdict {
            if (!token.starts_with("good-")) {
                return std::unexpected(auth::TokenRefusal{"signature", "no such token"});
            }
            auth::Principal principal;
            principal.who = auth::Who::user;
            principal.id = std::string(token.substr(5));
            return auth::Verified{std::move(principal), kExpiresUs};
        };
        request_.host = "chat.example.org";
        request_.address = "203.0.113.7";
    }

    [[nodiscard]] Admission make(const std::string& listening = "10.0.0.5") {
        return {options_,
                routes_,
                AdmissionWorld{clock_, counters_, authenticate_, redeem_},
                {listening}};
    }
    [[nodiscard]] std::string outcome(const std::string& path) {
        Admission admission = make();
        return outcome(admission, path);
    }
    [[nodiscard]] std::string outcome(Admission& admission, const std::string& path) {
        request_.path = path;
        const auto admitted = admission.admit(request_);
        if (admitted) return admitted->verified ? admitted->verified->principal.id : "anonymous";
        return std::to_string(admitted.error().response.status) + " " +
               std::string(admitted.error().reason);
    }

    static constexpr std::int64_t kExpiresUs = 77;

    struct : base::Clock {
        [[nodiscard]] std::int64_t now_us() const override { return now; }
        [[nodiscard]] std::int64_t monotonic_us() const override { return now; }
        std::int64_t now = 1'000'000;
    } clock_;
    Counters counters_;
    Options options_;
    RouteTable routes_;
    Authenticate authenticate_;
    RedeemTicket redeem_;
    HttpRequest request_;
};

TEST_F(AdmissionTest, TokensAreTakenFromHeaderOrQueryAndNeverDowngraded) {
    EXPECT_EQ(outcome("/open"), "anonymous");
    request_.query["token"] = "good-ann";
    EXPECT_EQ(outcome("/open"), "ann");
    EXPECT_EQ(outcome("/none"), "401 bad_token");
    request_.query["token"] = "bad";
    EXPECT_EQ(outcome("/open"), "401 bad_token");
    request_.query.clear();
    request_.authorization = "bEaReR good-bob";
    EXPECT_EQ(outcome("/must"), "bob");
    request_.authorization = "Basic Z29vZA==";
    EXPECT_EQ(outcome("/open"), "401 bad_token");
}

TEST_F(AdmissionTest, TheTokenDoesNotReachTheDialect) {
    request_.path = "/open";
    request_.query = {{"token", "good-ann"}, {"ticket", "t"}, {"after", "3"}};
    const auto admitted = make().admit(request_);
    ASSERT_TRUE(admitted.has_value());
    EXPECT_EQ(admitted->query, (Query{{"after", "3"}}));
    EXPECT_EQ(admitted->verified->expires_us, kExpiresUs);
}

TEST_F(AdmissionTest, RequiredWithoutATokenWaitsOnlyWhereAFrameCanShowIt) {
    EXPECT_EQ(outcome("/must"), "401 no_token");
    request_.path = "/frame";
    const auto admitted = make().admit(request_);
    ASSERT_TRUE(admitted.has_value());
    EXPECT_TRUE(admitted->must_authenticate);
}

TEST_F(AdmissionTest, AUserInThePathIsTheTokensOwn) {
    request_.query["token"] = "good-ann";
    EXPECT_EQ(outcome("/ws/ann"), "ann");
    EXPECT_EQ(outcome("/ws/bob"), "403 other_user");
    request_.query.clear();
    EXPECT_EQ(outcome("/ws/bob"), "anonymous");
}

TEST_F(AdmissionTest, AnUpgradeWithHeadersOverTheirLimitIsRefused) {
    request_.path = "/open";
    request_.header_bytes = kHeaderBytesMax;
    EXPECT_TRUE(make().admit(request_).has_value());
    ++request_.header_bytes;
    const auto refused = make().admit(request_);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().response.status, 431u);
    EXPECT_EQ(refused.error().reason, "headers");
}

TEST_F(AdmissionTest, HostsOfOthersAreRefused) {
    for (const char* good : {"chat.example.org", "CHAT.example.org:8000", "localhost",
                             "127.0.0.1:1", "[::1]:80", "10.0.0.5:8000"}) {
        request_.host = good;
        EXPECT_EQ(outcome("/open"), "anonymous") << good;
    }
    for (const char* bad : {"", "evil.org", "chat.example.org.evil.org", "10.0.0.6"}) {
        request_.host = bad;
        EXPECT_EQ(outcome("/open"), "421 host") << bad;
    }
}

TEST_F(AdmissionTest, OnAWildcardAnyLiteralAddressIsOursButNoName) {
    Admission admission = make("0.0.0.0");
    request_.path = "/open";
    request_.host = "192.0.2.1:8000";
    EXPECT_TRUE(admission.admit(request_).has_value());
    request_.host = "evil.org";
    EXPECT_FALSE(admission.admit(request_).has_value());
}

TEST_F(AdmissionTest, OriginsPassWhenAbsentTheSameOrListed) {
    for (const char* good :
         {"", "https://chat.example.org", "http://CHAT.EXAMPLE.ORG", "https://front.example.org"}) {
        request_.origin = good;
        EXPECT_EQ(outcome("/open"), "anonymous") << good;
    }
    for (const char* bad :
         {"https://evil.org", "null", "http://localhost", "https://chat.example.org:444",
          "https://front.example.org.evil.org", "junk"}) {
        request_.origin = bad;
        EXPECT_EQ(outcome("/open"), "403 origin") << bad;
    }
}

TEST_F(AdmissionTest, OnLoopbackAnyLoopbackOriginPassesAndFilesMayConnectUnnamed) {
    request_.on_loopback = true;
    request_.host = "127.0.0.1:8000";
    request_.address = "127.0.0.1";
    request_.origin = "http://localhost:5173";
    EXPECT_EQ(outcome("/open"), "anonymous");
    request_.origin = "null";
    EXPECT_EQ(outcome("/open"), "anonymous");
    EXPECT_FALSE(make().check_browser(request_).has_value());  // never for HTTP
    request_.query["token"] = "good-ann";
    EXPECT_EQ(outcome("/open"), "403 origin");
    request_.query.clear();
    EXPECT_EQ(outcome("/frame"), "403 origin");
    request_.path = "/open";
    EXPECT_TRUE(make().admit(request_)->anonymous_only);
    options_.access.anonymous = auth::AnonymousNames::named;
    EXPECT_EQ(outcome("/open"), "403 origin");
    options_.access.anonymous = auth::AnonymousNames::secret;
    options_.allow_null_origin = false;
    EXPECT_EQ(outcome("/open"), "403 origin");
}

TEST_F(AdmissionTest, CapsCountByAddressButNotLoopback) {
    options_.limits.connections_per_address = 1;
    options_.limits.connections = 3;
    Admission admission = make();
    request_.path = "/open";
    const auto first = admission.admit(request_);
    ASSERT_TRUE(first.has_value());
    admission.entered(first->address_key);
    EXPECT_EQ(admission.admit(request_).error().response.status, 429u);
    request_.address = "127.0.0.1";
    for (int i = 0; i < 2; ++i) {
        const auto local = admission.admit(request_);
        ASSERT_TRUE(local.has_value());
        admission.entered(local->address_key);
    }
    EXPECT_EQ(admission.admit(request_).error().response.status, 503u);
    admission.left(first->address_key);
    request_.address = "203.0.113.7";
    EXPECT_TRUE(admission.admit(request_).has_value());
}

TEST_F(AdmissionTest, ATicketIsRedeemedForTheRequestThatShowsIt) {
    request_.query = {{"ticket", "t-1"}};
    EXPECT_EQ(outcome("/open"), "401 bad_token");
    EXPECT_EQ(counters_.failed_authentications["not_taken"], 1u);
    redeem_ = [](std::string_view ticket, const HttpRequest& request) -> Verdict {
        if (ticket != "t-1" || request.path != "/open") {
            return std::unexpected(auth::TokenRefusal{"ticket", "no such ticket"});
        }
        auth::Verified verified;
        verified.principal.who = auth::Who::user;
        verified.principal.id = "ann";
        return verified;
    };
    EXPECT_EQ(outcome("/open"), "ann");
    EXPECT_EQ(outcome("/must"), "401 bad_token");
    EXPECT_EQ(outcome("/none"), "401 bad_token");
    request_.authorization = "Bearer bad";  // a token goes before a ticket
    EXPECT_EQ(outcome("/open"), "401 bad_token");
}

TEST_F(AdmissionTest, AfterTwentyFailuresAnAddressIsRefusedForTheRestOfTheMinute) {
    Admission admission = make();
    request_.query["token"] = "bad";
    for (int i = 0; i < 20; ++i) EXPECT_EQ(outcome(admission, "/open"), "401 bad_token") << i;
    clock_.now += 10'000'000;
    EXPECT_EQ(outcome(admission, "/open"), "429 auth_failures");
    request_.query["token"] = "good-ann";
    request_.path = "/open";
    const auto refused = admission.admit(request_);
    const auto& headers = refused.error().response.headers;
    EXPECT_EQ(std::ranges::count(headers, std::pair<std::string, std::string>{"retry-after", "51"}),
              1);
    EXPECT_EQ(counters_.failed_authentications["signature"], 20u);
    request_.address = "203.0.113.8";
    EXPECT_EQ(outcome(admission, "/open"), "ann");
    request_.address = "203.0.113.7";
    clock_.now += 50'000'000;
    EXPECT_EQ(outcome(admission, "/open"), "ann");
}

TEST_F(AdmissionTest, FailuresOfLoopbackAreNotCountedAgainstIt) {
    Admission admission = make();
    request_.address = "127.0.0.1";
    request_.query["token"] = "bad";
    for (int i = 0; i < 100; ++i) EXPECT_EQ(outcome(admission, "/open"), "401 bad_token") << i;
}

TEST_F(AdmissionTest, UnknownPathsAreNotFound) {
    EXPECT_EQ(outcome("/nope"), "404 no_route");
}

}  // namespace
}  // namespace chartroom::gateway
