// chartroom check: is this configuration one that the server would start with?
#include <cstdio>
#include <memory>

#include "core/app/check_parts.hpp"
#include "core/base/log.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"

namespace chartroom::tool {
namespace {

struct Options {
    std::string file;
    bool quiet = false;
};

int check(const Options& options) {
    const auto config = read_configuration(options.file);
    if (!config.has_value()) return kFailed;
    base::start_log(base::LogLevel::warn, base::LogFormat::text);  // what loading plugins would say
    const auto problems = app::check_parts(*config, app::process_environment());
    for (const auto& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
    if (!problems.empty()) return kFailed;
    if (!options.quiet) std::fputs(app::print_config(*config).c_str(), stdout);
    return kDone;
}

}  // namespace

void add_check(CLI::App& app, int& exit) {
    const auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("check", "Validate a configuration and print what is in effect");
    add_config_option(*command, options->file);
    command->add_flag("-q,--quiet", options->quiet, "Print problems only");
    command->footer("Exit: 0 valid, 1 refused; every problem is printed with its place.");
    command->callback([options, &exit] { exit = check(*options); });
}

}  // namespace chartroom::tool
