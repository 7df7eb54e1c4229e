// The bytes of the engine's own rows (storage/FORMAT.md).
#include "core/engine/rows.hpp"

#include <gtest/gtest.h>

namespace chartroom::engine::rows {
namespace {

TEST(EffectRow, CarriesHeadersBesideItsBytes) {
    const std::string row = encode_effect({.op = 3,
                                           .last = true,
                                           .outcome = Outcome::timed_out,
                                           .status = 503,
                                           .bytes = "late",
                                           .headers = "retry-after: 7\n"});
    const auto effect = decode_effect(row);
    ASSERT_TRUE(effect);
    EXPECT_EQ(effect->op, 3u);
    EXPECT_TRUE(effect->last);
    EXPECT_EQ(effect->status, 503);
    EXPECT_EQ(effect->headers, "retry-after: 7\n");
    EXPECT_EQ(effect->bytes, "late");
}

TEST(EffectRow, OneOfTheTimeBeforeHeadersReadsAsBefore) {
    std::string row(16, '\0');
    row[0] = 1;
    row += "a piece";
    const auto effect = decode_effect(row);
    ASSERT_TRUE(effect);
    EXPECT_EQ(effect->headers, "");
    EXPECT_EQ(effect->bytes, "a piece");
}

TEST(EffectRow, HeadersThatEndBehindTheRowAreDamage) {
    std::string row = encode_effect({.op = 1, .headers = "a: b\n"});
    row.pop_back();
    EXPECT_FALSE(decode_effect(row));
}

}  // namespace
}  // namespace chartroom::engine::rows
