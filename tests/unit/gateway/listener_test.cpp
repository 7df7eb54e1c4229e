#include "core/gateway/listener.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace chartroom::gateway {
namespace {

TEST(Listener, PortZeroPicksOneAndATakenPortIsNamed) {
    const auto first = Listener::bind({"127.0.0.1", 0, {}});
    ASSERT_TRUE(first.has_value());
    EXPECT_NE(first->address().port, 0);
    EXPECT_TRUE(first->on_loopback());
    const auto second = Listener::bind(first->address());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, base::Code::io);
    EXPECT_NE(second.error().message.find(to_string(first->address())), std::string::npos);
    EXPECT_NE(second.error().message.find("another server has it"), std::string::npos);
}

TEST(Listener, AStaleSocketFileIsReplacedAndALiveOneIsNot) {
    const std::string path =
        testing::TempDir() + "chartroom_listener_" + std::to_string(getpid()) + ".sock";
    {
        auto live = Listener::bind({{}, 0, path});
        ASSERT_TRUE(live.has_value());
        EXPECT_FALSE(Listener::bind({{}, 0, path}).has_value());
        EXPECT_TRUE(std::filesystem::exists(path));
        // As a killed server leaves it: the file stays, nobody listens.
        std::filesystem::rename(path, path + ".stale");
    }
    std::filesystem::rename(path + ".stale", path);
    EXPECT_TRUE(Listener::bind({{}, 0, path}).has_value());
}

TEST(Listener, NothingWaitsAtFirst) {
    const auto listener = Listener::bind({"127.0.0.1", 0, {}});
    ASSERT_TRUE(listener.has_value());
    const Accepted accepted = accept_from(*listener);
    EXPECT_EQ(accepted.fd, -1);
    EXPECT_FALSE(accepted.exhausted);
}

}  // namespace
}  // namespace chartroom::gateway
