#include "core/base/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace chartroom::base {
namespace {

TEST(CodeTable, EveryCodeHasItsRowAndItsOwnName) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
        const CodeInfo& row = info(static_cast<Code>(i));
        EXPECT_FALSE(row.meaning.empty());
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
    }
}
TEST(CodeTable, ClosingCodesAreInTheRangesThatClientsMaySee) {
    for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
        const auto closes = info(static_cast<Code>(i)).closes;
        EXPECT_TRUE(closes == 0 || closes == 1012 || (closes >= 4000 && closes < 5000)) << closes;
    }
}

}  // namespace
}  // namespace chartroom::base
