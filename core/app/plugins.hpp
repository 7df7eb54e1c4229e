// Finds the plugins that the configuration wants, loads them, and works out what each may ask of
// the network.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/app/config.hpp"
#include "core/effects/outbound_policy.hpp"
#include "core/engine/handler.hpp"
#include "core/plugin_host/plugin_host.hpp"

namespace chartroom::app {

// A plugin file by its name: `<directory>/<name>.so`.
struct PluginFile {
    std::string name;
    std::filesystem::path path;
};

// The files of the configured directories, by name; where two directories have one name, the first
// counts. Errors: bad_config (a directory that cannot be read; a [plugins.NAME] without a file).
[[nodiscard]] base::Result<std::vector<PluginFile>> find_plugins(const Config& config);

struct LoadedPlugin {
    std::string name;
    engine::HandlerPtr handler;
    effects::Grant grant;
};
struct RefusedPlugin {
    std::string name;
    base::Error error;
};
struct PluginSet {
    std::vector<LoadedPlugin> loaded;
    std::vector<RefusedPlugin> refused;  // one bad file costs nobody else anything
};

// Loads every enabled plugin. A file that is refused (no plugin, another ABI, a type that another
// plugin handles already) is left out and named. Errors: bad_config, where the configuration of a
// plugin is what is wrong: its schema, a secret that is not there, its hosts.
[[nodiscard]] base::Result<PluginSet> load_plugins(const Config& config,
                                                   const Environment& environment,
                                                   plugin_host::PluginHost& host);

// What a plugin may ask of the network: the hosts of its manifest, those of the operator, and a
// secret `x` for every key `x_env` or `x_file` of its configuration, bound to the origin of the
// configuration's `base_url`, whose host counts as allowed by the operator.
// Errors: bad_config (a host that is none, a secret without base_url, a variable that is not set, a
// file that cannot be read).
[[nodiscard]] base::Result<effects::Grant> grant_of(const Config& config, const std::string& name,
                                                    const std::vector<std::string>& manifest_net,
                                                    const Environment& environment);

}  // namespace chartroom::app
