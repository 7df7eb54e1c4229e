#include "core/base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <regex>

namespace chartroom::base {
namespace {

TEST(SeededRandom, SameSeedSameBytesOtherSeedOthers) {
    SeededRandom a(7), b(7), c(8);
    EXPECT_EQ(a.u64(), b.u64());
    EXPECT_NE(a.u64(), c.u64());
}
TEST(Uuid, IsVersionFourInLowerCase) {
    SeededRandom random(1);
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(std::regex_match(make_uuid(random), form));
}
TEST(SystemRandom, TwoDrawsDiffer) {
    SystemRandom random;
    EXPECT_NE(random.u64(), random.u64());
}
TEST(Hex, IsLowerCaseTwoDigitsAByte) {
    const std::array<std::uint8_t, 3> bytes{0x00, 0xab, 0xff};
    EXPECT_EQ(to_hex(bytes), "00abff");
}

}  // namespace
}  // namespace chartroom::base
