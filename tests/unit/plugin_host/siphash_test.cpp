#include "core/plugin_host/siphash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chartroom::plugin_host {
namespace {

// The reference key 00 01 … 0f and inputs 00, 00 01, … of the authors' vectors.
constexpr SipKey kReferenceKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string counting(std::size_t length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(i);
    return bytes;
}

TEST(SipHash, AgreesWithTheReferenceVectors) {
    EXPECT_EQ(siphash(kReferenceKey, counting(0)), 0x726fdb47dd0e0e31u);
    EXPECT_EQ(siphash(kReferenceKey, counting(1)), 0x74f839c593dc67fdu);
    EXPECT_EQ(siphash(kReferenceKey, counting(8)), 0x93f5f5799a932462u);
    EXPECT_EQ(siphash(kReferenceKey, counting(15)), 0xa129ca6149be45e5u);
}

TEST(SipHash, AnotherKeyGivesAnotherHash) {
    EXPECT_NE(siphash({1, 2}, "yes"), siphash({1, 3}, "yes"));
}

}  // namespace
}  // namespace chartroom::plugin_host
