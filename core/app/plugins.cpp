#include "core/app/plugins.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/app/secrets.hpp"

namespace chartroom::app {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;

const PluginSection& section_of(const Config& config, const std::string& name) {
    static const PluginSection kDefault;
    const auto found = config.plugins.find(name);
    return found == config.plugins.end() ? kDefault : found->second;
}

// The name of another loaded plugin that takes a type of `info`, with that type; empty: none.
std::string clash_with(const std::vector<LoadedPlugin>& loaded, const engine::HandlerInfo& info) {
    for (const auto& other : loaded) {
        for (const auto& type : info.handles) {
            const auto& theirs = other.handler->info().handles;
            if (std::ranges::find(theirs, type) != theirs.end()) {
                return "`" + other.name + "` handles `" + type + "` already";
            }
        }
    }
    return {};
}

struct SecretKey {
    std::string name;  // without the suffix
    bool from_file = false;
};

std::optional<SecretKey> secret_key(std::string_view key) {
    constexpr std::string_view kEnv = "_env";
    constexpr std::string_view kFile = "_file";
    if (key.ends_with(kEnv)) return SecretKey{std::string(key.substr(0, key.size() - 4)), false};
    if (key.ends_with(kFile)) return SecretKey{std::string(key.substr(0, key.size() - 5)), true};
    return std::nullopt;
}

}  // namespace

base::Result<std::vector<PluginFile>> find_plugins(const Config& config) {
    std::map<std::string, fs::path> found;
    for (const auto& directory : config.plugin_directories) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(directory, error)) {
            if (entry.path().extension() != ".so") continue;
            found.emplace(entry.path().stem().string(), entry.path());
        }
        if (error) {
            return fail(Code::bad_config,
                        "`plugins.directories`: " + directory + ": " + error.message());
        }
    }
    for (const auto& [name, section] : config.plugins) {
        if (section.enabled && !found.contains(name)) {
            return fail(Code::bad_config, "[plugins." + name + "]: there is no " + name +
                                              ".so in the plugin directories; build it, or set "
                                              "enabled = false");
        }
    }
    std::vector<PluginFile> out;
    for (auto& [name, path] : found) out.push_back({name, path});
    return out;
}

base::Result<PluginSet> load_plugins(const Config& config, const Environment& environment,
                                     plugin_host::PluginHost& host) {
    const auto files = find_plugins(config);
    if (!files.has_value()) return std::unexpected(files.error());
    PluginSet set;
    for (const auto& file : *files) {
        const PluginSection& section = section_of(config, file.name);
        if (!section.enabled) continue;
        auto handler = host.load({.file = file.path, .config_json = section.config_json});
        if (!handler.has_value()) {
            if (handler.error().code == Code::bad_config) return std::unexpected(handler.error());
            set.refused.push_back({file.name, std::move(handler.error())});
            continue;
        }
        if (auto clash = clash_with(set.loaded, (*handler)->info()); !clash.empty()) {
            set.refused.push_back(
                {file.name,
                 {Code::plugin_load,
                  file.path.string() + ": " + clash + "; set enabled = false for one of the two"}});
            continue;
        }
        auto grant = grant_of(config, file.name, (*handler)->info().net, environment);
        if (!grant.has_value()) return std::unexpected(grant.error());
        set.loaded.push_back({file.name, *std::move(handler), *std::move(grant)});
    }
    return set;
}

base::Result<effects::Grant> grant_of(const Config& whole, const std::string& name,
                                      const std::vector<std::string>& manifest_net,
                                      const Environment& environment) {
    const PluginSection& section = section_of(whole, name);
    const std::string where = "[plugins." + name + "]: ";
    const auto config = nlohmann::json::parse(section.config_json);
    std::vector<std::string> allowed = section.allowed_hosts;
    std::optional<effects::Origin> origin;
    if (const auto url = config.find("base_url"); url != config.end() && url->is_string()) {
        auto parsed = effects::Origin::of(url->get_ref<const std::string&>());
        if (!parsed.has_value()) {
            return fail(Code::bad_config, where + "base_url: " + parsed.error().message);
        }
        origin = *std::move(parsed);
        const bool six = origin->host.find(':') != std::string::npos;
        allowed.push_back((six ? "[" + origin->host + "]" : origin->host) + ":" +
                          std::to_string(origin->port));
    }
    effects::Grant grant;
    auto manifest = effects::HostList::parse(manifest_net);
    if (!manifest.has_value()) {
        return fail(Code::bad_config, where + "its manifest: " + manifest.error().message);
    }
    auto hosts = effects::HostList::parse(allowed);
    if (!hosts.has_value()) {
        return fail(Code::bad_config, where + "allowed_hosts: " + hosts.error().message);
    }
    grant.manifest = *std::move(manifest);
    grant.operator_allows = *std::move(hosts);
    for (const auto& [key, value] : config.items()) {
        const auto secret = secret_key(key);
        if (!secret.has_value() || !value.is_string() || value.get<std::string>().empty()) continue;
        if (!origin.has_value()) {
            return fail(Code::bad_config, where + key +
                                              " needs base_url: a secret is only ever "
                                              "sent to one origin");
        }
        const auto source = value.get<std::string>();
        auto text = secret->from_file ? secret_from_file(whole.file.parent_path() / source)
                                      : secret_from_environment(source, environment);
        if (!text.has_value()) {
            return fail(Code::bad_config, where + key + ": " + text.error().message);
        }
        grant.secrets.push_back({secret->name, *std::move(text), *origin});
    }
    return grant;
}

}  // namespace chartroom::app
