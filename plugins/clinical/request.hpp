// What a client asks the differential: JSON in, values out, or the field that is wrong.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/facts.hpp"
#include "plugins/clinical/input_error.hpp"

namespace clinical {

struct Symptom {
    std::string name;  // as written
    bool absent = false;
    std::string duration;  // as written; may be empty
    std::string severity;
};

struct Vital {
    Input input = Input::age;
    double value = 0;
    std::string note;
};

// Bounds of one request; more is refused.
inline constexpr std::size_t kSymptomsMax = 100;
inline constexpr std::size_t kHistoryMax = 100;
inline constexpr std::size_t kNameBytesMax = 200;

struct DiagnosisRequest {
    std::vector<Symptom> symptoms;
    std::vector<Vital> vitals;  // in the order of Input
    std::optional<bool> on_oxygen;
    bool hypercapnic_target = false;
    std::optional<bool> alert;  // consciousness A, or one of C V P U
    std::string sex;            // "female", "male", ""
    std::optional<bool> pregnant;
    std::vector<std::string> history;      // conditions, medications and risk factors, as written
    std::vector<std::string> not_history;  // risk factors that were denied
    std::vector<std::string> allergies;
    std::string setting = "primary_care";  // or "emergency"

    [[nodiscard]] std::optional<double> value(Input input) const;
};

// `json` is the payload of a `diagnosis` message: {symptoms, vitals?, history?, setting?}.
// Unchanged on error: nothing. Any thread.
[[nodiscard]] std::expected<DiagnosisRequest, InputError> parse_diagnosis(std::string_view json);

}  // namespace clinical
