// The subcommands. Each adds itself to the parser; its body runs once the line is parsed and leaves
// the process's exit code in `exit`. One file a subcommand, cmd_<name>.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include "core/base/error.hpp"

namespace chartroom::tool {

// What every subcommand may end with; a subcommand that gives another meaning says so in its help.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  // it was tried and did not work; standard error says what
inline constexpr int kCannot = 2;  // it could not be tried: bad arguments, nothing to work on

// Says on standard error what went wrong and gives back `exit`.
[[nodiscard]] int report(const char* command, const base::Error& error, int exit);

void add_bench(CLI::App& app, int& exit);
void add_chat(CLI::App& app, int& exit);
void add_check(CLI::App& app, int& exit);
void add_erase(CLI::App& app, int& exit);
void add_log(CLI::App& app, int& exit);
void add_replay(CLI::App& app, int& exit);
void add_serve(CLI::App& app, int& exit);
void add_sessions(CLI::App& app, int& exit);
void add_token(CLI::App& app, int& exit);
void add_verify(CLI::App& app, int& exit);

}  // namespace chartroom::tool
