#include "tools/chartroom/configured.hpp"

#include <cstdio>
#include <filesystem>

#include "tools/chartroom/commands.hpp"

namespace chartroom::tool {

void add_config_option(CLI::App& command, std::string& file) {
    const std::filesystem::path here = "config/chartroom.toml";
    std::error_code error;
    file = std::filesystem::exists(here, error)
               ? here.string()
               : app::installation_path("etc/chartroom/chartroom.toml").string();
    command.add_option("-c,--config", file, "The configuration file")->capture_default_str();
}

std::optional<app::Config> read_configuration(const std::string& file) {
    auto config = app::read_config(file, app::process_environment());
    if (config.has_value()) return *std::move(config);
    for (const auto& problem : config.error().problems) {
        std::fprintf(stderr, "%s\n", problem.c_str());
    }
    return std::nullopt;
}

int report(const char* command, const base::Error& error, int exit) {
    std::fprintf(stderr, "chartroom %s: %s: %s\n", command,
                 std::string(base::info(error.code).name).c_str(), error.message.c_str());
    return exit;
}

}  // namespace chartroom::tool
