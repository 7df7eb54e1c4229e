// How well the differential does on cases: rank of the expected condition, emergencies seen,
// calibration.
#pragma once

#include <string>
#include <vector>

#include "tools/chartroom-clinical/case_file.hpp"

namespace clinical {

struct CaseOutcome {
    const Case* from = nullptr;
    std::size_t rank = 0;  // of the expected condition, from 1; 0: excluded
    std::string first;     // id of the leading condition
    double first_probability = 0;
    Urgency urgency = Urgency::routine;
};

struct Tally {
    std::size_t cases = 0;
    std::size_t top1 = 0, top3 = 0, top5 = 0;
    std::size_t emergencies = 0, emergencies_seen = 0, sent_home = 0;
    std::size_t over_triaged = 0;  // not an emergency, called one
    double calibration_error = 0;  // expected calibration error of the leading probability
};

[[nodiscard]] std::vector<CaseOutcome> run_cases(const Knowledge& knowledge,
                                                 const std::vector<Case>& cases,
                                                 double temperature);
[[nodiscard]] Tally tally(const std::vector<CaseOutcome>& outcomes);

}  // namespace clinical
