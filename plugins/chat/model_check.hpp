// Looks through what a model has written for what it may not add: a drug, a condition, or a number
// with a clinical unit that neither the engine gave nor the people wrote. A net with known holes
// (README.md), not a proof.
#pragma once

#include <chartroom/plugin.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/engine.hpp"

namespace chat {

// Names of ours, never words of the text.
struct Unchecked {
    std::vector<std::string> drugs;       // ids; of a drug that is not known, its word stem
    std::vector<std::string> conditions;  // likewise
    std::vector<std::string> numbers;     // units

    [[nodiscard]] bool empty() const {
        return drugs.empty() && conditions.empty() && numbers.empty();
    }
};

// The unchecked things of an answer as a note in its turn, joined with those of its earlier parts.
// `replaced`: nobody was shown them.
void note_unchecked(const chartroom::Turn& turn, std::uint64_t answer_id,
                    const Unchecked& unchecked, bool replaced);

// At most so many of each kind are named.
inline constexpr std::size_t kUncheckedMax = 16;

// `given`: all that the engine said and the people wrote.
[[nodiscard]] Unchecked check_model_text(const Engine& engine, std::string_view text,
                                         std::string_view given);

}  // namespace chat
