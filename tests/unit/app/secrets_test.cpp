#include "core/app/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace chartroom::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SecretsTest : public ::testing::Test {
  protected:
    SecretsTest() {
        char folder[] = "/tmp/chartroom-secrets-XXXXXX";
        EXPECT_NE(mkdtemp(folder), nullptr);
        folder_ = folder;
        config_.server.state_directory = (folder_ / "state").string();
    }
    ~SecretsTest() override { fs::remove_all(folder_); }

    std::string file(const std::string& text) {
        const fs::path path = folder_ / "secret";
        std::ofstream(path) << text;
        return path.string();
    }

    fs::path folder_;
    Config config_;
    base::SeededRandom random_{1};
};

TEST_F(SecretsTest, FirstStartMakesASecretThatOnlyTheOwnerReads) {
    const auto first = token_settings(config_, {}, random_);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_EQ(first->secret.size(), 64u);
    struct stat status{};
    ASSERT_EQ(stat((folder_ / "state/jwt.secret").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u);
    const auto second = token_settings(config_, {}, random_);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->secret, first->secret);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "state"), {}), 1);  // no draft is left
}

TEST_F(SecretsTest, FileAndVariableAreTakenWithoutTheirLineEnd) {
    const std::string secret(40, 's');
    config_.auth.secret_file = file(secret + "\n");
    EXPECT_EQ(token_settings(config_, {}, random_)->secret, secret);
    config_.auth.secret_file.clear();
    config_.auth.secret_env = "SIGNING";
    EXPECT_EQ(token_settings(config_, {{"SIGNING", secret}}, random_)->secret, secret);
    EXPECT_FALSE(fs::exists(folder_ / "state"));
}

TEST_F(SecretsTest, WhatIsMissingOrTooShortIsRefusedWithoutBeingQuoted) {
    config_.auth.secret_env = "SIGNING";
    EXPECT_THAT(token_settings(config_, {}, random_).error().message, HasSubstr("SIGNING"));
    const auto quoted = token_settings(config_, {{"SIGNING", "tooshort"}}, random_).error().message;
    EXPECT_THAT(quoted, HasSubstr("shorter than 32"));
    EXPECT_THAT(quoted, ::testing::Not(HasSubstr("tooshort")));
    config_.auth.secret_env.clear();
    config_.auth.secret_file = (folder_ / "nothing").string();
    EXPECT_THAT(token_settings(config_, {}, random_).error().message, HasSubstr("nothing"));
}

}  // namespace
}  // namespace chartroom::app
