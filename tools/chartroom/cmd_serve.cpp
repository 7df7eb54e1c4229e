// chartroom serve: the server.
#include <cstdio>
#include <memory>

#include "core/app/server.hpp"
#include "tools/chartroom/commands.hpp"
#include "tools/chartroom/configured.hpp"

namespace chartroom::tool {
namespace {

int serve(const std::string& file) {
    auto config = read_configuration(file);
    if (!config.has_value()) return app::exit_code(base::Code::bad_config);
    const auto server = app::Server::open(*std::move(config), app::process_environment());
    if (!server.has_value()) {
        return report("serve", server.error(), app::exit_code(server.error().code));
    }
    for (const auto& address : (*server)->addresses()) {
        std::fprintf(stderr, "Chartroom listens on %s\n", address.c_str());
    }
    (*server)->run();
    return kDone;
}

}  // namespace

void add_serve(CLI::App& app, int& exit) {
    const auto file = std::make_shared<std::string>();
    auto* command = app.add_subcommand("serve", "Run the server");
    add_config_option(*command, *file);
    command->footer(
        "SIGTERM or Ctrl-C drains and ends; a second one ends at once and loses nothing.\n"
        "Exit: 0 ended as asked, 78 configuration or plugin refused, 75 an address or the log is "
        "in\n"
        "use or has no space (trying again may help), 1 anything else.");
    command->callback([file, &exit] { exit = serve(*file); });
}

}  // namespace chartroom::tool
