// Whether a drug suits a patient, allergies and interactions aside: age, kidneys, liver, pregnancy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/prescription_request.hpp"
#include "plugins/clinical/regimens.hpp"

namespace clinical {

struct Suitability {
    std::vector<std::string> against;   // any: not for this patient
    std::vector<std::string> cautions;  // what to mind
    std::vector<std::string> confirm;   // what nobody stated, and matters
    // How kidneys limit the dose.
    double factor = 1;
    std::optional<int> per_day;
    std::optional<double> max_day;
};

[[nodiscard]] Suitability judge(const Drug& drug, const Patient& patient);

// Whether a criterion of a regimen is met; unknown: what it depends on was not stated.
enum class Met : std::uint8_t { no, yes, unknown };
[[nodiscard]] Met met(const Criterion& criterion, const Patient& patient);

// Whether weight and age can belong to one person.
[[nodiscard]] bool weight_fits_age(double age, double weight);

}  // namespace clinical
