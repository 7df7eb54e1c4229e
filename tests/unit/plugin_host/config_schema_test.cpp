#include "core/plugin_host/config_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chartroom::plugin_host {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto kSchema = R"({
    "type": "object", "additionalProperties": false,
    "required": ["model"],
    "properties": {
        "model": {"type": "string", "enum": ["small", "large"]},
        "history": {"type": "integer", "minimum": 0, "maximum": 100, "default": 20},
        "account": {"type": "object", "default": {}, "additionalProperties": false,
                    "properties": {"user": {"type": "string", "default": "nobody"},
                                   "token": {"type": "string", "x-secret": true}}}
    }
})";

TEST(ConfigSchema, FillsDefaultsWhereNothingIsSaid) {
    const auto checked = check_config("p", kSchema, R"({"model":"small"})");
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_EQ(checked->effective, R"({"account":{"user":"nobody"},"history":20,"model":"small"})");
    EXPECT_EQ(checked->redacted, checked->effective);
}

TEST(ConfigSchema, RedactsSecretsAtAnyDepth) {
    const auto checked =
        check_config("p", kSchema, R"({"model":"small","account":{"token":"abc"}})");
    ASSERT_TRUE(checked);
    EXPECT_THAT(checked->effective, HasSubstr("abc"));
    EXPECT_THAT(checked->redacted, AllOf(HasSubstr("(redacted)"), Not(HasSubstr("abc"))));
}

TEST(ConfigSchema, RestoresSecretsFromTheCurrentConfiguration) {
    const auto restored =
        restore_secrets(R"~({"model":"small","account":{"token":"(redacted)","user":"then"}})~",
                        R"({"model":"large","account":{"token":"abc","user":"now"}})");
    EXPECT_EQ(restored.value(), R"({"account":{"token":"abc","user":"then"},"model":"small"})");
}

TEST(ConfigSchema, RefusesNamingTheKey) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"model":"small","history":-1})", "history"},
        {R"({"model":"small","history":"many"})", "history"},
        {R"({"model":"middle"})", "model"},
        {R"({"model":"small","modle":1})", "modle"},
        {R"({})", "model"},
        {R"({"model":"small","account":{"user":7}})", "user"},
        {R"([])", "object"},
        {R"({)", "object"},
    };
    for (const auto& [config, named] : cases) {
        const auto refused = check_config("org.example.p", kSchema, config);
        ASSERT_FALSE(refused) << config;
        EXPECT_EQ(refused.error().code, base::Code::bad_config);
        EXPECT_THAT(refused.error().message, AllOf(HasSubstr("org.example.p"), HasSubstr(named)));
    }
}

TEST(ConfigSchema, WithoutASchemaNothingCanBeConfigured) {
    EXPECT_EQ(check_config("p", "", "{}").value().effective, "{}");
    EXPECT_THAT(check_config("p", "", R"({"speed":1})").error().message, HasSubstr("'speed'"));
}

TEST(ConfigSchema, ASchemaThatIsNoneIsThePluginsFault) {
    const std::string deep(100'000, '[');
    for (const std::string schema :
         {R"({"type":"no such type"})", R"({"$ref":"#"})",
          R"({"properties":{"a":{"items":[{"$ref":"#/properties/a"}]}}})", deep.c_str(), "{"}) {
        const auto refused = check_config("p", schema, "{}");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, base::Code::plugin_load);
    }
    EXPECT_FALSE(check_config("p", kSchema, deep));
}

}  // namespace
}  // namespace chartroom::plugin_host
