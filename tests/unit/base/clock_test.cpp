#include "core/base/clock.hpp"

#include <gtest/gtest.h>

namespace chartroom::base {
namespace {

TEST(Rfc3339, MillisecondsAreCutNotRounded) {
    EXPECT_EQ(to_rfc3339(1768473000123999), "2026-01-15T10:30:00.123Z");
}
TEST(Rfc3339, TimesBefore1970AreRight) {
    EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace chartroom::base
