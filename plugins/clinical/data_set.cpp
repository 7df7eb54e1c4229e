#include "plugins/clinical/data_set.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>

namespace clinical {
namespace {

constexpr std::uintmax_t kFileBytesMax = 16u << 20u;

// FNV-1a, 64 bits: names versions, protects nothing.
void mix(std::uint64_t& hash, std::string_view text) {
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3u;
    }
    hash ^= 0xffu;  // no byte of UTF-8: "ab","c" is not "a","bc"
    hash *= 0x100000001b3u;
}

}  // namespace

std::expected<DataSet, std::string> read_data_folder(const std::filesystem::path& folder) {
    DataSet data = embedded_data();
    std::error_code failed;
    std::filesystem::directory_iterator entries(folder, failed);
    if (failed) return std::unexpected(folder.string() + ": " + failed.message());
    bool found = false;
    for (const auto& entry : entries) {
        if (entry.path().extension() != ".json") continue;
        if (entry.file_size(failed) > kFileBytesMax || failed)
            return std::unexpected(entry.path().string() + ": longer than 16 MiB, or not a file");
        std::ifstream file(entry.path(), std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        if (!file) return std::unexpected(entry.path().string() + ": cannot be read");
        data.files.insert_or_assign(entry.path().filename().string(), std::move(text));
        found = true;
    }
    if (!found) return std::unexpected(folder.string() + ": no *.json in it");
    return data;
}

std::string kb_version(const DataSet& data) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const auto& [name, text] : data.files) {
        mix(hash, name);
        mix(hash, text);
    }
    std::string version = "kb-";
    for (int shift = 60; shift >= 0; shift -= 4)
        version += "0123456789abcdef"[(hash >> static_cast<unsigned>(shift)) & 0xfu];
    return version;
}

}  // namespace clinical
