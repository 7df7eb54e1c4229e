// The warning that comes before everything else. Which signs call for one is the clinical engine's;
// here are the words for the person who wrote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/red_flags.hpp"

namespace chat {

struct Emergency {
    std::string level;                 // "emergency"
    std::string message;               // for the person who wrote; opens the answer
    std::vector<std::string> matched;  // the red flags, in words
    std::string source;                // where they are from
};

// Of the flags that are emergencies; nothing without one.
[[nodiscard]] std::optional<Emergency> emergency_of(
    const std::vector<clinical::RedFlags::Raised>& flags);

}  // namespace chat
