// Values as people write them: with or without units, °F or °C, "130/80", "3 days". A value that is
// impossible or ambiguous is refused with the forms that are accepted; nothing is guessed.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugins/clinical/input.hpp"

namespace clinical {

struct Quantity {
    double value = 0;  // in the input's unit
    std::string note;  // how it was read, where that is not plain: "read as °F"
};

// `text` is a number with or without a unit. Error: what is accepted and the range, for people.
[[nodiscard]] std::expected<Quantity, std::string> parse_quantity(Input input,
                                                                  std::string_view text);

// "130/80", "130 / 80 mmHg", "130-80", "130 over 80": systolic, diastolic.
[[nodiscard]] std::expected<std::pair<double, double>, std::string> parse_pressure(
    std::string_view text);

inline constexpr std::string_view kDurationForms =
    "a number and a unit (\"3 days\", \"90 minutes\", \"2 weeks\"), or \"since yesterday\"";
inline constexpr std::string_view kSeverityForms = "mild, moderate, severe, or 1 to 10 (\"7/10\")";

// Hours. Nothing where the words are not a duration.
[[nodiscard]] std::optional<double> parse_duration(std::string_view text);
// 1 to 10.
[[nodiscard]] std::optional<double> parse_severity(std::string_view text);

// The shortest text of a number that reads back the same; "38.5", "7".
[[nodiscard]] std::string number_text(double value);

}  // namespace clinical
