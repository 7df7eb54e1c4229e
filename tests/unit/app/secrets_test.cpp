#include "core/app/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/app/token_keys.hpp"
#include "tests/fakes/auth/forger.hpp"

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
    Environment environment_;
    base::SeededRandom random_{1};
};

// Whether two settings have the same key.
bool agree(const auth::TokenSettings& issuer, const auth::TokenSettings& server) {
    return server.key.open(issuer.key.sign("{}")).has_value();
}

TEST_F(SecretsTest, FirstStartMakesASecretThatOnlyTheOwnerReads) {
    const auto first = token_settings(config_, {}, random_);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    struct stat status{};
    ASSERT_EQ(stat((folder_ / "state/jwt.secret").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u);
    EXPECT_EQ(status.st_size, 65);  // 64 digits and a line end
    const auto second = token_settings(config_, {}, random_);
    ASSERT_TRUE(second.has_value());
    EXPECT_TRUE(agree(*first, *second));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "state"), {}), 1);  // no draft is left
}

TEST_F(SecretsTest, FileAndVariableAreTakenWithoutTheirLineEnd) {
    const std::string secret(40, 's');
    config_.auth.secret_file = file(secret + "\n");
    const auto from_file = token_settings(config_, {}, random_);
    config_.auth.secret_file.clear();
    config_.auth.secret_env = "SIGNING";
    const auto from_variable = token_settings(config_, {{"SIGNING", secret}}, random_);
    EXPECT_TRUE(agree(*from_file, *from_variable));
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

TEST_F(SecretsTest, APublicKeyIsReadFromItsFileForItsAlgorithm) {
    const auto keys = fakes::KeyPair::ec();
    config_.auth.algorithm = "ES256";
    config_.auth.public_key_file = file(keys.public_pem());
    const auto settings = token_settings(config_, {}, random_);
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_TRUE(settings->key.open(keys.token(R"({"alg":"ES256"})", "{}")).has_value());
    EXPECT_FALSE(settings->key.can_sign());
    config_.auth.algorithm = "RS256";
    EXPECT_THAT(token_settings(config_, {}, random_).error().message,
                HasSubstr("RS256 takes an RSA key"));
    config_.auth.public_key_file = file(keys.private_pem());
    EXPECT_THAT(token_settings(config_, {}, random_).error().message,
                HasSubstr("is a private key"));
}

// ---- read again while the server runs

class TokenKeysTest : public SecretsTest {
  protected:
    static constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

    TokenKeysTest() { config_.auth.secret_file = file(std::string(32, 'a')); }

    static std::string token_of(char secret) {
        return auth::mint({.key = *auth::JwsKey::from_secret(std::string(32, secret))},
                          {.sub = "ann", .expires_s = kNowUs / 1'000'000 + 60}, kNowUs);
    }
};

TEST_F(TokenKeysTest, ARotatedKeyIsTakenAndTokensOfTheOldOneAreRefused) {
    auto keys = TokenKeys::open(config_, environment_, random_);
    ASSERT_TRUE(keys.has_value());
    EXPECT_TRUE((*keys)->verify(token_of('a'), kNowUs).has_value());
    EXPECT_FALSE((*keys)->verify(token_of('b'), kNowUs).has_value());
    file(std::string(32, 'b'));
    EXPECT_FALSE((*keys)->verify(token_of('b'), kNowUs).has_value());  // not before it is told to
    ASSERT_TRUE((*keys)->reload().has_value());
    EXPECT_TRUE((*keys)->verify(token_of('b'), kNowUs).has_value());
    EXPECT_EQ((*keys)->verify(token_of('a'), kNowUs).error().reason, "signature");
}

TEST_F(TokenKeysTest, ABadNewKeyIsRefusedAndTheOldOneStays) {
    auto keys = TokenKeys::open(config_, environment_, random_);
    ASSERT_TRUE(keys.has_value());
    file("too short");
    EXPECT_THAT((*keys)->reload().error().message, HasSubstr("shorter than 32"));
    fs::remove(folder_ / "secret");
    EXPECT_THAT((*keys)->reload().error().message, HasSubstr("cannot be read"));
    EXPECT_TRUE((*keys)->verify(token_of('a'), kNowUs).has_value());
}

}  // namespace
}  // namespace chartroom::app
