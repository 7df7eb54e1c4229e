// A dose for one patient: the band of the age, the weight, the caps, what the kidneys allow. No
// dose leaves here above a cap of the drug, whatever the weight.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/suitability.hpp"

namespace clinical {

struct Dose {
    std::string text;  // of what is not counted; empty: an amount
    double low = 0;    // of one dose, in the drug's unit
    double high = 0;
    int per_day = 1;
    int per_day_max = 1;
    std::optional<double> first;
    int first_per_day = 1;
    // How it was found.
    std::optional<double> per_kg_low;
    std::optional<double> per_kg_high;
    std::optional<double> cap_dose;  // no single dose over it
    std::optional<double> cap_day;
    std::vector<std::string> notes;  // "reduced to …"

    [[nodiscard]] double day_max() const { return high * per_day_max; }
};

// Error: why there is none.
[[nodiscard]] std::expected<Dose, std::string> dose_for(const Regimen& regimen, const Drug& drug,
                                                        const Patient& patient,
                                                        const Suitability& limits);

}  // namespace clinical
