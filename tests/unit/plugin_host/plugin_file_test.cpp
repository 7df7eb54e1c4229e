#include "core/plugin_host/plugin_file.hpp"

#include <chartroom/plugin.h>
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/plugin_host/plugin_library.hpp"

namespace chartroom::plugin_host {
namespace {

using testing::HasSubstr;

std::string echo() {
    return read_whole_file(std::string(SHIPPED_PLUGIN_FOLDER) + "/echo.so").value();
}

TEST(PluginFile, ReadsManifestAndVersionsWithoutLoading) {
    const auto file = read_plugin_file(echo(), "echo.so");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->abi_major, CHARTROOM_ABI_MAJOR);
    EXPECT_EQ(file->abi_minor, CHARTROOM_ABI_MINOR);
    EXPECT_THAT(file->manifest, HasSubstr("org.chartroom.echo"));
    EXPECT_THAT(file->toolchain, HasSubstr("C++ "));
    EXPECT_TRUE(check_abi(*file, "echo.so"));
}

TEST(PluginFile, EveryWayOfBeingCutOffIsRefused) {
    const std::string whole = echo();
    for (std::size_t length = 0; length < whole.size(); length += 1 + length / 16)
        EXPECT_FALSE(read_plugin_file(whole.substr(0, length), "cut.so")) << length;
}

TEST(PluginFile, OffsetsOutOfTheFileAreRefused) {
    std::string bytes = echo();
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    for (const std::uint64_t offset : {bytes.size() - 1, bytes.size(), ~std::size_t{0}}) {
        Elf64_Ehdr bad = header;
        bad.e_shoff = offset;
        std::memcpy(bytes.data(), &bad, sizeof bad);
        EXPECT_FALSE(read_plugin_file(bytes, "bad.so")) << offset;
    }
}

TEST(PluginFile, OtherMachinesAndKindsAreRefused) {
    const std::string bytes = echo();
    for (const auto& [place, value] : {std::pair<std::size_t, char>{EI_CLASS, ELFCLASS32},
                                       {EI_DATA, ELFDATA2MSB},
                                       {16, ET_EXEC},
                                       {18, 40},
                                       {0, 'x'}}) {
        std::string changed = bytes;
        changed[place] = value;
        EXPECT_FALSE(read_plugin_file(changed, "other.so")) << place;
    }
}

TEST(PluginFile, ALaterMinorIsTakenUnlessItNeedsMore) {
    PluginFile file{.abi_major = 1,
                    .abi_minor = 9,
                    .host_minor_least = 0,
                    .toolchain = "C++ 13",
                    .manifest = "{}"};
    EXPECT_TRUE(check_abi(file, "f"));
    file.host_minor_least = CHARTROOM_ABI_MINOR + 1;
    EXPECT_FALSE(check_abi(file, "f"));
    file.abi_major = 0;
    EXPECT_FALSE(check_abi(file, "f"));
}

}  // namespace
}  // namespace chartroom::plugin_host
