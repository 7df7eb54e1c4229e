#include "core/events/json_writer.hpp"

#include <gtest/gtest.h>

#include "core/events/json_scan.hpp"

namespace chartroom::events {
namespace {

TEST(JsonWriter, WritesMembersInTheOrderOfTheCalls) {
    EXPECT_EQ(JsonWriter().take(), "{}");
    EXPECT_EQ(JsonWriter()
                  .text("a", "x")
                  .number("n", 18446744073709551615u)
                  .begin("in")
                  .boolean("t", true)
                  .end()
                  .begin("none")
                  .end()
                  .raw("r", "[1, 2]")
                  .take(),
              R"({"a":"x","n":18446744073709551615,"in":{"t":true},"none":{},"r":[1, 2]})");
}

TEST(JsonWriter, EveryTextComesBack) {
    std::string text;
    for (char32_t c = 0; c < 0x80; ++c) {
        text += static_cast<char>(c);
    }
    text += "é€😀";
    const std::string quoted = to_json_string(text);
    EXPECT_TRUE(is_json(quoted));
    EXPECT_EQ(json_string(quoted), text);
}

TEST(JsonWriter, WhatIsNotUtf8IsReplaced) {
    EXPECT_EQ(to_json_string("a\xff\xc3"), R"("a\ufffd\ufffd")");
    EXPECT_EQ(to_json_string("\xed\xa0\x80z"), R"("\ufffd\ufffd\ufffdz")");
}

}  // namespace
}  // namespace chartroom::events
