// The measured values that the engine knows, each with its one unit and the range outside of which
// a value is a slip of the pen.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace clinical {

enum class Input : std::uint8_t {
    age,
    weight,
    temperature,
    heart_rate,
    systolic,
    diastolic,
    respiratory_rate,
    oxygen_saturation,
    glucose,
    urea,
    white_cells,
    creatinine,
};

struct InputInfo {
    std::string_view name;
    std::string_view unit;
    double min;
    double max;
    std::string_view accepted;  // the forms that a request may use
};

inline constexpr std::array<InputInfo, 12> kInputs{{
    {"age", "years", 0, 120, "years (45), or text with a unit (\"8 months\", \"6 weeks\")"},
    {"weight", "kg", 0.3, 350, "kg (70), or text with a unit (\"70 kg\", \"154 lb\")"},
    {"temperature", "°C", 25, 45, "degrees (38.5), or text with a unit (\"38.5 C\", \"101.3 F\")"},
    {"heart_rate", "/min", 10, 350, "beats a minute (88)"},
    {"systolic", "mmHg", 30, 300, "\"130/80\""},
    {"diastolic", "mmHg", 10, 200, "\"130/80\""},
    {"respiratory_rate", "/min", 1, 120, "breaths a minute (16)"},
    {"oxygen_saturation", "%", 30, 100, "per cent (97 or \"97%\")"},
    {"glucose", "mmol/L", 0.3, 111, "\"7.2 mmol/L\" or \"130 mg/dL\""},
    {"urea", "mmol/L", 0.1, 120, "mmol/L (5.2)"},
    {"white_cells", "10^9/L", 0, 500, "10^9/L (8.1)"},
    {"creatinine", "mg/dL", 0.05, 30, "\"90 umol/L\" or \"1.0 mg/dL\""},
}};
inline constexpr std::size_t kInputCount = kInputs.size();

[[nodiscard]] constexpr const InputInfo& info(Input input) {
    return kInputs[static_cast<std::size_t>(input)];
}

[[nodiscard]] constexpr std::optional<Input> input_named(std::string_view name) {
    for (std::size_t i = 0; i < kInputCount; ++i)
        if (kInputs[i].name == name) return static_cast<Input>(i);
    return std::nullopt;
}

}  // namespace clinical
