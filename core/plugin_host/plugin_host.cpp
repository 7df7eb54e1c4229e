#include "core/plugin_host/plugin_host.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/random.hpp"
#include "core/base/sha256.hpp"
#include "core/plugin_host/config_schema.hpp"
#include "core/plugin_host/manifest.hpp"
#include "core/plugin_host/plugin_file.hpp"
#include "core/plugin_host/plugin_handler.hpp"
#include "core/plugin_host/plugin_library.hpp"

namespace chartroom::plugin_host {
namespace {

using Json = nlohmann::json;

// Keys sorted, no spaces: equal builds are equal texts.
std::string build_text(const Manifest& manifest, const std::string& sha256,
                       const std::string& redacted_config) {
    return Json{{"id", manifest.id},
                {"version", manifest.version},
                {"sha256", sha256},
                {"config", Json::parse(redacted_config)}}
        .dump();
}

engine::HandlerInfo to_info(const Manifest& manifest, std::string build) {
    return {.id = manifest.id,
            .version = manifest.version,
            .build = std::move(build),
            .handles = manifest.handles,
            .parallel_turns = manifest.parallel_turns,
            .deterministic = manifest.deterministic,
            .serial = manifest.serial,
            .may_broadcast = manifest.may_broadcast,
            .may_read_history = manifest.may_read_history,
            .net = manifest.net,
            .deadline_ms = manifest.deadline_ms,
            .commands_max = manifest.commands_max};
}

struct RecordedBuild {
    std::string id;
    std::string sha256;
    std::string config;
};

base::Result<RecordedBuild> parse_build(std::string_view build) {
    try {
        const Json json = Json::parse(build);
        return RecordedBuild{json.at("id"), json.at("sha256"), json.at("config").dump()};
    } catch (const Json::exception&) {
        return base::fail(base::Code::not_found, "a recorded plugin build cannot be read");
    }
}

}  // namespace

PluginHost::PluginHost(std::filesystem::path state_directory, const base::Clock& clock,
                       CrashPage& page)
    : state_directory_(std::move(state_directory)), clock_(clock), page_(page) {}
PluginHost::~PluginHost() = default;

void PluginHost::refuse(const std::vector<std::string>& keys) {
    for (const std::string& text : keys) {
        std::uint64_t key = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), key, 16);
        if (read.ec == std::errc{} && read.ptr == text.data() + text.size())
            quarantine_.insert(key);
    }
}

base::Result<engine::HandlerPtr> PluginHost::load(const LoadRequest& request) {
    const auto bytes = read_whole_file(request.file);
    if (!bytes) return std::unexpected(bytes.error());
    auto handler = load_bytes(request.file.string(), *bytes, request.config_json);
    if (!handler) return std::unexpected(handler.error());
    const std::lock_guard lock(mutex_);
    const std::string& id = (*handler)->info().id;
    by_id_[id] = *handler;
    configs_[id] = request.config_json;
    return *handler;
}

base::Result<std::shared_ptr<PluginHandler>> PluginHost::load_bytes(std::string_view name,
                                                                    std::string_view bytes,
                                                                    std::string_view config) {
    const auto file = read_plugin_file(bytes, name);
    if (!file) return std::unexpected(file.error());
    if (const auto abi = check_abi(*file, name); !abi) return std::unexpected(abi.error());
    const auto manifest = parse_manifest(file->manifest, name);
    if (!manifest) return std::unexpected(manifest.error());
    const auto checked = check_config(manifest->id, manifest->config_schema, config);
    if (!checked) return std::unexpected(checked.error());
    const std::string sha256 = base::to_hex(base::sha256(bytes));
    const auto copy = archive_plugin(state_directory_, manifest->id, sha256, bytes);
    if (!copy) return std::unexpected(copy.error());
    auto library = PluginLibrary::load(*copy, *file, name);
    if (!library) return std::unexpected(library.error());
    std::string build = build_text(*manifest, sha256, checked->redacted);
    auto handler =
        PluginHandler::create(to_info(*manifest, build), manifest->needs, std::move(*library),
                              checked->effective, {clock_, page_, quarantine_});
    if (!handler) return handler;
    base::log(base::LogLevel::debug, "plugin.opened",
              {{"plugin", manifest->id},
               {"version", manifest->version},
               {"sha256", sha256},
               {"toolchain", file->toolchain}});
    const std::lock_guard lock(mutex_);
    by_build_[std::move(build)] = *handler;
    return handler;
}

base::Result<engine::HandlerPtr> PluginHost::load_archived(std::string_view build) {
    std::string current = "{}";
    const auto recorded = parse_build(build);
    if (!recorded) return std::unexpected(recorded.error());
    {
        const std::lock_guard lock(mutex_);
        const auto found = by_build_.find(build);
        if (found != by_build_.end())
            if (auto handler = found->second.lock()) return handler;
        if (const auto config = configs_.find(recorded->id); config != configs_.end())
            current = config->second;
    }
    const auto copy = state_directory_ / "plugins" / recorded->id / (recorded->sha256 + ".so");
    const auto bytes = read_whole_file(copy);
    if (!bytes || base::to_hex(base::sha256(*bytes)) != recorded->sha256)
        return base::fail(base::Code::not_found,
                          "there is no copy of the plugin build " + std::string(build));
    const auto config = restore_secrets(recorded->config, current);
    if (!config) return std::unexpected(config.error());
    auto handler = load_bytes(copy.string(), *bytes, *config);
    if (!handler) return std::unexpected(handler.error());
    return *handler;
}

base::Result<std::string> PluginHost::run_activity(std::string_view plugin, std::string_view name,
                                                   std::string_view input) {
    std::shared_ptr<PluginHandler> handler;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = by_id_.find(plugin); found != by_id_.end())
            handler = found->second.lock();
    }
    if (!handler)
        return base::fail(base::Code::not_found,
                          "the plugin " + std::string(plugin) + " is not loaded");
    return handler->run_activity(name, input);
}

}  // namespace chartroom::plugin_host
