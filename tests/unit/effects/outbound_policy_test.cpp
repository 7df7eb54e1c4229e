#include "core/effects/outbound_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chartroom::effects {
namespace {

using ::testing::HasSubstr;

HostList hosts(const std::vector<std::string>& entries) {
    auto list = HostList::parse(entries);
    EXPECT_TRUE(list) << (list ? "" : list.error().message);
    return list ? *list : HostList{};
}

Origin origin(std::string_view url) {
    auto result = Origin::of(url);
    EXPECT_TRUE(result) << url;
    return result ? *result : Origin{};
}

bool allows(const std::vector<std::string>& entries, std::string_view url) {
    return hosts(entries).allows(origin(url));
}

TEST(Origin, IsSchemeHostAndPort) {
    EXPECT_EQ(origin("https://API.Example.com/v1?q=1").text(), "https://api.example.com:443");
    EXPECT_EQ(origin("http://example.com:8080").text(), "http://example.com:8080");
    EXPECT_EQ(origin("http://[::1]:9/x").text(), "http://[::1]:9");
    EXPECT_EQ(origin("http://[::1]:9/x").host, "::1");
}

TEST(Origin, OddSpellingsOfAnAddressAreThatAddress) {
    EXPECT_EQ(origin("http://2130706433/").host, "127.0.0.1");
    EXPECT_EQ(origin("http://0x7f.1/").host, "127.0.0.1");
    EXPECT_EQ(origin("http://0177.0.0.1/").host, "127.0.0.1");
}

TEST(Origin, OtherSchemesAndCredentialsAreRefused) {
    for (const char* url : {"file:///etc/passwd", "ftp://example.com/", "gopher://example.com/",
                            "http://user@example.com/", "http://user:pw@example.com/", "http://",
                            "", "example", "http://exa mple.com/", "http://example.com:99999/"})
        EXPECT_FALSE(Origin::of(url)) << url;
}

TEST(HostList, NamesMatchWholeAndWithoutCase) {
    EXPECT_TRUE(allows({"Example.COM"}, "https://example.com/"));
    EXPECT_FALSE(allows({"example.com"}, "https://notexample.com/"));
    EXPECT_FALSE(allows({"example.com"}, "https://api.example.com/"));
    EXPECT_FALSE(allows({"example.com"}, "https://example.com.evil.org/"));
    EXPECT_FALSE(allows({}, "https://example.com/"));
}

TEST(HostList, WildcardsMatchBelowOnly) {
    EXPECT_TRUE(allows({"*.example.com"}, "https://api.example.com/"));
    EXPECT_TRUE(allows({"*.example.com"}, "https://a.b.example.com/"));
    EXPECT_FALSE(allows({"*.example.com"}, "https://example.com/"));
    EXPECT_FALSE(allows({"*.example.com"}, "https://evilexample.com/"));
    EXPECT_TRUE(allows({"*"}, "https://anything.org/"));
}

TEST(HostList, APortInAnEntryBinds) {
    EXPECT_TRUE(allows({"example.com:8443"}, "https://example.com:8443/"));
    EXPECT_FALSE(allows({"example.com:8443"}, "https://example.com/"));
    EXPECT_TRUE(allows({"127.0.0.1:8150"}, "http://127.0.0.1:8150/"));
    EXPECT_FALSE(allows({"127.0.0.1:8150"}, "http://127.0.0.1:22/"));
    EXPECT_TRUE(allows({"[::1]:8150"}, "http://[::1]:8150/"));
    EXPECT_FALSE(allows({"localhost:8150"}, "http://127.0.0.1:8151/"));
}

TEST(HostList, BlocksAllowTheAddressesInThem) {
    EXPECT_TRUE(allows({"10.0.0.0/8"}, "http://10.9.8.7/"));
    EXPECT_FALSE(allows({"10.0.0.0/8"}, "http://11.0.0.1/"));
    EXPECT_FALSE(allows({"10.0.0.0/8"}, "http://example.com/"));
}

TEST(HostList, OnlyAddressesListAddresses) {
    const Address loopback = *Address::parse("127.0.0.1");
    EXPECT_FALSE(hosts({"*", "example.com", "*.example.com"}).lists(loopback));
    EXPECT_TRUE(hosts({"127.0.0.1"}).lists(loopback));
    EXPECT_TRUE(hosts({"127.0.0.1:80"}).lists(loopback));
    EXPECT_TRUE(hosts({"127.0.0.0/8"}).lists(loopback));
    EXPECT_TRUE(hosts({"localhost"}).lists(loopback));
    EXPECT_TRUE(hosts({"localhost:8150"}).lists(*Address::parse("::1")));
    EXPECT_TRUE(hosts({"10.0.0.0/8"}).lists(*Address::parse("64:ff9b::10.0.0.1")));
    EXPECT_FALSE(hosts({"10.0.0.1"}).lists(loopback));
}

TEST(HostList, RefusesAnEntryThatIsNoneAndNamesIt) {
    for (const char* entry : {"", "http://x", "a b", "x:0", "x:70000", "x:y", "*.", "*x",
                              "10.0.0.0/99", ".example.com", "[::1", "a/b"}) {
        const auto list = HostList::parse({"example.com", entry});
        ASSERT_FALSE(list) << entry;
        EXPECT_EQ(list.error().code, base::Code::bad_config);
        EXPECT_THAT(list.error().message, HasSubstr("`" + std::string(entry) + "`"));
    }
}

TEST(Authorize, BothListsMustAllow) {
    const auto verdict = [](std::vector<std::string> manifest, std::vector<std::string> allowed) {
        return authorize({hosts(manifest), hosts(allowed), {}}, "https://example.com/secret-path");
    };
    EXPECT_TRUE(verdict({"example.com"}, {"*"}));
    EXPECT_TRUE(verdict({"*"}, {"example.com"}));
    for (const auto& refused : {verdict({"example.com"}, {}), verdict({}, {"*"}),
                                verdict({"other.org"}, {"*"}), verdict({"*"}, {"other.org"})}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, base::Code::forbidden);
        EXPECT_THAT(refused.error().message, HasSubstr("example.com"));
        EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("secret-path")));
    }
}

TEST(MayConnect, ANameIsNotEnoughForAnAddressThatIsNotGlobal) {
    const Grant named{hosts({"*"}), hosts({"*", "internal.example.com"}), {}};
    EXPECT_TRUE(may_connect(named, *Address::parse("8.8.8.8")));
    for (const char* text : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1",
                             "::ffff:192.168.0.1", "64:ff9b::127.0.0.1", "100.64.0.1"})
        EXPECT_FALSE(may_connect(named, *Address::parse(text))) << text;
    const Grant listed{hosts({"*"}), hosts({"internal.example.com", "10.0.0.0/8"}), {}};
    EXPECT_TRUE(may_connect(listed, *Address::parse("10.0.0.1")));
    EXPECT_FALSE(may_connect(listed, *Address::parse("169.254.169.254")));
}

class MakeHeader : public ::testing::Test {
  protected:
    const Origin home_ = origin("https://api.example.com/v1");
    const Grant grant_{
        hosts({"*"}), hosts({"*"}), {{"api_key", "s3cret", home_}, {"broken", "a\r\nb", home_}}};
};

TEST_F(MakeHeader, FillsPlaceholdersIn) {
    EXPECT_EQ(make_header(grant_, home_, "Authorization", "Bearer {{secret:api_key}}").value(),
              "Authorization: Bearer s3cret");
    EXPECT_EQ(make_header(grant_, home_, "X", "{{secret:api_key}}-{{secret:api_key}}.").value(),
              "X: s3cret-s3cret.");
    EXPECT_EQ(make_header(grant_, home_, "X", "plain {{brace}}").value(), "X: plain {{brace}}");
    EXPECT_EQ(make_header(grant_, home_, "X", "").value(), "X;");
}

TEST_F(MakeHeader, ASecretGoesToItsOriginOnly) {
    for (const char* url :
         {"http://api.example.com/", "https://api.example.com:444/", "https://evil.example.com/"}) {
        const auto header = make_header(grant_, origin(url), "X", "{{secret:api_key}}");
        ASSERT_FALSE(header) << url;
        EXPECT_EQ(header.error().code, base::Code::forbidden);
        EXPECT_THAT(header.error().message, ::testing::Not(HasSubstr("s3cret")));
    }
    EXPECT_FALSE(make_header(grant_, home_, "X", "{{secret:other}}"));
    EXPECT_FALSE(make_header(grant_, home_, "X", "{{secret:api_key"));
}

TEST_F(MakeHeader, NothingSplitsAHeaderOrTakesTheTransfersOwn) {
    EXPECT_FALSE(make_header(grant_, home_, "X", "a\r\nHost: b"));
    EXPECT_FALSE(make_header(grant_, home_, "X", "{{secret:broken}}"));
    EXPECT_FALSE(make_header(grant_, home_, "X: y", "a"));
    EXPECT_FALSE(make_header(grant_, home_, "", "a"));
    for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Idempotency-Key"})
        EXPECT_FALSE(make_header(grant_, home_, name, "a")) << name;
}

}  // namespace
}  // namespace chartroom::effects
