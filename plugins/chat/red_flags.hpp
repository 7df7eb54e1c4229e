// Phrases that may mean an emergency. Rules over one message's text; it errs on the side of
// warning. The clinical engine will replace the knowledge, not the seam: text in, Emergency out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

struct Emergency {
    std::string level;                 // "emergency"
    std::string message;               // for the person who wrote; opens the answer
    std::vector<std::string> matched;  // the rules that matched, in words
    std::string source;                // where they are from
};

[[nodiscard]] std::optional<Emergency> find_red_flags(std::string_view text);

}  // namespace chat
