// What the built-in assistant says: it restates and asks what a clinician would want to know next.
// It knows no medicine and says so. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/prompt.hpp"

namespace chat {

// The whole reply, or the part of `talk.agent` where one is at work.
[[nodiscard]] std::string builtin_reply(const Conversation& talk);

// `text` in pieces of `words` words; joined they are `text` again, and none splits a character.
[[nodiscard]] std::vector<std::string_view> in_pieces(std::string_view text, std::size_t words);

}  // namespace chat
