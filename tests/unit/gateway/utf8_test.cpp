#include "core/gateway/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chartroom::gateway {
namespace {

bool whole(std::string_view text) {
    Utf8Check check;
    return check.take(text) && check.complete();
}

TEST(Utf8Check, TakesTextOfEveryLength) {
    EXPECT_TRUE(whole(""));
    EXPECT_TRUE(whole("plain ascii that is longer than one word"));
    EXPECT_TRUE(whole("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
    EXPECT_TRUE(whole("\xed\x9f\xbf\xee\x80\x80"));  // around the surrogates
    EXPECT_TRUE(whole("\xf4\x8f\xbf\xbf"));          // U+10FFFF
}

TEST(Utf8Check, RefusesWhatIsNoUtf8) {
    for (const std::string_view bad :
         {"\x80", "\xc0\xaf", "\xc1\x81", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "12345678\xfe", "\xe2\x82("}) {
        EXPECT_FALSE(whole(bad)) << testing::PrintToString(bad);
    }
}

TEST(Utf8Check, AnOpenCharacterIsNotComplete) {
    Utf8Check check;
    EXPECT_TRUE(check.take("a\xe2\x82"));
    EXPECT_FALSE(check.complete());
}

TEST(Utf8Check, EverySplitOfATextGivesTheSameAnswer) {
    const std::string good = "x\xc3\xa9y\xe2\x82\xacz\xf0\x9f\x98\x80 and then some ascii";
    const std::string bad = "x\xc3\xa9y\xe2\x82\xacz\xed\xa0\x80 and then some ascii";
    for (std::size_t at = 0; at <= good.size(); ++at) {
        Utf8Check check;
        EXPECT_TRUE(check.take(good.substr(0, at)) && check.take(good.substr(at)) &&
                    check.complete())
            << at;
    }
    for (std::size_t at = 0; at <= bad.size(); ++at) {
        Utf8Check check;
        EXPECT_FALSE(check.take(bad.substr(0, at)) && check.take(bad.substr(at))) << at;
    }
}

}  // namespace
}  // namespace chartroom::gateway
