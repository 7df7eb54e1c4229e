#include "core/events/json_scan.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chartroom::events {
namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonScan, TakesWhatRfc8259Has) {
    for (const std::string text : {"null",
                                   " true ",
                                   "\t\r\nfalse",
                                   "0",
                                   "-0",
                                   "10.25",
                                   "1e5",
                                   "1E+5",
                                   "-1.5e-10",
                                   "\"\"",
                                   R"("\"\\\/\b\f\n\r\t\u0000\uFFFF")",
                                   R"("\ud83d\ude00")",
                                   "[]",
                                   "[ ]",
                                   "[1,[2]]",
                                   "{}",
                                   R"({ "a" : { "b" : [ ] } , "a2":1})",
                                   "\"\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
                                   "1e308",
                                   "123456789012345678901234567890"}) {
        EXPECT_FALSE(find_json_fault(text)) << text;
        EXPECT_TRUE(nlohmann::json::accept(text)) << text;
    }
}

TEST(JsonScan, RefusesEverythingElse) {
    const std::pair<std::string, JsonFault> rows[] = {
        {"", JsonFault::syntax},
        {"  ", JsonFault::syntax},
        {"nul", JsonFault::syntax},
        {"nullx", JsonFault::syntax},
        {"True", JsonFault::syntax},
        {"1 2", JsonFault::syntax},
        {"01", JsonFault::syntax},
        {"+1", JsonFault::syntax},
        {".5", JsonFault::syntax},
        {"5.", JsonFault::syntax},
        {"1e", JsonFault::syntax},
        {"-", JsonFault::syntax},
        {"0x10", JsonFault::syntax},
        {"NaN", JsonFault::syntax},
        {"'a'", JsonFault::syntax},
        {"\"a", JsonFault::syntax},
        {"\"\\", JsonFault::syntax},
        {R"("\x")", JsonFault::syntax},
        {R"("\u12")", JsonFault::syntax},
        {R"("\u12g4")", JsonFault::syntax},
        {R"("\u-123")", JsonFault::syntax},
        {"\"a\nb\"", JsonFault::syntax},
        {std::string("\"a\0b\"", 5), JsonFault::syntax},
        {std::string("1\0", 2), JsonFault::syntax},
        {"[1,]", JsonFault::syntax},
        {"[,1]", JsonFault::syntax},
        {"[1", JsonFault::syntax},
        {"[1}", JsonFault::syntax},
        {"{\"a\"}", JsonFault::syntax},
        {"{\"a\":}", JsonFault::syntax},
        {"{\"a\":1,}", JsonFault::syntax},
        {"{a:1}", JsonFault::syntax},
        {"{1:1}", JsonFault::syntax},
        {"// x\n1", JsonFault::syntax},
        {"\xEF\xBB\xBF{}", JsonFault::syntax},
        {R"("\ud800")", JsonFault::text},
        {R"("\ud800\u0041")", JsonFault::text},
        {R"("\udc00")", JsonFault::text},
        {"\"\xff\"", JsonFault::text},
        {"\"\xc0\x80\"", JsonFault::text},
        {"\"\xed\xa0\x80\"", JsonFault::text},
        {"\"\xf4\x90\x80\x80\"", JsonFault::text},
        {"\"\xe2\x82\"", JsonFault::text},
        {"1e309", JsonFault::number},
        {"-1e99999", JsonFault::number},
        {std::string(400, '9'), JsonFault::number},
        {"0." + std::string(600, '1'), JsonFault::number},
        {nested(65), JsonFault::too_deep},
    };
    for (const auto& [text, fault] : rows) {
        EXPECT_EQ(find_json_fault(text), fault) << text;
    }
}

TEST(JsonScan, DepthIsBounded) {
    EXPECT_TRUE(is_json(nested(64)));
    EXPECT_FALSE(is_json(nested(65)));
    EXPECT_EQ(find_json_fault(std::string(1'000'000, '[')), JsonFault::too_deep);
    EXPECT_EQ(find_json_fault(nested(10), 9), JsonFault::too_deep);
}

TEST(JsonScan, FindsTheMembersAsTheyCame) {
    const auto object =
        scan_object("  { \"a\\u0062\" :  { \"x\": [1, 2] } , \"n\":-1.50 ,\"s\" : \"t\\n\"} ");
    ASSERT_TRUE(object);
    ASSERT_EQ(object->members.size(), 3u);
    EXPECT_EQ(object->find("ab")->value, "{ \"x\": [1, 2] }");
    EXPECT_EQ(object->find("n")->value, "-1.50");
    EXPECT_EQ(json_string(object->find("s")->value), "t\n");
    EXPECT_EQ(object->find("x"), nullptr);
}

TEST(JsonScan, AnObjectOnlyAndEachKeyOnce) {
    EXPECT_EQ(scan_object("[]").error(), JsonFault::not_an_object);
    EXPECT_EQ(scan_object("{").error(), JsonFault::syntax);
    EXPECT_EQ(scan_object(R"({"a":1,"b":2,"\u0061":3})").error(), JsonFault::duplicate_key);
    EXPECT_TRUE(scan_object(R"({"a":{"a":1,"a":2}})"));
}

TEST(JsonScan, WatchesForAKeyInTheMembersThatAreObjects) {
    const auto watched = [](std::string_view text) {
        return scan_object(text, "token")->find("d")->has_watched;
    };
    EXPECT_TRUE(watched(R"({"d":{"token":1}})"));
    EXPECT_TRUE(watched(R"({"d":{"a":{},"\u0074oken":1,"b":2}})"));
    EXPECT_FALSE(watched(R"({"d":{"a":{"token":1}}})"));
    EXPECT_FALSE(watched(R"({"d":["token"]})"));
    EXPECT_FALSE(watched(R"({"d":{"a":"token"}})"));
    EXPECT_FALSE(watched(R"({"token":1,"d":{}})"));
}

TEST(JsonScan, ManyMembersTakeNoLongerThanTheyShould) {
    std::string text = "{";
    for (int i = 0; i < 100'000; ++i) {
        text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
    }
    const auto object = scan_object(text + "}");
    ASSERT_TRUE(object);
    EXPECT_EQ(object->members.size(), 100'000u);
    EXPECT_EQ(scan_object(text + ",\"0\":1}").error(), JsonFault::duplicate_key);
}

TEST(JsonValues, AreWhatTheySayOrNothing) {
    EXPECT_EQ(json_string(R"("\u00e9\ud83d\ude00\/")"), "é😀/");
    EXPECT_EQ(json_string("1"), std::nullopt);
    EXPECT_EQ(json_string("null"), std::nullopt);
    EXPECT_EQ(json_bool("true"), true);
    EXPECT_EQ(json_bool("1"), std::nullopt);
    EXPECT_EQ(json_integer("0"), 0u);
    EXPECT_EQ(json_integer("9007199254740991"), kJsonIntegerMax);
    for (const char* text : {"9007199254740992", "99999999999999999999", "-1", "1.0", "1e3", ""}) {
        EXPECT_EQ(json_integer(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace chartroom::events
