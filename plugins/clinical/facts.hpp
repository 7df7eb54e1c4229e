// What is known of one patient: findings that are present, absent or unknown, values that were
// measured, and the scores that follow. Unknown stays unknown: nothing is assumed normal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/clinical/input.hpp"

namespace clinical {

enum class State : std::uint8_t { unknown, absent, present };

// The points that a score may have, given what is missing; min == max where nothing is.
struct Points {
    double min = 0;
    double max = 0;
    [[nodiscard]] bool exact() const { return min == max; }
    friend bool operator==(const Points&, const Points&) = default;
};

struct Facts {
    std::vector<State> findings;     // by index of Findings
    std::vector<std::size_t> named;  // those that were said to be present, in that order
    std::array<std::optional<double>, kInputCount> inputs{};  // by Input
    std::vector<std::optional<Points>> scores;  // by index of Scores; empty: not for this patient

    [[nodiscard]] std::optional<double> value(Input input) const {
        return inputs[static_cast<std::size_t>(input)];
    }
    void set(Input input, double value) { inputs[static_cast<std::size_t>(input)] = value; }
};

}  // namespace clinical
