#include "core/gateway/admission.hpp"

#include <gtest/gtest.h>

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
        authenticate_ = [](std::string_view token) -> base::Result<auth::Principal> {
            if (!token.starts_with("good-")) {
                return base::fail(base::Code::unauthenticated, "no such token");
            }
            auth::Principal principal;
            principal.who = auth::Who::user;
            principal.id = std::string(token.substr(5));
            return principal;
        };
        request_.host = "chat.example.org";
        request_.address = "203.0.113.7";
    }

    [[nodiscard]] Admission make() const {
        return {options_, routes_, authenticate_, {"10.0.0.5"}};
    }
    [[nodiscard]] std::string outcome(const std::string& path) {
        request_.path = path;
        const auto admitted = make().admit(request_);
        if (admitted) return admitted->principal ? admitted->principal->id : "anonymous";
        return std::to_string(admitted.error().response.status) + " " +
               std::string(admitted.error().reason);
    }

    Options options_;
    RouteTable routes_;
    Authenticate authenticate_;
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
    request_.query = {{"token", "good-ann"}, {"after", "3"}};
    const auto admitted = make().admit(request_);
    ASSERT_TRUE(admitted.has_value());
    EXPECT_EQ(admitted->query, (Query{{"after", "3"}}));
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
    const Admission admission(options_, routes_, authenticate_, {"0.0.0.0"});
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
    admission.entered(*first);
    EXPECT_EQ(admission.admit(request_).error().response.status, 429u);
    request_.address = "127.0.0.1";
    for (int i = 0; i < 2; ++i) {
        const auto local = admission.admit(request_);
        ASSERT_TRUE(local.has_value());
        admission.entered(*local);
    }
    EXPECT_EQ(admission.admit(request_).error().response.status, 503u);
    admission.left(first->address_key, true);
    request_.address = "203.0.113.7";
    EXPECT_TRUE(admission.admit(request_).has_value());
}

TEST_F(AdmissionTest, ThoseWhoHaveYetToAuthenticateHaveACapOfTheirOwn) {
    options_.limits.pending_auth_per_address = 1;
    Admission admission = make();
    request_.path = "/frame";
    const auto first = admission.admit(request_);
    ASSERT_TRUE(first.has_value());
    admission.entered(*first);
    EXPECT_EQ(admission.admit(request_).error().reason, "pending_auth");
    admission.authenticated(first->address_key);
    EXPECT_TRUE(admission.admit(request_).has_value());
}

TEST_F(AdmissionTest, UnknownPathsAreNotFound) {
    EXPECT_EQ(outcome("/nope"), "404 no_route");
}

}  // namespace
}  // namespace chartroom::gateway
