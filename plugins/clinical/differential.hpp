// Ranks the conditions: log prior + log likelihood ratios, normalised over all of them and one
// hypothesis that is none of them. README.md explains and limits the method.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/priors.hpp"

namespace clinical {

inline constexpr double kLogLrMax = 2.995732273553991;  // log 20: no finding settles it alone
inline constexpr double kDependentWeight = 0.5;         // of findings that come together
// The likelihood ratio of a red flag for the conditions that it names: what a hallmark weighs.
inline constexpr double kRedFlagLr = 15;
// The same where it may be brought: of a condition that is not known here, and of a narrower
// finding
// ("pain in the right lower abdomen") than the one that the condition brings ("abdominal pain").
inline constexpr double kPartlyExplained = 0.35;
inline constexpr double kUndifferentiatedPrior = 0.01;  // at least
inline constexpr double kDontMissFrom = 0.01;
// Of the softmax. The development cases are textbook cases, and the least calibration error on them
// is at 0.5; patients are less clear than textbooks, so the fit is not followed below 1.
inline constexpr double kTemperature = 1.0;

// One reason for or against a condition.
struct Reason {
    std::optional<std::size_t> finding;  // or
    std::optional<std::size_t> score;    // a composite, or
    const RedFlag* flag = nullptr;       // a red flag that names the condition
    State state = State::present;
    double lr = 1;             // as the data has it, clamped
    double weight = 1;         // log(lr) was multiplied by it
    bool brought = false;      // present, and described without a number: lr is 1
    bool unexplained = false;  // present, and the condition does not bring it
    std::string group;         // empty: by itself
    const Source* source = nullptr;
    const Evidence* evidence = nullptr;  // null: of a score, or unexplained
    Status status = Status::estimated;

    [[nodiscard]] bool speaks_for() const { return brought || lr > 1; }
    [[nodiscard]] bool speaks_against() const { return lr < 1; }
};

struct Ranked {
    const Condition* condition = nullptr;  // null: undifferentiated
    double log_score = 0;
    double probability = 0;
    Priors::Of prior;
    std::vector<Reason> reasons;  // strongest first
    bool flagged = false;         // a red flag names it

    // Whether anything that is known of the patient speaks for it, rather than its frequency alone.
    [[nodiscard]] bool fits() const {
        return flagged || prior.of_complaint || std::ranges::any_of(reasons, &Reason::speaks_for);
    }
};

struct Exclusion {
    const Condition* condition = nullptr;
    std::string reason;
};

struct Differential {
    std::optional<std::size_t> complaint;  // what the priors are among those who come with
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
