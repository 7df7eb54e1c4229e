// The endpoint table: paths and methods, who may ask, what is read, bodies, CORS.
#include "core/gateway/endpoints.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "core/gateway/tickets.hpp"

namespace chartroom::gateway {
namespace {

class TestClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override { return now; }
    [[nodiscard]] std::int64_t monotonic_us() const override { return now; }
    std::int64_t now = 1'000'000'000;
};

std::string header_of(const HttpResponse& response, std::string_view name) {
    const auto found =
        std::ranges::find(response.headers, name, &std::pair<std::string, std::string>::first);
    return found == response.headers.end() ? "(none)" : found->second;
}

class EndpointsTest : public testing::Test {
  protected:
    explicit EndpointsTest(bool asks = true) : asks_(asks) {
        endpoints_.add({.method = "GET",
                        .path = "/healthz",
                        .id = "health",
                        .summary = "",
                        .handler = [](Asked&) { return json_response(200, "{}"); }});
        endpoints_.add(
            {.method = "GET",
             .path = "/items/{id...}/parts",
             .id = "parts",
             .summary = "",
             .fields =
                 {{.name = "id", .in = In::path, .summary = ""},
                  {.name = "limit", .kind = FieldKind::integer, .summary = "", .min = 1, .max = 9}},
             .handler = [](Asked& asked) {
                 return json_response(
                     200, asked.values.text("id").value_or("none") +
                              std::to_string(asked.values.integer("limit").value_or(0)));
             }});
        endpoints_.add(
            {.method = "POST",
             .path = "/items",
             .id = "make",
             .summary = "",
             .guard = Guard::token,
             .fields =
                 {{.name = "name", .in = In::body, .summary = "", .required = true, .max = 5},
                  {.name = "data", .in = In::body, .kind = FieldKind::object, .summary = ""},
                  {.name = "since", .in = In::body, .kind = FieldKind::position, .summary = ""}},
             .handler = [](Asked& asked) {
                 const auto& who = *asked.caller.principal;
                 return json_response(200, who.party() + " " +
                                               asked.values.text("name").value_or("") +
                                               asked.values.text("data").value_or(""));
             }});
        endpoints_.add({.method = "GET",
                        .path = "/flow",
                        .id = "flow",
                        .summary = "",
                        .guard = Guard::token_or_ticket,
                        .replies = {{200, "", {}, "text/event-stream"}},
                        .handler = [](Asked& asked) {
                            return json_response(200, asked.caller.principal->only_session.value);
                        }});
        request_.method = "GET";
        request_.host = "localhost";
        request_.on_loopback = true;
    }
    // The answer, and what is to be read of a body before it.
    HttpResponse ask(std::string method, std::string path) {
        request_.method = std::move(method);
        request_.path = std::move(path);
        exchange_ = {};
        body_bytes_.reset();
        auto asked = endpoints_.begin(request_, exchange_);
        HttpResponse response;
        if (asked) {
            body_bytes_ = asked->body_bytes;
            response = std::get<HttpResponse>(endpoints_.finish(*std::move(asked), body_));
        } else {
            response = std::move(asked.error());
        }
        endpoints_.complete(response, exchange_);
        return response;
    }
    HttpResponse post(std::string body, std::string type = "application/json") {
        body_ = std::move(body);
        request_.headers["content-type"] = std::move(type);
        request_.headers["content-length"] = std::to_string(body_.size());
        request_.authorization = "Bearer good-ann";
        return ask("POST", "/items");
    }

    static Options options() {
        Options options;
        options.allowed_origins = {"https://listed.example"};
        options.admin_token = "the admin's token";
        return options;
    }

    bool asks_;
    Options options_ = options();
    Pages pages_;
    RouteTable routes_ = *RouteTable::make({{"/ws", "plain"}}, {"plain"});
    TestClock clock_;
    base::SeededRandom random_{3};
    Authenticate authenticate_ = [](std::string_view token) -> Verdict {
        if (!token.starts_with("good-")) {
            return std::unexpected(auth::TokenRefusal{"bad", "the token is not valid"});
        }
        auth::Principal principal;
        principal.who = auth::Who::user;
        principal.id = std::string(token.substr(5));
        return auth::Verified{std::move(principal), 77};
    };
    RedeemTicket redeem_ = [this](std::string_view ticket, const HttpRequest&) -> Verdict {
        auto holder = tickets_.redeem(ticket, clock_.now);
        if (!holder) return std::unexpected(auth::TokenRefusal{"bad_ticket", "no"});
        return *std::move(holder);
    };
    Tickets tickets_{random_};
    Counters counters_;
    Admission admission_{options_, routes_, {clock_, counters_, authenticate_, redeem_}, {}};
    HttpAccess access_{options_, admission_, asks_, random_};
    Endpoints endpoints_{pages_, routes_, access_, counters_, 64};
    HttpRequest request_;
    std::string body_;
    Exchange exchange_;
    std::optional<std::size_t> body_bytes_;
};

TEST_F(EndpointsTest, ARowAnswersItsMethodAndPath) {
    EXPECT_EQ(ask("GET", "/healthz").status, 200u);
    EXPECT_EQ(ask("HEAD", "/healthz").status, 200u);
    EXPECT_TRUE(exchange_.head);
    EXPECT_EQ(ask("GET", "/items/42/parts").body, "420");
    EXPECT_EQ(ask("GET", "/items/user/ann/home/parts").body, "user/ann/home0");
    EXPECT_EQ((counters_.http_responses[{"parts", 200}]), 2u);
}

TEST_F(EndpointsTest, HeadersOverTheirLimitAreRefusedBeforeAnythingElse) {
    request_.host = "evil.example";
    request_.header_bytes = kHeaderBytesMax + 1;
    const HttpResponse response = ask("GET", "/healthz");
    EXPECT_EQ(response.status, 431u);
    EXPECT_NE(response.body.find("8193"), std::string::npos);
}

TEST_F(EndpointsTest, WrongMethodSaysWhatIsAllowed) {
    const HttpResponse response = ask("DELETE", "/healthz");
    EXPECT_EQ(response.status, 405u);
    EXPECT_EQ(header_of(response, "allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(header_of(ask("HEAD", "/flow"), "allow"), "GET, OPTIONS");
    const HttpResponse options = ask("OPTIONS", "/items");
    EXPECT_EQ(options.status, 204u);
    EXPECT_EQ(header_of(options, "allow"), "POST, OPTIONS");
}

TEST_F(EndpointsTest, UnknownPathsAndRoutesWithoutUpgradeAreProblems) {
    EXPECT_EQ(ask("GET", "/nowhere").status, 404u);
    EXPECT_EQ(ask("GET", "/ws").status, 426u);
    EXPECT_EQ(ask("GET", "/nowhere").body,
              "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
              "\"detail\":\"nothing stands at this path\"}\n");
}

TEST_F(EndpointsTest, FieldsOutsideTheirRowAreNamed) {
    for (const char* wrong : {"0", "10", "-1", "1.0", "x"}) {
        request_.query["limit"] = wrong;
        const HttpResponse response = ask("GET", "/items/42/parts");
        EXPECT_EQ(response.status, 400u) << wrong;
        EXPECT_NE(response.body.find(R"("field":"limit")"), std::string::npos) << response.body;
    }
    request_.query["limit"] = "9";
    EXPECT_EQ(ask("GET", "/items/42/parts").body, "429");
}

TEST_F(EndpointsTest, ABodyIsReadByItsRow) {
    EXPECT_EQ(post(R"({"name":"x","data":{"a":1},"more":true})").body, R"(user/ann x{"a":1})");
    EXPECT_EQ(body_bytes_, 39u);
    const auto field_of = [&](std::string body) {
        const HttpResponse response = post(std::move(body));
        EXPECT_EQ(response.status, 400u) << response.body;
        const std::size_t at = response.body.find(R"("field":")");
        return at == std::string::npos
                   ? "(none)"
                   : response.body.substr(at + 9, response.body.find('"', at + 9) - at - 9);
    };
    EXPECT_EQ(field_of("{}"), "name");
    EXPECT_EQ(field_of(R"({"name":7})"), "name");
    EXPECT_EQ(field_of(R"({"name":"longer"})"), "name");
    EXPECT_EQ(field_of(R"({"name":"x","data":[1]})"), "data");
    EXPECT_EQ(field_of(R"({"name":"x","since":"later"})"), "since");
    EXPECT_EQ(field_of(R"({"name":"x","data":{"token":"t"}})"), "token");
    EXPECT_EQ(field_of("[1"), "(none)");
    EXPECT_EQ(field_of(""), "(none)");
    EXPECT_EQ(post(R"({"name":"x","since":"e:5"})").status, 200u);
    EXPECT_EQ(post(R"({"name":"x","since":5})").status, 200u);
}

TEST_F(EndpointsTest, ABodyThatCannotBeReadEndsTheConnection) {
    EXPECT_EQ(post("{}", "text/plain").status, 415u);
    EXPECT_TRUE(exchange_.unread_body);
    EXPECT_EQ(post(R"({"name":"x"})", "Application/JSON ; charset=utf-8").status, 200u);
    EXPECT_FALSE(exchange_.unread_body);
    EXPECT_EQ(post(std::string(65, ' ')).status, 413u);
    EXPECT_TRUE(exchange_.unread_body);
    request_.headers = {{"content-length", "2"}};
    EXPECT_EQ(ask("GET", "/healthz").status, 413u);
    EXPECT_TRUE(exchange_.unread_body);
    request_.headers = {{"content-type", "application/json"}};
    EXPECT_EQ(ask("POST", "/items").status, 411u);
    request_.headers = {{"content-type", "application/json"}, {"transfer-encoding", "chunked"}};
    EXPECT_EQ(ask("POST", "/items").status, 411u);
    EXPECT_TRUE(exchange_.unread_body);
    for (const char* wrong : {"5,5", "-1", "+5", "5 5", "0x5", "99999999999999999999", "5,"}) {
        request_.headers = {{"content-type", "application/json"}, {"content-length", wrong}};
        EXPECT_EQ(ask("POST", "/items").status, 400u) << wrong;
        EXPECT_TRUE(exchange_.unread_body);
    }
}

TEST_F(EndpointsTest, WhoIsNotKnownIsRefusedBeforeTheBodyIsRead) {
    request_.headers = {{"content-type", "application/json"}, {"content-length", "12"}};
    for (const char* wrong : {"", "Bearer bad", "Basic good-ann", "Bearer "}) {
        request_.authorization = wrong;
        const HttpResponse response = ask("POST", "/items");
        EXPECT_EQ(response.status, 401u) << wrong;
        EXPECT_EQ(header_of(response, "www-authenticate"), "Bearer");
        EXPECT_FALSE(body_bytes_.has_value());
        EXPECT_TRUE(exchange_.unread_body);
    }
}

TEST_F(EndpointsTest, TheAdminsTokenIsRefusedFromAnotherSitesPage) {
    request_.headers = {{"content-type", "application/json"}, {"content-length", "12"}};
    body_ = R"({"name":"x"})";
    request_.authorization = "Bearer the admin's token";
    EXPECT_EQ(ask("POST", "/items").body, "admin/token x");
    request_.origin = "http://localhost";
    EXPECT_EQ(ask("POST", "/items").status, 200u);
    for (const char* other : {"https://listed.example", "http://localhost:3000"}) {
        request_.origin = other;
        EXPECT_EQ(ask("POST", "/items").status, 403u) << other;
    }
}

class OpenEndpointsTest : public EndpointsTest {
  protected:
    OpenEndpointsTest() : EndpointsTest(false) { authenticate_ = nullptr; }
};

TEST_F(OpenEndpointsTest, EverybodyIsAnonymousAndMayComeBack) {
    request_.headers = {{"content-type", "application/json"}, {"content-length", "12"}};
    body_ = R"({"name":"x"})";
    const std::string first = ask("POST", "/items").body;
    EXPECT_TRUE(first.starts_with("anon/"));
    EXPECT_NE(ask("POST", "/items").body, first);
    // A message that is sent again is its first sender's.
    request_.headers["idempotency-key"] = "k-1";
    const std::string keyed = ask("POST", "/items").body;
    EXPECT_EQ(ask("POST", "/items").body, keyed);
    request_.query["participant"] = std::string(32, 'a');
    EXPECT_NE(ask("POST", "/items").body, keyed);
    request_.query["participant"] = "me";
    EXPECT_EQ(ask("POST", "/items").status, 400u);
    request_.query.clear();
    request_.authorization = "Bearer good-ann";
    EXPECT_EQ(ask("POST", "/items").status, 401u);
}

TEST_F(EndpointsTest, ATicketIsTakenOnceAndOnlyWhereItsRowSaysSo) {
    auth::Verified holder;
    holder.principal.who = auth::Who::user;
    holder.principal.id = "ann";
    holder.principal.only_session = {"user/ann/home"};
    request_.query["ticket"] = *tickets_.issue(holder, clock_.now);
    EXPECT_EQ(ask("POST", "/items").status, 401u);
    EXPECT_EQ(ask("GET", "/flow").body, "user/ann/home");
    const HttpResponse again = ask("GET", "/flow");
    EXPECT_EQ(again.status, 401u);
    EXPECT_NE(again.body.find(R"("field":"ticket")"), std::string::npos);
}

TEST_F(EndpointsTest, OnlyListedOriginsMayReadAnswersAndNeverWithCredentials) {
    request_.origin = "https://listed.example";
    const HttpResponse read = ask("GET", "/healthz");
    EXPECT_EQ(header_of(read, "access-control-allow-origin"), "https://listed.example");
    EXPECT_EQ(header_of(read, "vary"), "origin");
    EXPECT_EQ(header_of(read, "access-control-allow-credentials"), "(none)");
    // Refusals, too, or a page could not say why.
    EXPECT_EQ(header_of(ask("GET", "/flow"), "access-control-allow-origin"),
              "https://listed.example");
    request_.headers["access-control-request-method"] = "POST";
    const HttpResponse preflight = ask("OPTIONS", "/items");
    EXPECT_EQ(preflight.status, 204u);
    EXPECT_NE(header_of(preflight, "access-control-allow-methods").find("POST"), std::string::npos);
    EXPECT_NE(header_of(preflight, "access-control-allow-headers").find("idempotency-key"),
              std::string::npos);
    // The same host needs no leave, a loopback page gets none.
    for (const char* other : {"http://localhost", "http://localhost:3000"}) {
        request_.origin = other;
        EXPECT_EQ(header_of(ask("OPTIONS", "/items"), "access-control-allow-methods"), "(none)");
        EXPECT_EQ(header_of(ask("GET", "/healthz"), "access-control-allow-origin"), "(none)");
    }
    for (const char* foreign : {"https://evil.example", "null"}) {
        request_.origin = foreign;
        const HttpResponse refused = ask("GET", "/healthz");
        EXPECT_EQ(refused.status, 403u);
        EXPECT_EQ(header_of(refused, "access-control-allow-origin"), "(none)");
    }
}

TEST(Http, SerializesWithLengthAndWithoutBodyForHead) {
    const HttpResponse response = json_response(200, "{\"a\":1}");
    const std::string full = serialize(response, false, true);
    EXPECT_TRUE(full.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(full.find("content-length: 7\r\n"), std::string::npos);
    EXPECT_NE(full.find("connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(full.ends_with("\r\n\r\n{\"a\":1}"));
    const std::string head = serialize(response, true, false);
    EXPECT_NE(head.find("content-length: 7\r\n"), std::string::npos);
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Http, NothingHasNoLength) {
    HttpResponse response;
    response.status = 204;
    EXPECT_EQ(serialize(response, false, false), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(Http, AProblemQuotesWhatIsNoUtf8Safely) {
    EXPECT_NE(problem(404, "\xff").body.find("\"status\":404"), std::string::npos);
}

TEST(Http, AProblemOfAnErrorSaysWhatAClientIsTold) {
    const HttpResponse limited =
        problem({base::Code::rate_limited, "too many messages", "", 1'500});
    EXPECT_EQ(limited.status, 429u);
    EXPECT_EQ(header_of(limited, "retry-after"), "2");
    EXPECT_EQ(limited.body,
              "{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,"
              "\"detail\":\"too many messages\",\"code\":\"rate_limited\","
              "\"retry_after_ms\":1500}\n");
    const HttpResponse inner = problem({base::Code::io, "/var/lib/secret.db is gone"});
    EXPECT_EQ(inner.status, 500u);
    EXPECT_EQ(inner.body.find("secret"), std::string::npos);
}

TEST(Http, EveryStatusOfTheErrorTableHasItsPhrase) {
    for (int i = 0; i <= static_cast<int>(base::Code::internal); ++i) {
        const unsigned status = base::info(static_cast<base::Code>(i)).http;
        EXPECT_NE(reason_phrase(status), "Status") << status;
    }
}

TEST(Http, APositionIsEpochAndOffset) {
    const auto both = parse_position("00ff:12");
    ASSERT_TRUE(both.has_value());
    EXPECT_EQ(both->offset.value, 12u);
    EXPECT_EQ(both->epoch->value, "00ff");
    EXPECT_EQ(to_text(*both->epoch, both->offset), "00ff:12");
    EXPECT_FALSE(parse_position("7")->epoch.has_value());
    for (const char* wrong :
         {"", ":", ":5", "e:", "e:x", "e:-1", "-1", "9007199254740992", "e:1:2"}) {
        EXPECT_FALSE(parse_position(wrong).has_value()) << wrong;
    }
}

}  // namespace
}  // namespace chartroom::gateway
