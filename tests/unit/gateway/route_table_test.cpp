#include "core/gateway/route_table.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

const std::vector<std::string_view> kDialects = {"native", "plain", "question", "broadcast"};

RouteTable table(const std::vector<std::pair<std::string, std::string>>& routes) {
    std::vector<Route> made;
    for (const auto& [path, dialect] : routes) {
        made.push_back({path, dialect, RouteAuth::optional, DrainStyle::close});
    }
    auto result = RouteTable::make(std::move(made), kDialects);
    EXPECT_TRUE(result.has_value());
    return std::move(*result);
}

std::string path_of(const RouteTable& table, std::string_view path) {
    const auto match = table.match(path);
    return match ? table.routes()[match->route].path : "none";
}

TEST(RouteTable, ALiteralWinsOverAParameterWhateverTheOrder) {
    const auto routes = table({{"/ws/{user_id}", "plain"},
                               {"/ws/chat/{session_id}", "question"},
                               {"/ws", "plain"},
                               {"/ws/chat", "question"},
                               {"/ws/broadcast", "broadcast"}});
    EXPECT_EQ(path_of(routes, "/ws"), "/ws");
    EXPECT_EQ(path_of(routes, "/ws/chat"), "/ws/chat");
    EXPECT_EQ(path_of(routes, "/ws/broadcast"), "/ws/broadcast");
    EXPECT_EQ(path_of(routes, "/ws/ann"), "/ws/{user_id}");
    EXPECT_EQ(path_of(routes, "/ws/chat/x1"), "/ws/chat/{session_id}");
    EXPECT_EQ(path_of(routes, "/ws/other/x1"), "none");
}

TEST(RouteTable, TheLeftmostLiteralDecides) {
    const auto routes = table({{"/{a}/b", "plain"}, {"/a/{b}", "native"}});
    EXPECT_EQ(path_of(routes, "/a/b"), "/a/{b}");
    EXPECT_EQ(path_of(routes, "/x/b"), "/{a}/b");
}

TEST(RouteTable, ParametersCarryTheirSegment) {
    const auto routes = table({{"/ws/chat/{session_id}", "question"}});
    const auto match = routes.match("/ws/chat/patient:7");
    ASSERT_TRUE(match.has_value());
    EXPECT_EQ(match->path.at("session_id"), "patient:7");
}

TEST(RouteTable, EmptySegmentsAndStrangePathsMatchNothing) {
    const auto routes = table({{"/ws/{user_id}", "plain"}, {"/ws", "plain"}});
    for (const char* path : {"", "/", "ws", "/ws/", "//ws", "/ws//", "/ws/a/b", "/WS"}) {
        EXPECT_EQ(path_of(routes, path), "none") << path;
    }
}

TEST(RouteTable, RefusesTwoRoutesAlikeAndUnknownDialects) {
    const auto refused = [](std::vector<Route> routes) {
        const auto made = RouteTable::make(std::move(routes), kDialects);
        return made ? std::string("taken") : made.error().message;
    };
    EXPECT_EQ(refused({{"/ws/{a}", "plain"}, {"/ws/{b}", "native"}}),
              "two routes alike: /ws/{a} and /ws/{b}");
    EXPECT_EQ(refused({{"/ws", "klingon"}}), "route /ws: there is no dialect 'klingon'");
    for (const char* path : {"ws", "/ws//x", "/ws/{", "/ws/x{y}", "/ws/{}", "/{a}/{a}"}) {
        EXPECT_NE(refused({{path, "plain"}}), "taken") << path;
    }
}

}  // namespace
}  // namespace chartroom::gateway
