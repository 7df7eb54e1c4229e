// PluginHost: from a plugin file to an engine::Handler. What the composition root uses.
//
// A start: CrashPage::open, catch_fatal_signals, the culprits into the log's quarantine table, that
// table's keys into refuse(), then load() for each plugin, HandlerTable::make, and a Watchdog.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/engine/handler.hpp"
#include "core/plugin_host/crash_page.hpp"

namespace chartroom::plugin_host {

class PluginHandler;

struct LoadRequest {
    std::filesystem::path file;
    std::string config_json = "{}";  // checked against the manifest's schema
};

class PluginHost {
  public:
    // Copies of plugins go to `<state>/plugins`. Clock and page outlive the host; the host outlives
    // the handlers that it loads.
    PluginHost(std::filesystem::path state_directory, const base::Clock& clock, CrashPage& page);
    ~PluginHost();

    // Inputs that are not given to a plugin again: keys as Culprit::key. Before the first step.
    void refuse(const std::vector<std::string>& keys);

    // Checks the file, copies it into the state directory, loads the copy and makes an instance.
    // Errors, each naming the cause and the way out: plugin_load (no plugin, another ABI, undefined
    // symbols, a manifest that is none, an instance that does not start), bad_config (refused by
    // the plugin's schema), io (the copy cannot be written).
    [[nodiscard]] base::Result<engine::HandlerPtr> load(const LoadRequest& request);

    // An instance of a build that the log names (HandlerInfo::build), from its copy: for turns that
    // it began and did not end. Secrets, which no record holds, are taken from the configuration
    // that load() was last given for that id. The same build gives the same instance while somebody
    // holds it. Errors: not_found (no copy), plugin_load, bad_config.
    [[nodiscard]] base::Result<engine::HandlerPtr> load_archived(std::string_view build);

    // Runs an activity of the plugin that load() was last given for that id. Blocks: for the pool
    // of core/effects. Any thread. Errors: not_found, plugin_failed, plugin_crashed.
    [[nodiscard]] base::Result<std::string> run_activity(std::string_view plugin,
                                                         std::string_view name,
                                                         std::string_view input);

  private:
    [[nodiscard]] base::Result<std::shared_ptr<PluginHandler>> load_bytes(std::string_view name,
                                                                          std::string_view bytes,
                                                                          std::string_view config);

    std::filesystem::path state_directory_;
    const base::Clock& clock_;
    CrashPage& page_;
    std::unordered_set<std::uint64_t> quarantine_;
    std::mutex mutex_;
    // Weak: the engine's tables and turns own the instances.
    std::map<std::string, std::weak_ptr<PluginHandler>, std::less<>> by_id_;
    std::map<std::string, std::weak_ptr<PluginHandler>, std::less<>> by_build_;
    std::map<std::string, std::string, std::less<>> configs_;  // as given to create(), by id
};

}  // namespace chartroom::plugin_host
