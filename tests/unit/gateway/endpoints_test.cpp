#include "core/gateway/endpoints.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace chartroom::gateway {
namespace {

class EndpointsTest : public testing::Test {
  protected:
    EndpointsTest()
        : routes_(*RouteTable::make({{"/ws", "plain"}}, {"plain"})), endpoints_(pages_, routes_) {
        endpoints_.add("GET", "/healthz", [](const HttpRequest&, const Parameters&) {
            return json_response(200, "{}");
        });
        endpoints_.add("GET", "/items/{id}", [](const HttpRequest&, const Parameters& path) {
            return json_response(200, path.at("id"));
        });
    }
    [[nodiscard]] HttpResponse ask(std::string method, std::string path, bool body = false) const {
        HttpRequest request;
        request.method = std::move(method);
        request.path = std::move(path);
        request.has_body = body;
        return endpoints_.answer(request);
    }
    Pages pages_;
    RouteTable routes_;
    Endpoints endpoints_;
};

TEST_F(EndpointsTest, ARowAnswersItsMethodAndPath) {
    EXPECT_EQ(ask("GET", "/healthz").status, 200u);
    EXPECT_EQ(ask("HEAD", "/healthz").status, 200u);
    EXPECT_EQ(ask("GET", "/items/42").body, "42");
}

TEST_F(EndpointsTest, WrongMethodSaysWhatIsAllowed) {
    const HttpResponse response = ask("DELETE", "/healthz");
    EXPECT_EQ(response.status, 405u);
    EXPECT_NE(std::ranges::find(response.headers,
                                std::pair<std::string, std::string>("allow", "GET, HEAD")),
              response.headers.end());
}

TEST_F(EndpointsTest, UnknownPathsAndRoutesWithoutUpgradeAreProblems) {
    EXPECT_EQ(ask("GET", "/nowhere").status, 404u);
    EXPECT_EQ(ask("GET", "/ws").status, 426u);
    EXPECT_EQ(ask("GET", "/healthz", true).status, 413u);
    EXPECT_EQ(ask("GET", "/nowhere").body,
              "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
              "\"detail\":\"nothing stands at this path\"}\n");
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

TEST(Http, AProblemQuotesWhatIsNoUtf8Safely) {
    EXPECT_NE(problem(404, "\xff").body.find("\"status\":404"), std::string::npos);
}

}  // namespace
}  // namespace chartroom::gateway
