// What a plugin file says of itself, before any of it runs: any bytes as the file, as the manifest
// and as a schema with a configuration.
#include <cstdint>
#include <string>

#include "core/base/check.hpp"
#include "core/plugin_host/config_schema.hpp"
#include "core/plugin_host/manifest.hpp"
#include "core/plugin_host/plugin_file.hpp"

namespace {

using namespace chartroom;

void check_manifest(std::string_view json) {
    const auto manifest = plugin_host::parse_manifest(json, "fuzz.so");
    if (!manifest) {
        CHECK(manifest.error().code == base::Code::plugin_load);
        return;
    }
    // The id becomes the name of a folder.
    CHECK(manifest->id.find('/') == std::string::npos);
    CHECK(manifest->id.find("..") == std::string::npos);
    CHECK(!manifest->handles.empty());
    CHECK(manifest->deadline_ms > 0 && manifest->commands_max > 0);
    const auto config = plugin_host::check_config(manifest->id, manifest->config_schema, "{}");
    CHECK(!config || !config->effective.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_manifest(bytes);
    if (const auto file = plugin_host::read_plugin_file(bytes, "fuzz.so")) {
        CHECK(file->manifest.size() <= size);
        check_manifest(file->manifest);
    }
    return 0;
}
