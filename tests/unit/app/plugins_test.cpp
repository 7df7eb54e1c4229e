// Which files are plugins, and what a plugin may ask of the network. Loading itself is
// tests/unit/plugin_host's.
#include "core/app/plugins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace chartroom::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FindPlugins : public ::testing::Test {
  protected:
    FindPlugins() {
        char folder[] = "/tmp/chartroom-plugins-XXXXXX";
        EXPECT_NE(mkdtemp(folder), nullptr);
        folder_ = folder;
        for (const char* directory : {"one", "two"}) {
            fs::create_directory(folder_ / directory);
            config_.plugin_directories.push_back((folder_ / directory).string());
        }
    }
    ~FindPlugins() override { fs::remove_all(folder_); }
    void touch(const char* path) { std::ofstream(folder_ / path) << "x"; }

    fs::path folder_;
    Config config_;
};

TEST_F(FindPlugins, SharedObjectsByNameAndTheFirstDirectoryWins) {
    touch("one/echo.so");
    touch("two/echo.so");
    touch("two/chat.so");
    touch("two/notes.txt");
    const auto found = find_plugins(config_);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ((*found)[0].name, "chat");
    EXPECT_EQ((*found)[1].path, folder_ / "one/echo.so");
}

TEST_F(FindPlugins, ASectionWithoutItsFileIsRefusedUnlessItIsSwitchedOff) {
    config_.plugins["ghost"] = {};
    EXPECT_THAT(find_plugins(config_).error().message, HasSubstr("no ghost.so"));
    config_.plugins["ghost"].enabled = false;
    EXPECT_TRUE(find_plugins(config_).has_value());
}

TEST_F(FindPlugins, AMissingDirectoryIsRefusedByName) {
    config_.plugin_directories.push_back("/nowhere/at/all");
    EXPECT_THAT(find_plugins(config_).error().message, HasSubstr("/nowhere/at/all"));
}

class GrantOf : public ::testing::Test {
  protected:
    base::Result<effects::Grant> grant(std::string config_json, Environment environment = {}) {
        config_.plugins["chat"].config_json = std::move(config_json);
        return grant_of(config_, "chat", {"*"}, environment);
    }
    Config config_;
};

TEST_F(GrantOf, BaseUrlCountsAsListedAndOthersDoNot) {
    const auto given = grant(R"({"base_url":"https://api.example.org/v1"})");
    ASSERT_TRUE(given.has_value()) << given.error().message;
    EXPECT_TRUE(effects::authorize(*given, "https://api.example.org/v1/chat").has_value());
    EXPECT_FALSE(effects::authorize(*given, "https://other.example.org/").has_value());
    EXPECT_FALSE(effects::authorize(*given, "https://api.example.org:8443/").has_value());
}

TEST_F(GrantOf, NothingIsAllowedWithoutTheOperator) {
    EXPECT_FALSE(effects::authorize(*grant("{}"), "https://api.example.org/").has_value());
    config_.plugins["chat"].allowed_hosts = {"*.example.org"};
    EXPECT_TRUE(effects::authorize(*grant("{}"), "https://api.example.org/").has_value());
}

TEST_F(GrantOf, ASecretIsBoundToTheOriginOfBaseUrl) {
    const auto given =
        grant(R"({"base_url":"http://127.0.0.1:9000/v1","api_key_env":"KEY"})", {{"KEY", "sk-1"}});
    ASSERT_TRUE(given.has_value()) << given.error().message;
    ASSERT_EQ(given->secrets.size(), 1u);
    EXPECT_EQ(given->secrets[0].name, "api_key");
    EXPECT_EQ(given->secrets[0].value, "sk-1");
    EXPECT_EQ(given->secrets[0].origin.text(), "http://127.0.0.1:9000");
}

TEST_F(GrantOf, ASecretWithoutAnOriginOrAValueIsRefused) {
    EXPECT_THAT(grant(R"({"api_key_env":"KEY"})", {{"KEY", "sk-1"}}).error().message,
                HasSubstr("needs base_url"));
    EXPECT_THAT(grant(R"({"base_url":"http://h/","api_key_env":"KEY"})").error().message,
                HasSubstr("KEY is not set"));
    EXPECT_THAT(grant(R"({"base_url":"http://h/","api_key_file":"/nowhere"})").error().message,
                HasSubstr("/nowhere"));
}

TEST_F(GrantOf, HostsThatAreNoneAreRefusedWithThePluginsName) {
    config_.plugins["chat"].allowed_hosts = {"http://example.org"};
    EXPECT_THAT(grant("{}").error().message, HasSubstr("[plugins.chat]"));
    config_.plugins["chat"].allowed_hosts.clear();
    EXPECT_THAT(grant(R"({"base_url":"ftp://x/"})").error().message, HasSubstr("base_url"));
}

}  // namespace
}  // namespace chartroom::app
