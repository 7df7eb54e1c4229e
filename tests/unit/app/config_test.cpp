// The configuration: what is refused and in which words, what overrides what, and that the sample
// file tells the truth about every key.
#include "core/app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "core/app/config_check.hpp"
#include "core/app/config_keys.hpp"

namespace chartroom::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kFile = "/etc/chartroom/test.toml";

// The one problem of `text`; empty where there is none or more than one (and the test fails).
std::string problem_of(std::string_view text, const Environment& environment = {}) {
    const auto config = parse_config(text, kFile, environment);
    if (config.has_value()) {
        ADD_FAILURE() << "accepted: " << text;
        return {};
    }
    EXPECT_EQ(config.error().problems.size(), 1u);
    return config.error().problems.front();
}

Config good(std::string_view text, const Environment& environment = {}) {
    auto config = parse_config(text, kFile, environment);
    if (!config.has_value()) {
        ADD_FAILURE() << ::testing::PrintToString(config.error().problems);
        return {};
    }
    return *std::move(config);
}

std::string sample() {
    std::ifstream in(CHARTROOM_SAMPLE_CONFIG);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(Config, UnknownKeyIsRefusedWithTheNearestOneAndItsPlace) {
    EXPECT_EQ(problem_of("[server]\nlisten = [\"127.0.0.1:1\"]\n  drain_second = 3\n"),
              "/etc/chartroom/test.toml:3:3: unknown key `drain_second`; did you mean "
              "`drain_seconds`?");
}

TEST(Config, UnknownSectionIsRefusedWithTheNearestOne) {
    EXPECT_THAT(problem_of("[serve]\n"),
                HasSubstr(":1:2: unknown section `serve`; did you mean `server`?"));
}

TEST(Config, UnknownKeyUnlikeAnyOtherGetsNoSuggestion) {
    EXPECT_THAT(problem_of("[server]\nzzzzzzzzz = 1\n"), ::testing::EndsWith("`zzzzzzzzz`"));
}

TEST(Config, UnknownKeysOfRoutesAndPluginsAreRefused) {
    EXPECT_THAT(problem_of("[[route]]\npath = \"/a\"\ndialect = \"native\"\nauht = \"none\"\n"),
                HasSubstr("did you mean `auth`?"));
    EXPECT_THAT(problem_of("[plugins.chat]\nenable = true\n"),
                HasSubstr("did you mean `enabled`?"));
}

TEST(Config, PluginNamesThatNoFileCouldHaveAreRefused) {
    EXPECT_THAT(problem_of("[plugins.\"../x\"]\n"), HasSubstr("a plugin's name is"));
    EXPECT_THAT(problem_of("", {{"CHARTROOM_PLUGINS__A.B__ENABLED", "true"}}),
                HasSubstr("a plugin's name is"));
}

TEST(Config, BrokenTomlNamesLineAndColumn) {
    EXPECT_THAT(problem_of("[server]\nlisten = [\n"), HasSubstr("/etc/chartroom/test.toml:"));
}

TEST(Config, WrongTypesAndRangesAreRefusedInPlainWords) {
    EXPECT_THAT(problem_of("[server]\ndrain_seconds = \"10\"\n"),
                AllOf(HasSubstr(":2:17: "), HasSubstr("must be a whole number from 0 to 3600")));
    EXPECT_THAT(problem_of("[server]\ndrain_seconds = -1\n"), HasSubstr("from 0 to 3600"));
    EXPECT_THAT(problem_of("[server]\nengine_threads = 65\n"), HasSubstr("from 1 to 64"));
    EXPECT_THAT(problem_of("[log]\ndurability = \"some\"\n"),
                HasSubstr("one of \"power_loss\", \"process_crash\""));
    EXPECT_THAT(problem_of("[server]\nlisten = \"127.0.0.1:1\"\n"), HasSubstr("a list of texts"));
    EXPECT_THAT(problem_of("[server]\nallow_null_origin = 1\n"), HasSubstr("true or false"));
    EXPECT_THAT(problem_of("[log]\npath = 1\n"), HasSubstr("a text in quotes"));
    EXPECT_THAT(problem_of("server = 1\n"), HasSubstr("write [server]"));
}

TEST(Config, EveryProblemIsReportedAtOnce) {
    const auto config = parse_config("[server]\na = 1\nb = 2\n[nothing]\n", kFile, {});
    ASSERT_FALSE(config.has_value());
    EXPECT_EQ(config.error().problems.size(), 3u);
}

TEST(Config, EnvironmentOverridesTheFile) {
    const Config config = good("[server]\ndrain_seconds = 3\n[log]\npath = \"a.db\"\n",
                               {{"CHARTROOM_SERVER__LISTEN", "127.0.0.1:9000, [::1]:9001"},
                                {"CHARTROOM_SERVER__DRAIN_SECONDS", "7"},
                                {"CHARTROOM_LOG__DURABILITY", "process_crash"},
                                {"CHARTROOM_PLUGINS__CHAT__ENABLED", "false"},
                                {"CHARTROOM_PLUGINS__CHAT__CONFIG__MODEL", "small"},
                                {"CHARTROOM_PLUGINS__CHAT__CONFIG__TEMPERATURE", "0.5"},
                                {"CHARTROOM_TOKEN", "not a key of the file"}});
    EXPECT_THAT(config.server.listen, ElementsAre("127.0.0.1:9000", "[::1]:9001"));
    EXPECT_EQ(config.server.drain_seconds, 7u);
    EXPECT_EQ(config.log.durability, Durability::process_crash);
    EXPECT_FALSE(config.plugins.at("chat").enabled);
    EXPECT_EQ(config.plugins.at("chat").config_json, R"({"model":"small","temperature":0.5})");
}

TEST(Config, EnvironmentIsCheckedLikeTheFile) {
    EXPECT_EQ(problem_of("", {{"CHARTROOM_SERVER__LISEN", "x"}}),
              "environment variable CHARTROOM_SERVER__LISEN names no key; did you mean "
              "CHARTROOM_SERVER__LISTEN?");
    EXPECT_THAT(problem_of("", {{"CHARTROOM_SERVER__DRAIN_SECONDS", "7s"}}),
                HasSubstr("CHARTROOM_SERVER__DRAIN_SECONDS must be a whole number"));
    EXPECT_THAT(problem_of("", {{"CHARTROOM_ROUTE__PATH", "/x"}}), HasSubstr("in the file only"));
}

TEST(Config, RelativePathsHangOnTheFileAndTheLogOnTheStateDirectory) {
    const Config config = good(
        "[server]\nstate_directory = \"var\"\ntls_cert = \"cert.pem\"\ntls_key = \"/k/key.pem\"\n");
    EXPECT_EQ(config.server.state_directory, "/etc/chartroom/var");
    EXPECT_EQ(config.server.tls_cert, "/etc/chartroom/cert.pem");
    EXPECT_EQ(config.server.tls_key, "/k/key.pem");
    EXPECT_EQ(config.log.path, "/etc/chartroom/var/chartroom.db");
}

TEST(Config, StateDirectoryComesFromSystemdWhereTheFileNamesNone) {
    const Config config = good("", {{"STATE_DIRECTORY", "/var/lib/chartroom:/var/lib/other"}});
    EXPECT_EQ(config.server.state_directory, "/var/lib/chartroom");
    EXPECT_EQ(config.log.path, "/var/lib/chartroom/chartroom.db");
}

TEST(Config, NamesThatEverybodyKnowsStayOnLoopbackUnlessConfirmed) {
    constexpr std::string_view kOpen = "[server]\nlisten = [\"0.0.0.0:8000\"]\n";
    EXPECT_THAT(problem_of(std::string(kOpen) + "[access]\nanonymous = \"named\"\n"),
                HasSubstr("i_know_names_are_public"));
    EXPECT_THAT(problem_of(std::string(kOpen) + "[auth]\nmode = \"none\"\n"),
                HasSubstr("i_know_names_are_public"));
    good(std::string(kOpen) + "[access]\nanonymous = \"named\"\ni_know_names_are_public = true\n");
    good("[access]\nanonymous = \"named\"\n");
}

TEST(Config, AnAddressForMetricsIsOneAndOfItsOwn) {
    EXPECT_EQ(good("[metrics]\nlisten = \"127.0.0.1:9100\"\n").metrics.listen, "127.0.0.1:9100");
    EXPECT_EQ(good("").metrics.listen, "");
    for (const std::string bad : {"9100", "localhost", "example.org:9100", "127.0.0.1:99999"}) {
        EXPECT_THAT(problem_of("[metrics]\nlisten = \"" + bad + "\"\n"),
                    HasSubstr("`metrics.listen`: `" + bad + "` is neither"));
    }
    EXPECT_THAT(problem_of("[metrics]\nlisten = 9100\n"), HasSubstr("metrics.listen"));
    EXPECT_THAT(problem_of("[metrics]\nlisten = \"127.0.0.1:8000\"\n"),
                HasSubstr("stands in `server.listen` too"));
}

TEST(Config, RoutesThatDifferInAParametersNameOnlyAreAlike) {
    EXPECT_THAT(problem_of("[[route]]\npath = \"/ws/{a}\"\ndialect = \"plain\"\n"
                           "[[route]]\npath = \"/ws/{b}\"\ndialect = \"plain\"\n"),
                HasSubstr("`/ws/{b}` stands twice"));
}

TEST(Config, UnknownDialectIsRefusedWithTheNearestOne) {
    EXPECT_THAT(problem_of("[[route]]\npath = \"/a\"\ndialect = \"nativ\"\n"),
                HasSubstr("no dialect `nativ`; did you mean `native`?"));
}

TEST(Config, TwoSourcesOfOneSecretAreRefused) {
    EXPECT_THAT(problem_of("[auth]\nsecret_file = \"a\"\nsecret_env = \"B\"\n"),
                HasSubstr("choose one"));
}

TEST(Config, TheKeyOfATokenIsTheOneThatItsAlgorithmTakes) {
    EXPECT_THAT(problem_of("[auth]\nalgorithm = \"none\"\n"),
                HasSubstr("`auth.algorithm`: \"none\" is none of HS256, RS256, ES256"));
    EXPECT_THAT(problem_of("[auth]\nalgorithm = \"EdDSA\"\n"), HasSubstr("use ES256"));
    EXPECT_THAT(problem_of("[auth]\nalgorithm = \"RS256\"\n"),
                HasSubstr("`auth.public_key_file` is missing: RS256 needs it"));
    EXPECT_THAT(problem_of("[auth]\npublic_key_file = \"a.pem\"\n"),
                HasSubstr("HS256 has no public key"));
    EXPECT_THAT(problem_of("[auth]\nalgorithm = \"ES256\"\npublic_key_file = \"a.pem\"\n"
                           "secret_env = \"S\"\n"),
                HasSubstr("for HS256 only"));
    good("[auth]\nalgorithm = \"ES256\"\npublic_key_file = \"a.pem\"\n");
}

TEST(Config, ListenAddressesAreTakenApart) {
    EXPECT_TRUE(parse_listen("[::1]:8000")->loopback);
    EXPECT_EQ(parse_listen("[::1]:8000")->host, "::1");
    EXPECT_FALSE(parse_listen("0.0.0.0:80")->loopback);
    EXPECT_TRUE(parse_listen("127.8.0.1:0")->loopback);
    EXPECT_TRUE(parse_listen("unix:/run/chartroom.sock")->loopback);
    EXPECT_FALSE(parse_listen("unix:relative.sock").has_value());
    EXPECT_FALSE(parse_listen("127.0.0.1").has_value());
    EXPECT_FALSE(parse_listen("127.0.0.1:70000").has_value());
    EXPECT_FALSE(parse_listen("example.org:80").has_value());
}

TEST(Config, PrintedConfigurationReadsBackAsItself) {
    const Config config = good(
        "[limits]\nburst = 7\n[plugins.chat.config]\nmodel = \"a\\u007Fb\"\n"
        "stop = [\"x\"]\n[plugins.chat.config.deep]\nn = 1.5\n");
    const std::string printed = print_config(config);
    EXPECT_EQ(print_config(good(printed)), printed);
    EXPECT_THAT(printed, HasSubstr("burst = 7"));
}

TEST(Config, PrintedConfigurationHidesWhatLooksLikeASecret) {
    const Config config = good(
        "[plugins.chat.config]\napi_key = \"sk-1234\"\n"
        "api_key_env = \"KEY_NAME\"\n");
    EXPECT_THAT(print_config(config), AllOf(::testing::Not(HasSubstr("sk-1234")),
                                            HasSubstr("(redacted)"), HasSubstr("KEY_NAME")));
}

// ---- config/chartroom.toml
// -----------------------------------------------------------------------

TEST(SampleConfig, IsAcceptedAndMeansTheDefaults) {
    Config with = good(sample());
    const Config without = good("");
    with.plugins.clear();  // the sample names the plugins that ship, each with its defaults
    EXPECT_EQ(print_config(with), print_config(without));
    for (const auto& [name, plugin] : good(sample()).plugins) {
        EXPECT_TRUE(plugin.enabled) << name;
        EXPECT_EQ(plugin.config_json, "{}") << name;
    }
}

TEST(SampleConfig, DocumentsEveryKeyUnderItsSection) {
    const std::string text = sample();
    Config config;
    for (const auto& key : section_keys(config)) {
        const auto section = text.find("\n[" + std::string(key.section) + "]\n");
        ASSERT_NE(section, std::string::npos) << key.section;
        const auto end = text.find("\n[", section + 2);
        const std::string body = text.substr(section, end - section);
        EXPECT_NE(body.find("\n" + std::string(key.name) + " = "), std::string::npos)
            << "[" << key.section << "] " << key.name << " is missing in config/chartroom.toml";
    }
}

}  // namespace
}  // namespace chartroom::app
