#include "core/plugin_host/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chartroom::plugin_host {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Manifest, LeastOneHasDefaults) {
    const auto manifest =
        parse_manifest(R"({"id":"org.example.echo","version":"1","handles":["echo"]})", "f");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->deadline_ms, 60'000u);
    EXPECT_EQ(manifest->commands_max, 10'000u);
    EXPECT_TRUE(manifest->deterministic);
    EXPECT_FALSE(manifest->serial || manifest->parallel_turns || manifest->may_broadcast ||
                 manifest->may_read_history);
    EXPECT_EQ(manifest->config_schema, "");
}

TEST(Manifest, ReadsEveryKeyAndPassesOverUnknownOnes) {
    const auto manifest = parse_manifest(
        R"({"id":"org.example.all","version":"1.2","handles":["a","b"],"emits":["c"],
            "needs":["chartroom.http/1"],"deterministic":false,"concurrency":"serial",
            "turns":"parallel","capabilities":{"net":["a.example"],"history":true,"broadcast":true},
            "limits":{"deadline_ms":5,"commands":6},"config_schema":{"type":"object"},
            "license":"MIT","homepage":"https://a.example","of_a_later_sdk":1})",
        "f");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_THAT(manifest->handles, ElementsAre("a", "b"));
    EXPECT_THAT(manifest->emits, ElementsAre("c"));
    EXPECT_THAT(manifest->needs, ElementsAre("chartroom.http/1"));
    EXPECT_THAT(manifest->net, ElementsAre("a.example"));
    EXPECT_TRUE(manifest->serial && manifest->parallel_turns && manifest->may_broadcast &&
                manifest->may_read_history && !manifest->deterministic);
    EXPECT_EQ(manifest->deadline_ms, 5u);
    EXPECT_EQ(manifest->commands_max, 6u);
    EXPECT_EQ(manifest->config_schema, R"({"type":"object"})");
}

TEST(Manifest, DepthIsBounded) {
    const std::string deep =
        R"({"id":"a.b","version":"1","handles":["a"],"config_schema":)" + std::string(100'000, '[');
    const auto refused = parse_manifest(deep, "deep.so");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("nested too deeply"));
}

TEST(Manifest, RefusesNamingFileAndKey) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "not JSON"},
        {"[]", "must be a JSON object"},
        {R"({"version":"1","handles":["a"]})", "'id'"},
        {R"({"id":"echo","version":"1","handles":["a"]})", "'id'"},
        {R"({"id":"../x","version":"1","handles":["a"]})", "'id'"},
        {R"({"id":"a/b.c","version":"1","handles":["a"]})", "'id'"},
        {R"({"id":"a.b","handles":["a"]})", "'version'"},
        {R"({"id":"a.b","version":"1"})", "'handles'"},
        {R"({"id":"a.b","version":"1","handles":[]})", "'handles'"},
        {R"({"id":"a.b","version":"1","handles":["a",1]})", "'handles'"},
        {R"({"id":"a.b","version":"1","handles":[""]})", "'handles'"},
        {R"({"id":"a.b","version":"1","handles":["a"],"turns":"many"})", "'turns'"},
        {R"({"id":"a.b","version":"1","handles":["a"],"limits":7})", "'limits'"},
        {R"({"id":"a.b","version":"1","handles":["a"],"limits":{"deadline_ms":0}})",
         "'deadline_ms'"},
        {R"({"id":"a.b","version":"1","handles":["a"],"limits":{"commands":-1}})", "'commands'"},
        {R"({"id":"a.b","version":"1","handles":["a"],"config_schema":[]})", "'config_schema'"},
        {R"({"id":"a.b","version":"1","handles":["a"],"capabilities":{"history":1}})", "'history'"},
    };
    for (const auto& [json, named] : cases) {
        const auto refused = parse_manifest(json, "bad.so");
        ASSERT_FALSE(refused) << json;
        EXPECT_EQ(refused.error().code, base::Code::plugin_load);
        EXPECT_THAT(refused.error().message, HasSubstr("bad.so"));
        EXPECT_THAT(refused.error().message, HasSubstr(named)) << json;
    }
}

}  // namespace
}  // namespace chartroom::plugin_host
