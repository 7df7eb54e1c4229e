// The values that a text states: vital signs, age, sex, weeks of pregnancy, how long and how bad.
// Each with the words that it took, so that nothing else reads them again.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugins/clinical/request.hpp"
#include "plugins/clinical/text_words.hpp"

namespace clinical {

// Words `first` to `last`, included.
struct WordRange {
    std::size_t first = 0;
    std::size_t last = 0;
};

struct StatedDuration {
    std::string text;  // as parse_duration() reads it
    WordRange words;
};

struct StatedSeverity {
    std::string text;  // as parse_severity() reads it
    WordRange words;
};

struct TextValues {
    std::vector<Vital> vitals;  // in the order of the text; the age is not among them
    std::optional<double> age;  // years
    std::string sex;            // "female", "male", ""
    std::optional<double> pregnancy_weeks;
    std::vector<StatedDuration> durations;
    std::vector<StatedSeverity> severities;
    // What stands where a value should be and cannot be one, with what is accepted.
    std::vector<std::string> refused;
    std::vector<WordRange> taken;  // by all but severities
};

[[nodiscard]] TextValues values_in(std::span<const TextWord> words);

}  // namespace clinical
