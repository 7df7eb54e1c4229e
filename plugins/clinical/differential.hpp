// Ranks the conditions: log prior + log likelihood ratios, normalised over all of them and one
// hypothesis that is none of them. README.md explains and limits the method.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/knowledge.hpp"

namespace clinical {

inline constexpr double kLogLrMax = 2.995732273553991;  // log 20: no finding settles it alone
inline constexpr double kDependentWeight = 0.5;         // of findings that come together
inline constexpr double kUndifferentiatedPrior = 0.01;
inline constexpr double kEmergencySettingFactor = 3;  // of emergencies, among emergency patients
inline constexpr double kDontMissFrom = 0.01;
// Of the softmax. The development cases are textbook cases, and the least calibration error on them
// is at 0.5; patients are less clear than textbooks, so the fit is not followed below 1.
inline constexpr double kTemperature = 1.0;

// One reason for or against a condition.
struct Reason {
    std::optional<std::size_t> finding;  // or
    std::optional<std::size_t> score;    // a composite
    State state = State::present;
    double lr = 1;             // as the data has it, clamped
    double weight = 1;         // log(lr) was multiplied by it
    bool unexplained = false;  // present, and the condition does not bring it
    std::string group;         // empty: by itself
    const Source* source = nullptr;
    Status status = Status::estimated;
};

struct Ranked {
    const Condition* condition = nullptr;  // null: undifferentiated
    double log_score = 0;
    double probability = 0;
    const Prior* prior = nullptr;
    std::vector<Reason> reasons;  // strongest first
    bool flagged = false;         // a red flag names it
};

struct Exclusion {
    const Condition* condition = nullptr;
    std::string reason;
};

struct Differential {
    std::optional<std::size_t> complaint;  // the finding whose priors were taken
    std::vector<Ranked> ranked;            // by falling probability, then id; all of them
    std::vector<Exclusion> excluded;
};

[[nodiscard]] Differential rank(const Knowledge& knowledge, const Facts& facts,
                                std::string_view setting,
                                const std::vector<RedFlags::Raised>& flags,
                                double temperature = kTemperature);

// Probabilities from scores at a temperature; sums to 1.
void normalise(std::vector<Ranked>& ranked, double temperature);

}  // namespace clinical
