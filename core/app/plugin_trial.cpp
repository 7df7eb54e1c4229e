#include "core/app/plugin_trial.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>

namespace chartroom::app {

namespace fs = std::filesystem;
using base::Code;
using base::fail;

base::Result<std::unique_ptr<PluginTrial>> PluginTrial::load(const Config& config,
                                                             const Environment& environment) {
    std::unique_ptr<PluginTrial> trial(new PluginTrial());
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "chartroom-trial-XXXXXX").string();
    if (error || mkdtemp(pattern.data()) == nullptr) {
        return fail(Code::io, "no temporary folder to load plugins from: " +
                                  (error ? error.message() : std::string(std::strerror(errno))));
    }
    trial->folder_ = pattern;
    // With its key, since that is what names inputs; of what it says against them, a copy.
    fs::copy_file(fs::path(config.server.state_directory) / "crash.page",
                  trial->folder_ / "crash.page", error);
    base::SystemRandom random;
    auto page = plugin_host::CrashPage::open(trial->folder_ / "crash.page", random);
    if (!page.has_value()) return std::unexpected(std::move(page.error()));
    trial->page_ = *std::move(page);
    trial->host_ =
        std::make_unique<plugin_host::PluginHost>(trial->folder_, trial->clock_, *trial->page_);
    std::vector<std::string> culprits;
    for (const auto& culprit : trial->page_->culprits()) culprits.push_back(culprit.key);
    trial->refuse(culprits);
    auto set = load_plugins(config, environment, *trial->host_);
    if (!set.has_value()) return std::unexpected(std::move(set.error()));
    trial->set_ = *std::move(set);
    return trial;
}

PluginTrial::~PluginTrial() {
    std::error_code error;
    if (!folder_.empty()) fs::remove_all(folder_, error);
}

}  // namespace chartroom::app
