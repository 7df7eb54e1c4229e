#include "core/gateway/address.hpp"

#include <gtest/gtest.h>

namespace chartroom::gateway {
namespace {

TEST(ListenAddress, ReadsWhatItWrites) {
    for (const char* text : {"127.0.0.1:8000", "[::1]:0", "0.0.0.0:65535", "unix:/run/c.sock"}) {
        const auto parsed = parse_listen_address(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(to_string(*parsed), text);
    }
    EXPECT_EQ(parse_listen_address("localhost:80")->host, "127.0.0.1");
}

TEST(ListenAddress, RefusesWhatIsNone) {
    for (const char* text : {"", "8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80",
                             "example.org:80", "127.0.0.1:8x", "unix:", "[::1:80"}) {
        EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
    }
}

TEST(HostPort, SplitsNamesAndBothKindsOfAddresses) {
    EXPECT_EQ(split_host_port("Example.ORG:443").host, "example.org");
    EXPECT_EQ(split_host_port("Example.ORG:443").port, "443");
    EXPECT_EQ(split_host_port("[::1]:80").host, "::1");
    EXPECT_EQ(split_host_port("[::1]").port, "");
    EXPECT_EQ(split_host_port("[::1]x").host, "");
}

TEST(Loopback, IsThisMachineOnly) {
    for (const char* host :
         {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback_host(host)) << host;
    }
    for (const char* host : {"", "localhost.evil.org", "128.0.0.1", "127.evil.org", "::2",
                             "notlocalhost", "0.0.0.0"}) {
        EXPECT_FALSE(is_loopback_host(host)) << host;
    }
}

TEST(AddressKey, CountsIpv6ByNetworkAndMappedAsIpv4) {
    EXPECT_EQ(address_key("10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(address_key("::ffff:10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(address_key("2001:db8:1:2:3:4:5:6"), address_key("2001:db8:1:2::9"));
    EXPECT_NE(address_key("2001:db8:1:2::9"), address_key("2001:db8:1:3::9"));
}

TEST(ClientAddress, OnlyTrustedProxiesAreBelieved) {
    const std::vector<std::string> proxies = {"10.0.0.1", "10.0.0.2"};
    EXPECT_EQ(client_address("1.2.3.4", proxies, "9.9.9.9", "8.8.8.8"), "1.2.3.4");
    EXPECT_EQ(client_address("10.0.0.1", {}, "9.9.9.9", ""), "10.0.0.1");
    EXPECT_EQ(client_address("10.0.0.1", proxies, "6.6.6.6, 9.9.9.9, 10.0.0.2", ""), "9.9.9.9");
    EXPECT_EQ(client_address("10.0.0.1", proxies, "", "8.8.8.8"), "8.8.8.8");
    EXPECT_EQ(client_address("10.0.0.1", proxies, "no address", "junk"), "10.0.0.1");
}

}  // namespace
}  // namespace chartroom::gateway
