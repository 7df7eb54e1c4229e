#include "core/gateway/pages.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace chartroom::gateway {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;

// Nothing from elsewhere, no inline script or style, not in a frame. `connect-src 'self'` covers
// the socket to the same host and port.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".wasm", "application/wasm"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
}};

HttpResponse page(std::string_view path, std::string body) {
    HttpResponse response;
    response.headers = {{"content-type", std::string(content_type(path))},
                        {"content-security-policy", std::string(kContentSecurityPolicy)},
                        {"x-content-type-options", "nosniff"},
                        {"x-frame-options", "DENY"},
                        {"referrer-policy", "no-referrer"},
                        {"cross-origin-opener-policy", "same-origin"},
                        {"cross-origin-resource-policy", "same-origin"},
                        {"cache-control", "no-cache"}};
    response.body = std::move(body);
    return response;
}

}  // namespace

std::string_view content_type(std::string_view path) {
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

base::Result<void> Pages::add_folder(const fs::path& folder, const std::string& prefix) {
    std::error_code error;
    auto files = files_;
    std::size_t bytes = bytes_;
    auto entry = fs::recursive_directory_iterator(folder, error);
    if (error) return fail(Code::bad_config, "pages: " + folder.string() + ": " + error.message());
    for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (error) return fail(Code::io, "pages: " + folder.string() + ": " + error.message());
        if (entry->is_symlink() || !entry->is_regular_file()) continue;
        std::ifstream file(entry->path(), std::ios::binary);
        std::string body{std::istreambuf_iterator<char>(file), {}};
        if (!file) return fail(Code::io, "pages: cannot read " + entry->path().string());
        bytes += body.size();
        const std::string path = prefix + entry->path().lexically_relative(folder).generic_string();
        files.insert_or_assign(path, page(path, std::move(body)));
        if (bytes > kBytesMax || files.size() > kFilesMax) {
            return fail(Code::bad_config, "pages: too much in " + folder.string() +
                                              "; at most 256 files and 16 MiB are served");
        }
    }
    files_ = std::move(files);
    bytes_ = bytes;
    return {};
}

base::Result<void> Pages::add_folders(const fs::path& root) {
    std::error_code error;
    for (auto entry = fs::directory_iterator(root, error); entry != fs::directory_iterator();
         entry.increment(error)) {
        if (!entry->is_directory()) continue;
        const std::string name = entry->path().filename().generic_string();
        if (auto added = add_folder(entry->path(), "/" + name + "/"); !added) return added;
    }
    if (error) return fail(Code::bad_config, "pages: " + root.string() + ": " + error.message());
    return {};
}

void Pages::add_alias(const std::string& path, const std::string& from) {
    const auto file = files_.find(from);
    if (file != files_.end()) files_.insert_or_assign(path, file->second);
}

const HttpResponse* Pages::find(std::string_view path) const {
    const auto file = files_.find(path);
    return file == files_.end() ? nullptr : &file->second;
}

}  // namespace chartroom::gateway
