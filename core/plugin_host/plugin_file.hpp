// Reads what a plugin file says about itself, without running any of it: the section .chartroom of
// an ELF file. dlopen would run its constructors first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace chartroom::plugin_host {

struct PluginFile {
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::uint32_t host_minor_least = 0;
    std::string toolchain;
    std::string manifest;  // JSON text, not looked at yet
};

// Finds and copies the section. `bytes` is the whole file and may be anything; `name` is for
// messages. Errors: plugin_load, with what the file lacks and how it would get it.
[[nodiscard]] base::Result<PluginFile> read_plugin_file(std::string_view bytes,
                                                        std::string_view name);

// Whether this server can run a plugin of that ABI. Errors: plugin_load, naming both versions, the
// toolchain and the way out.
[[nodiscard]] base::Result<void> check_abi(const PluginFile& file, std::string_view name);

}  // namespace chartroom::plugin_host
