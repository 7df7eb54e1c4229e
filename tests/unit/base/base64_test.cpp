#include "core/base/base64.hpp"

#include <gtest/gtest.h>

namespace chartroom::base {
namespace {

TEST(Base64, SpellsTheVectorsOfRfc4648) {
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(to_base64(bytes, Base64::standard), text);
        EXPECT_EQ(from_base64(text, Base64::standard), bytes);
        const std::string bare = text.substr(0, text.find('='));
        EXPECT_EQ(to_base64(bytes, Base64::url), bare);
        EXPECT_EQ(from_base64(bare, Base64::url), bytes);
    }
}

TEST(Base64, AlphabetsDifferInTheirLastTwoDigits) {
    EXPECT_EQ(to_base64("\xfb\xff", Base64::standard), "+/8=");
    EXPECT_EQ(to_base64("\xfb\xff", Base64::url), "-_8");
    EXPECT_FALSE(from_base64("+/8", Base64::url));
    EXPECT_FALSE(from_base64("-_8=", Base64::standard));
}

TEST(Base64, EveryByteComesBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
    }
    EXPECT_EQ(from_base64(to_base64(bytes, Base64::url), Base64::url), bytes);
}

TEST(Base64, OneValueHasOneSpelling) {
    for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Z", "Zm9v=", "Zm 9", "=", "===="}) {
        EXPECT_FALSE(from_base64(text, Base64::standard)) << text;
    }
    for (const char* text : {"Zg==", "Zh", "Z", "Zm9v\n"}) {
        EXPECT_FALSE(from_base64(text, Base64::url)) << text;
    }
}

}  // namespace
}  // namespace chartroom::base
