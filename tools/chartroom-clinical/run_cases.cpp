#include "tools/chartroom-clinical/run_cases.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace clinical {
namespace {

constexpr std::size_t kBins = 10;

// The mean distance between what was claimed and what came true, over ten bins of claims.
double calibration_error(const std::vector<CaseOutcome>& outcomes) {
    struct Bin {
        double claimed = 0;
        double right = 0;
    };
    std::array<Bin, kBins> bins{};
    for (const CaseOutcome& outcome : outcomes) {
        const auto at = std::min(kBins - 1, static_cast<std::size_t>(outcome.first_probability *
                                                                     static_cast<double>(kBins)));
        bins[at].claimed += outcome.first_probability;
        bins[at].right += outcome.first == outcome.from->expected ? 1 : 0;
    }
    double error = 0;
    for (const Bin& bin : bins) error += std::abs(bin.claimed - bin.right);
    return outcomes.empty() ? 0 : error / static_cast<double>(outcomes.size());
}

}  // namespace

std::vector<CaseOutcome> run_cases(const Knowledge& knowledge, const std::vector<Case>& cases,
                                   double temperature) {
    std::vector<CaseOutcome> outcomes;
    for (const Case& each : cases) {
        const Assessment assessment = assess(knowledge, each.request, temperature);
        CaseOutcome outcome{.from = &each,
                            .rank = 0,
                            .first = assessment.primary().condition->id,
                            .first_probability = assessment.primary().probability,
                            .urgency = assessment.urgency};
        std::size_t place = 0;
        for (const Ranked& ranked : assessment.differential.ranked) {
            if (ranked.condition == nullptr) continue;
            ++place;
            if (ranked.condition->id == each.expected) outcome.rank = place;
        }
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

Tally tally(const std::vector<CaseOutcome>& outcomes) {
    Tally tally;
    tally.cases = outcomes.size();
    for (const CaseOutcome& outcome : outcomes) {
        const auto within = [&outcome](std::size_t n) {
            return outcome.rank >= 1 && outcome.rank <= n ? 1u : 0u;
        };
        tally.top1 += within(1);
        tally.top3 += within(3);
        tally.top5 += within(5);
        if (outcome.from->emergency) {
            ++tally.emergencies;
            tally.emergencies_seen += outcome.urgency == Urgency::emergency ? 1 : 0;
            tally.sent_home += outcome.urgency <= Urgency::soon ? 1 : 0;
        } else {
            tally.over_triaged += outcome.urgency == Urgency::emergency ? 1 : 0;
        }
    }
    tally.calibration_error = calibration_error(outcomes);
    return tally;
}

}  // namespace clinical
