// A command of plugin.h, which a stranger wrote, as the engine's Command: nothing of it is believed
// before it is checked.
#pragma once

#include <chartroom/plugin.h>

#include <cstdint>
#include <expected>
#include <string_view>

#include "core/engine/handler.hpp"

namespace chartroom::plugin_host {

// Bounds of one command; over them it is invalid.
inline constexpr std::uint64_t kBytesMax = 16u << 20;  // a payload (the engine: less), a body
inline constexpr std::uint64_t kNameBytesMax = 512;
inline constexpr std::uint64_t kUrlBytesMax = 8u << 10;
inline constexpr std::uint64_t kStateBytesMax = 64u << 10;
inline constexpr std::uint64_t kHeadersMax = 64;
inline constexpr std::uint64_t kTypesMax = 64;
inline constexpr std::uint64_t kTimerUsMax = 366ull * 24 * 3600 * 1'000'000;

// Why a command was not taken: one of CHARTROOM_E_*, and a text for the log, never its content.
struct Refusal {
    std::int32_t code = 0;
    std::string_view why;
};

// What the checks look at beside the command.
struct CommandContext {
    const engine::HandlerInfo& info;
    engine::Op last_op = 0;       // of the turn
    std::string_view known_json;  // text already known to be JSON: not looked at again
};

[[nodiscard]] std::expected<engine::Command, Refusal> read_command(const chartroom_command& command,
                                                                   const CommandContext& context);

// The bytes that the command makes the host hold; for the step's budget.
[[nodiscard]] std::size_t bytes_of(const engine::Command& command);
// The op that the command begins, or 0.
[[nodiscard]] engine::Op begun_op(const engine::Command& command);

}  // namespace chartroom::plugin_host
