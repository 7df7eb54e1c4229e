#include "core/app/settings.hpp"

#include <gtest/gtest.h>

namespace chartroom::app {
namespace {

TEST(Settings, DefaultsAreTheOnesOfThePartsThatTakeThem) {
    const gateway::Limits theirs;
    const gateway::Limits ours = gateway_options(Config{}).limits;
    EXPECT_EQ(ours.frame_bytes, theirs.frame_bytes);
    EXPECT_EQ(ours.connections, theirs.connections);
    EXPECT_EQ(ours.connections_per_address, theirs.connections_per_address);
    EXPECT_EQ(ours.connections_per_user, theirs.connections_per_user);
    EXPECT_EQ(ours.in_flight, theirs.in_flight);
    EXPECT_EQ(ours.sessions_per_connection, theirs.sessions_per_connection);
    EXPECT_EQ(ours.messages_per_second, theirs.messages_per_second);
    EXPECT_EQ(ours.burst, theirs.burst);
    EXPECT_EQ(ours.user_messages_per_second, theirs.user_messages_per_second);
    EXPECT_EQ(ours.user_burst, theirs.user_burst);
    EXPECT_EQ(ours.address_messages_per_second, theirs.address_messages_per_second);
    EXPECT_EQ(ours.address_burst, theirs.address_burst);
    EXPECT_EQ(ours.stall_us, theirs.stall_us);
    EXPECT_EQ(engine_limits(Config{}).open_turns_per_session,
              engine::Limits{}.open_turns_per_session);
    EXPECT_EQ(engine_limits(Config{}).history_max, engine::Limits{}.history_max);
    EXPECT_EQ(engine_limits(Config{}).idle_unload_us, engine::Limits{}.idle_unload_us);
}

TEST(Settings, ValuesArriveWhereTheyBelong) {
    Config config;
    config.server.listen = {"127.0.0.1:1"};
    config.limits.frame_bytes = 999;
    config.limits.stall_seconds = 3;
    config.access.conversations = auth::Conversations::open;
    config.routes = {
        {.path = "/x", .dialect = "plain", .auth = RouteAuth::required, .drain = RouteDrain::drop}};
    const gateway::Options options = gateway_options(config);
    EXPECT_EQ(options.listen, config.server.listen);
    EXPECT_EQ(options.limits.frame_bytes, 999u);
    EXPECT_EQ(options.limits.stall_us, 3'000'000);
    EXPECT_EQ(options.access.conversations, auth::Conversations::open);
    ASSERT_EQ(options.routes.size(), 1u);
    EXPECT_EQ(options.routes[0].path, "/x");
    EXPECT_EQ(options.routes[0].auth, gateway::RouteAuth::required);
    EXPECT_EQ(options.routes[0].drain, gateway::DrainStyle::drop);
}

TEST(Settings, WithoutAuthenticationNoRouteAsks) {
    Config config;
    config.auth.mode = AuthMode::none;
    config.routes = {{.path = "/x", .dialect = "plain", .auth = RouteAuth::required}};
    EXPECT_EQ(gateway_options(config).routes[0].auth, gateway::RouteAuth::none);
}

TEST(Settings, HowARouteDrainsFollowsItsDialectWhereItDoesNotSay) {
    Config config;
    config.routes = {{.path = "/a", .dialect = "stream"},
                     {.path = "/b", .dialect = "stream", .drain = RouteDrain::close},
                     {.path = "/c", .dialect = "clinical"}};
    const auto routes = gateway_options(config).routes;
    EXPECT_EQ(routes[0].drain, gateway::DrainStyle::drop);
    EXPECT_EQ(routes[1].drain, gateway::DrainStyle::close);
    EXPECT_EQ(routes[2].drain, gateway::DrainStyle::close);
}

TEST(Settings, PagesThatAreNotThereAreLeftOut) {
    Config config;
    config.server.pages_directory = "/nowhere";
    EXPECT_TRUE(gateway_options(config).pages.empty());
}

}  // namespace
}  // namespace chartroom::app
