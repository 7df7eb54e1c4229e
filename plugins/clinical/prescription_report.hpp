// A prescription as clients are told it: stages with what each streams, then the result. The same
// request and data give the same bytes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/prescribe.hpp"
#include "plugins/clinical/stage.hpp"

namespace clinical {

struct PrescriptionReport {
    std::vector<Stage> stages;  // the last one is `complete`, 100
    nlohmann::json result;
};

[[nodiscard]] PrescriptionReport report(const Formulary& formulary,
                                        const PrescriptionRequest& request,
                                        const Prescription& prescription);

}  // namespace clinical
