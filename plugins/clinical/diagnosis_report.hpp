// An assessment as clients are told it: an emergency where there is one, stages with what each
// streams, then the result. The same request and data give the same bytes.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/assessment.hpp"
#include "plugins/clinical/stage.hpp"

namespace clinical {

struct DiagnosisReport {
    // {level, message, matched, source}: before anything else.
    std::optional<nlohmann::json> emergency;
    std::vector<Stage> stages;  // the last one is `complete`, 100
    nlohmann::json result;
};

[[nodiscard]] DiagnosisReport report(const Knowledge& knowledge, const DiagnosisRequest& request,
                                     const Assessment& assessment);

// {level, message, matched, source} of the red flags that are emergencies; nothing without one.
[[nodiscard]] std::optional<nlohmann::json> emergency_of(
    const std::vector<RedFlags::Raised>& flags);

}  // namespace clinical
