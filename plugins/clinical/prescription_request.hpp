// What a client asks a prescription for, read from the message's data. What is not given stays
// unknown; what is given wrongly is refused with the field and the form that is accepted.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/drugs.hpp"
#include "plugins/clinical/input_error.hpp"

namespace clinical {

enum class Kidney : std::uint8_t { unknown, stated, cockcroft_gault };

struct Patient {
    double age = 0;                // years
    std::optional<double> weight;  // kg
    std::optional<bool> female;
    std::optional<bool> pregnant;
    std::optional<double> weeks;  // of pregnancy
    std::optional<double> egfr;   // ml/min
    Kidney kidney = Kidney::unknown;
    std::string kidney_note;  // why a creatinine led to nothing; empty: it did, or none was given
    std::optional<Hepatic> hepatic;

    [[nodiscard]] bool adult() const { return age >= 18; }
    // Whether a pregnancy is to be reckoned with where nobody said.
    [[nodiscard]] bool may_be_pregnant() const;
};

struct PrescriptionRequest {
    std::string diagnosis;
    Patient patient;
    std::vector<std::string> allergies;
    std::vector<std::string> medications;
    bool allergies_stated = false;  // an empty list is a statement, too
    bool medications_stated = false;
    std::vector<std::string> not_considered;  // fields that the rules do not know
};

// `data` is the message's payload. `allergies` and `current_medications` may also stand in
// patient_info; their items are strings or objects with `name` (and `reaction`, `severity`,
// `dose`).
[[nodiscard]] std::expected<PrescriptionRequest, InputError> read_prescription_request(
    const nlohmann::json& data);

}  // namespace clinical
