#include "core/app/check_parts.hpp"

#include <filesystem>

#include "core/app/plugin_trial.hpp"
#include "core/app/secrets.hpp"
#include "core/base/random.hpp"
#include "core/gateway/certificate.hpp"

namespace chartroom::app {
namespace {

namespace fs = std::filesystem;

void check_plugins(const Config& config, const Environment& environment,
                   std::vector<std::string>& problems) {
    const auto trial = PluginTrial::load(config, environment);
    if (!trial.has_value()) {
        problems.push_back(trial.error().message);
        return;
    }
    for (const auto& refused : (*trial)->plugins().refused) {
        problems.push_back("plugin " + refused.name + ": " + refused.error.message);
    }
}

void check_secret(const Config& config, const Environment& environment,
                  std::vector<std::string>& problems) {
    const auto admin = admin_token(config, environment);
    if (!admin.has_value()) problems.push_back(admin.error().message);
    const bool named = !config.auth.secret_file.empty() || !config.auth.secret_env.empty() ||
                       !config.auth.public_key_file.empty();
    if (config.auth.mode == AuthMode::none || !named) return;  // one is made at the first start
    base::SystemRandom random;
    const auto settings = token_settings(config, environment, random);
    if (!settings.has_value()) problems.push_back(settings.error().message);
}

void check_files(const Config& config, std::vector<std::string>& problems) {
    if (!config.server.tls_cert.empty()) {
        const auto good =
            gateway::check_certificate_files(config.server.tls_cert, config.server.tls_key);
        if (!good.has_value()) problems.push_back(good.error().message);
    }
    std::error_code error;
    if (!fs::is_directory(config.server.pages_directory, error)) {
        problems.push_back("`server.pages_directory`: " + config.server.pages_directory +
                           " is no folder");
    }
}

}  // namespace

std::vector<std::string> check_parts(const Config& config, const Environment& environment) {
    std::vector<std::string> problems;
    check_files(config, problems);
    check_secret(config, environment, problems);
    check_plugins(config, environment, problems);
    return problems;
}

}  // namespace chartroom::app
