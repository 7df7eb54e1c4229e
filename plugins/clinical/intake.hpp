// From a request to facts: names matched to findings, details and values applied, consequences
// drawn.
#pragma once

#include <string>
#include <vector>

#include "plugins/clinical/knowledge.hpp"
#include "plugins/clinical/request.hpp"

namespace clinical {

inline constexpr double kLatePregnancyWeeks = 20;  // from here

struct Intake {
    struct Matched {
        std::string input;  // as written
        std::size_t finding = 0;
        State state = State::present;
        MatchKind kind = MatchKind::exact;
    };
    struct Unmatched {
        std::string input;
        std::string field;                 // "symptoms", "history", "duration", "severity"
        std::vector<std::string> nearest;  // known names; or, of a detail, the accepted forms
    };
    std::vector<Matched> matched;     // symptoms, as they came
    std::vector<Matched> background;  // conditions, medication, risk factors
    std::vector<Unmatched> unmatched;
    Facts facts;
    std::vector<ScoreResult> scores;
};

[[nodiscard]] Intake take_in(const Knowledge& knowledge, const DiagnosisRequest& request);

}  // namespace clinical
