// What the built-in assistant says: the clinical engine's results in plain words. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/engine.hpp"
#include "plugins/chat/prompt.hpp"

namespace chat {

// The whole reply, or the part of `talk.agent` where one is at work. Needs `talk.consultation`.
[[nodiscard]] std::string builtin_reply(const Engine& engine, const Conversation& talk);

// The engine's results as a model is given them; at most kContextBytesMax.
inline constexpr std::size_t kContextBytesMax = 8u << 10;
[[nodiscard]] std::string engine_context(const Engine& engine, const Conversation& talk);

// `text` in pieces of `words` words; joined they are `text` again, and none splits a character.
[[nodiscard]] std::vector<std::string_view> in_pieces(std::string_view text, std::size_t words);

}  // namespace chat
