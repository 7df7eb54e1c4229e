// A plugin's manifest: what it is, what it handles and what it may do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace chartroom::plugin_host {

struct Manifest {
    std::string id;       // reverse domain: lower-case letters, digits, '-', at least one '.'
    std::string version;  // as its author counts
    std::vector<std::string> handles;  // message types; at least one
    std::vector<std::string> emits;
    std::vector<std::string> needs;  // extension ids that the host must have
    std::vector<std::string> net;    // capabilities.net: hosts that it may call
    bool may_read_history = false;   // capabilities.history
    bool may_broadcast = false;      // capabilities.broadcast
    bool deterministic = true;
    bool serial = false;                  // "concurrency":"serial"
    bool parallel_turns = false;          // "turns":"parallel"
    std::uint32_t deadline_ms = 60'000;   // limits.deadline_ms: of one turn
    std::uint32_t commands_max = 10'000;  // limits.commands: of one turn
    std::string config_schema;            // JSON text; empty: the plugin takes no configuration
    std::string license;
    std::string homepage;
};

// Reads `json`, which may be anything; `name` is the file's, for messages. Keys that this version
// does not know are passed over, so that a later SDK may add some.
// Errors: plugin_load, naming the key and what it must be.
[[nodiscard]] base::Result<Manifest> parse_manifest(std::string_view json, std::string_view name);

}  // namespace chartroom::plugin_host
