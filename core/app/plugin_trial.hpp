// Loads the configured plugins as a server would, but away from its state directory: for checking
// a configuration, and for replay. The copies that are loaded from go away with it.
#pragma once

#include <filesystem>
#include <memory>

#include "core/app/plugins.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"

namespace chartroom::app {

class PluginTrial {
  public:
    // Inputs that the crash page in the state directory holds against a plugin are not given to it.
    // Errors: io (no temporary folder), and those of load_plugins().
    [[nodiscard]] static base::Result<std::unique_ptr<PluginTrial>> load(
        const Config& config, const Environment& environment);
    ~PluginTrial();
    PluginTrial(const PluginTrial&) = delete;
    PluginTrial& operator=(const PluginTrial&) = delete;

    [[nodiscard]] const PluginSet& plugins() const { return set_; }
    // Inputs that the log's quarantine names are not given to a plugin either. Before the first
    // step.
    void refuse(const std::vector<std::string>& keys) { host_->refuse(keys); }

  private:
    PluginTrial() = default;

    std::filesystem::path folder_;
    base::SystemClock clock_;
    std::unique_ptr<plugin_host::CrashPage> page_;
    std::unique_ptr<plugin_host::PluginHost> host_;
    PluginSet set_;  // last: handlers go before their host
};

}  // namespace chartroom::app
