// What the subcommands that work on a configuration share: the -c option, and reading it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "core/app/config.hpp"

namespace chartroom::tool {

// Adds `-c,--config FILE`. Without it: config/chartroom.toml of the working directory if it is
// there, else etc/chartroom/chartroom.toml of the installation.
void add_config_option(CLI::App& command, std::string& file);

// Reads it; prints every problem to standard error and gives nothing where there is one.
[[nodiscard]] std::optional<app::Config> read_configuration(const std::string& file);

}  // namespace chartroom::tool
