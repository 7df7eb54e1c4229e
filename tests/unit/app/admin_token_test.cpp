#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/app/secrets.hpp"

namespace chartroom::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AdminToken, ThereIsNoneUnlessItIsNamed) {
    EXPECT_EQ(admin_token({}, {{"ADMIN", "0123456789abcdef"}}), "");
}

TEST(AdminToken, ItComesFromAVariableAndIsRefusedUnquotedWhereItIsShort) {
    Config config;
    config.metrics.admin_token_env = "ADMIN";
    EXPECT_EQ(admin_token(config, {{"ADMIN", "0123456789abcdef"}}), "0123456789abcdef");
    EXPECT_THAT(admin_token(config, {}).error().message, HasSubstr("ADMIN"));
    const std::string quoted = admin_token(config, {{"ADMIN", "tooshort"}}).error().message;
    EXPECT_THAT(quoted, HasSubstr("shorter than 16"));
    EXPECT_THAT(quoted, Not(HasSubstr("tooshort")));
}

}  // namespace
}  // namespace chartroom::app
