// Pages: the files of a page, read whole at the start and answered from memory. What is not in the
// folder cannot be asked for, so there is no path to escape by.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/gateway/http.hpp"

namespace chartroom::gateway {

class Pages {
  public:
    static constexpr std::size_t kFilesMax = 256;
    static constexpr std::size_t kBytesMax = 16u << 20;  // of all files

    // Adds every regular file below `folder` under `prefix` ("/chat/"). Symbolic links are not
    // followed. Errors: bad_config (no such folder, over a bound), io. Unchanged on failure.
    [[nodiscard]] base::Result<void> add_folder(const std::filesystem::path& folder,
                                                const std::string& prefix);
    // Adds each folder of `root` under its own name ("/chat/", "/client/"). Such a folder may be a
    // symbolic link, unlike what is in it: a build tree links to the sources. Errors as above.
    [[nodiscard]] base::Result<void> add_folders(const std::filesystem::path& root);
    // The file that stands at `from` also stands at `path`. Nothing, if there is none.
    void add_alias(const std::string& path, const std::string& from);

    // The file at `path` with the headers of a page, or null.
    [[nodiscard]] const HttpResponse* find(std::string_view path) const;

  private:
    std::map<std::string, HttpResponse, std::less<>> files_;
    std::size_t bytes_ = 0;
};

// The content type of a file by its ending; application/octet-stream where it is not known.
[[nodiscard]] std::string_view content_type(std::string_view path);

}  // namespace chartroom::gateway
