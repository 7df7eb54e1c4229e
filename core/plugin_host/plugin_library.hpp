// A loaded shared object. The only user of Boost.DLL.
#pragma once

#include <chartroom/plugin.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/plugin_host/plugin_file.hpp"

namespace chartroom::plugin_host {

// Unloads when destroyed: what was created with table() is destroyed before.
class PluginLibrary {
  public:
    // Loads `copy` with all its symbols resolved and checks that its entry lies in that file and
    // says what `expected`, read from the file before, said. `name` is the original's, for
    // messages. Errors: plugin_load, with the loader's text.
    [[nodiscard]] static base::Result<std::unique_ptr<PluginLibrary>> load(
        const std::filesystem::path& copy, const PluginFile& expected, std::string_view name);
    ~PluginLibrary();

    [[nodiscard]] const chartroom_handler& table() const { return *table_; }

  private:
    struct Loaded;
    PluginLibrary(std::unique_ptr<Loaded> loaded, const chartroom_handler* table);

    std::unique_ptr<Loaded> loaded_;
    const chartroom_handler* table_;
};

// Puts `bytes` into `<state>/plugins/<id>/<sha256>.so` unless it is there, and returns that path. A
// path is never written twice, so that it never comes to mean other code. Errors: io.
[[nodiscard]] base::Result<std::filesystem::path> archive_plugin(const std::filesystem::path& state,
                                                                 std::string_view id,
                                                                 std::string_view sha256,
                                                                 std::string_view bytes);

// The whole file, at most 256 MiB. Errors: plugin_load.
[[nodiscard]] base::Result<std::string> read_whole_file(const std::filesystem::path& file);

}  // namespace chartroom::plugin_host
