#include "core/gateway/pages.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace chartroom::gateway {
namespace {

namespace fs = std::filesystem;

class PagesTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            fs::path(testing::TempDir()) /
            (std::string("pages_") + testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_ / "public" / "img");
        write(folder_ / "secret.txt", "secret");
        write(folder_ / "public" / "index.html", "<p>");
        write(folder_ / "public" / "main.mjs", "1");
        write(folder_ / "public" / "img" / "a.svg", "<svg/>");
        fs::create_symlink(folder_ / "secret.txt", folder_ / "public" / "link.txt");
    }
    void TearDown() override { fs::remove_all(folder_); }
    static void write(const fs::path& path, const std::string& text) {
        std::ofstream(path) << text;
    }
    static std::string header(const HttpResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return {};
    }
    fs::path folder_;
};

TEST_F(PagesTest, ServesEveryFileBelowThePrefix) {
    Pages pages;
    ASSERT_TRUE(pages.add_folder(folder_ / "public", "/chat/").has_value());
    pages.add_alias("/", "/chat/index.html");
    ASSERT_NE(pages.find("/chat/img/a.svg"), nullptr);
    EXPECT_EQ(pages.find("/chat/img/a.svg")->body, "<svg/>");
    ASSERT_NE(pages.find("/"), nullptr);
    EXPECT_EQ(pages.find("/")->body, "<p>");
    EXPECT_EQ(header(*pages.find("/chat/main.mjs"), "content-type"),
              "text/javascript; charset=utf-8");
}

TEST_F(PagesTest, ServesEachFolderUnderItsNameAndNoFileBesideThem) {
    write(folder_ / "elsewhere.mjs", "2");
    fs::create_directories(folder_ / "root");
    write(folder_ / "root" / "README.md", "for people");
    fs::create_directory_symlink(folder_ / "public", folder_ / "root" / "chat");
    fs::create_directories(folder_ / "root" / "client");
    write(folder_ / "root" / "client" / "index.js", "3");
    Pages pages;
    ASSERT_TRUE(pages.add_folders(folder_ / "root").has_value());
    ASSERT_NE(pages.find("/chat/main.mjs"), nullptr);
    ASSERT_NE(pages.find("/client/index.js"), nullptr);
    EXPECT_EQ(pages.find("/client/index.js")->body, "3");
    for (const char* path : {"/README.md", "/chat/link.txt", "/elsewhere.mjs"}) {
        EXPECT_EQ(pages.find(path), nullptr) << path;
    }
    EXPECT_EQ(pages.add_folders(folder_ / "nowhere").error().code, base::Code::bad_config);
}

TEST_F(PagesTest, NothingOutsideOfTheFolderCanBeAskedFor) {
    Pages pages;
    ASSERT_TRUE(pages.add_folder(folder_ / "public", "/chat/").has_value());
    for (const char* path : {"/chat/../secret.txt", "/chat/link.txt", "/chat//etc/passwd",
                             "/chat/img/../../secret.txt", "/chat/img", "/chat"}) {
        EXPECT_EQ(pages.find(path), nullptr) << path;
    }
}

TEST_F(PagesTest, PagesCarryAStrictPolicy) {
    Pages pages;
    ASSERT_TRUE(pages.add_folder(folder_ / "public", "/chat/").has_value());
    const HttpResponse& page = *pages.find("/chat/index.html");
    const std::string policy = header(page, "content-security-policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(header(page, "x-content-type-options"), "nosniff");
    EXPECT_EQ(header(page, "referrer-policy"), "no-referrer");
}

TEST_F(PagesTest, AMissingFolderChangesNothing) {
    Pages pages;
    const auto added = pages.add_folder(folder_ / "nowhere", "/x/");
    ASSERT_FALSE(added.has_value());
    EXPECT_EQ(added.error().code, base::Code::bad_config);
    EXPECT_NE(added.error().message.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace chartroom::gateway
