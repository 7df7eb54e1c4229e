// chartroom: the server and its tools in one binary.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tools/chartroom/commands.hpp"

int main(int argc, char** argv) {
    using namespace chartroom::tool;
    CLI::App app("Chartroom: an event-sourced chat backend.", "chartroom");
    app.require_subcommand(1);
    app.set_version_flag("--version", CHARTROOM_VERSION);
    app.footer(
        "`chartroom COMMAND --help` says more. Exit: 0 done, 1 failed, 2 could not be tried.");
    int exit = kDone;
    for (const auto add : {add_serve, add_check, add_sessions, add_log, add_verify, add_replay,
                           add_erase, add_token, add_chat, add_bench}) {
        add(app, exit);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? kDone : kCannot;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "chartroom: %s\n", e.what());
        return kFailed;
    }
    return exit;
}
