#include "core/effects/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

namespace chartroom::effects {
namespace {

Reach reach(std::string_view text) {
    const auto address = Address::parse(text);
    EXPECT_TRUE(address) << text;
    return address ? reach_of(*address) : Reach::reserved;
}

TEST(Address, GlobalAddressesAreGlobal) {
    for (const char* text : {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0",
                             "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.20.0.0",
                             "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::200e"})
        EXPECT_EQ(reach(text), Reach::global) << text;
}

TEST(Address, SpecialAddressesSayWhatTheyAre) {
    const std::pair<const char*, Reach> cases[] = {
        {"0.0.0.0", Reach::unspecified},
        {"0.1.2.3", Reach::unspecified},
        {"127.0.0.1", Reach::loopback},
        {"127.255.255.254", Reach::loopback},
        {"10.0.0.1", Reach::private_use},
        {"172.16.0.0", Reach::private_use},
        {"172.31.255.255", Reach::private_use},
        {"192.168.1.1", Reach::private_use},
        {"100.64.0.0", Reach::carrier},
        {"100.127.255.255", Reach::carrier},
        {"169.254.169.254", Reach::link_local},
        {"224.0.0.1", Reach::multicast},
        {"255.255.255.255", Reach::reserved},
        {"192.0.2.1", Reach::reserved},
        {"198.19.255.255", Reach::reserved},
        {"203.0.113.9", Reach::reserved},
        {"::", Reach::unspecified},
        {"::1", Reach::loopback},
        {"fc00::1", Reach::unique_local},
        {"fdff::1", Reach::unique_local},
        {"fe80::1", Reach::link_local},
        {"febf::1", Reach::link_local},
        {"fec0::1", Reach::private_use},
        {"ff02::1", Reach::multicast},
        {"2001:db8::1", Reach::reserved},
        {"2001::1", Reach::reserved},
        {"4000::1", Reach::reserved},
        {"::2", Reach::reserved},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(reach(text), expected) << text;
}

TEST(Address, IPv4InsideIPv6IsJudgedAsIPv4) {
    EXPECT_EQ(reach("::ffff:127.0.0.1"), Reach::loopback);
    EXPECT_EQ(reach("::ffff:8.8.8.8"), Reach::global);
    EXPECT_EQ(reach("64:ff9b::10.1.2.3"), Reach::private_use);
    EXPECT_EQ(reach("64:ff9b::169.254.169.254"), Reach::link_local);
    EXPECT_EQ(reach("64:ff9b::8.8.8.8"), Reach::global);
    EXPECT_EQ(reach("64:ff9b:1::8.8.8.8"), Reach::private_use);
    EXPECT_EQ(reach("2002:7f00:1::"), Reach::loopback);
    EXPECT_EQ(reach("2002:c0a8:101::1"), Reach::private_use);
    EXPECT_EQ(reach("2002:808:808::1"), Reach::global);
}

TEST(Address, BothSpellingsOfAnIPv4AddressAreOne) {
    EXPECT_EQ(Address::parse("10.0.0.1"), Address::parse("::ffff:10.0.0.1"));
    EXPECT_EQ(Address::parse("::ffff:10.0.0.1")->text(), "10.0.0.1");
    EXPECT_EQ(Address::parse("FD00:0::1")->text(), "fd00::1");
}

TEST(Address, SocketAddressesBecomeAddresses) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    inet_pton(AF_INET, "192.168.0.7", &four.sin_addr);
    EXPECT_EQ(Address::from(reinterpret_cast<const sockaddr&>(four))->text(), "192.168.0.7");
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    inet_pton(AF_INET6, "fe80::5", &six.sin6_addr);
    EXPECT_EQ(Address::from(reinterpret_cast<const sockaddr&>(six))->text(), "fe80::5");
    sockaddr other{};
    other.sa_family = AF_UNIX;
    EXPECT_FALSE(Address::from(other));
}

TEST(Address, WhatIsNoAddressIsNone) {
    for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[::1]", "::1%lo",
                             "0x7f.0.0.1", "2130706433"})
        EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(AddressRange, ContainsExactlyItsBlock) {
    const auto ten = AddressRange::parse("172.16.0.0/12");
    ASSERT_TRUE(ten);
    EXPECT_TRUE(ten->contains(*Address::parse("172.16.0.0")));
    EXPECT_TRUE(ten->contains(*Address::parse("172.31.255.255")));
    EXPECT_FALSE(ten->contains(*Address::parse("172.32.0.0")));
    EXPECT_FALSE(ten->contains(*Address::parse("172.15.255.255")));
    const auto all = AddressRange::parse("::/0");
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->contains(*Address::parse("1.2.3.4")));
    const auto one = AddressRange::parse("fd00::5");
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->contains(*Address::parse("fd00::5")));
    EXPECT_FALSE(one->contains(*Address::parse("fd00::4")));
}

TEST(AddressRange, RefusesWhatIsNoBlock) {
    for (const char* text :
         {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "/8", "a/8", "10.0.0.0/-1"})
        EXPECT_FALSE(AddressRange::parse(text)) << text;
}

}  // namespace
}  // namespace chartroom::effects
