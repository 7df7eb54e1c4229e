#include "core/base/sha256.hpp"

#include <gtest/gtest.h>

#include "core/base/random.hpp"

namespace chartroom::base {
namespace {

// FIPS 180-4 example vectors.
TEST(Sha256, MatchesThePublishedVectors) {
    EXPECT_EQ(to_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
TEST(Sha256, PiecesGiveTheDigestOfTheWholeAndItCanBeUsedAgain) {
    Sha256 hash;
    EXPECT_EQ(hash.add("a").add("bc").finish(), sha256("abc"));
    EXPECT_EQ(hash.add("abc").finish(), sha256("abc"));
}

}  // namespace
}  // namespace chartroom::base
