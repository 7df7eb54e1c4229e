// Expected information: the entropy of the ranking now, less what it would be on average after the
// answer.
#include <algorithm>
#include <cmath>

#include "plugins/clinical/assessment.hpp"

namespace clinical {
namespace {

constexpr std::size_t kConsidered = 12;  // conditions: the likely ones
constexpr double kRateUnlisted = 0.1;    // how often a condition that does not list it brings it
constexpr double kRateMax = 0.95;

double entropy(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    double bits = 0;
    for (const double weight : weights)
        if (weight > 0) bits -= weight / sum * std::log2(weight / sum);
    return bits;
}

// How often the finding is there in the condition, from its ratios: lr+ = a / b and
// lr- = (1 - a) / (1 - b) give a = lr+ (1 - lr-) / (lr+ - lr-).
double rate(const Condition& condition, const Finding& finding, std::size_t index) {
    const auto evidence = std::ranges::find(condition.evidence, index, &Evidence::finding);
    if (evidence == condition.evidence.end()) return kRateUnlisted * finding.unexplained;
    const double pos = evidence->lr_pos;
    if (evidence->lr_neg && pos > 1 && *evidence->lr_neg < 1)
        return std::min(kRateMax, pos * (1 - *evidence->lr_neg) / (pos - *evidence->lr_neg));
    return std::clamp(kRateUnlisted * pos, 0.01, kRateMax);
}

double information(const std::vector<const Ranked*>& likely, const Finding& finding,
                   std::size_t index, double now) {
    std::vector<double> present, absent;
    double p_present = 0, all = 0;
    for (const Ranked* ranked : likely) {
        const double a = rate(*ranked->condition, finding, index);
        present.push_back(ranked->probability * a);
        absent.push_back(ranked->probability * (1 - a));
        p_present += present.back();
        all += ranked->probability;
    }
    p_present /= all;
    return now - p_present * entropy(present) - (1 - p_present) * entropy(absent);
}

}  // namespace

std::vector<Question> next_questions(const Knowledge& knowledge, const Facts& facts,
                                     const Differential& differential, std::size_t limit) {
    std::vector<const Ranked*> likely;
    std::vector<double> weights;
    for (const Ranked& ranked : differential.ranked) {
        if (ranked.condition == nullptr || likely.size() >= kConsidered) continue;
        likely.push_back(&ranked);
        weights.push_back(ranked.probability);
    }
    const double now = entropy(weights);
    std::vector<Question> questions;
    for (std::size_t i = 0; i < knowledge.findings.size(); ++i) {
        const Finding& finding = knowledge.findings[i];
        const bool listed = std::ranges::any_of(likely, [i](const Ranked* ranked) {
            return std::ranges::find(ranked->condition->evidence, i, &Evidence::finding) !=
                   ranked->condition->evidence.end();
        });
        if (!listed || facts.findings[i] != State::unknown || finding.id.starts_with("age_"))
            continue;
        questions.push_back({i, finding.question.empty() ? finding.label : finding.question,
                             std::round(information(likely, finding, i, now) * 1000) / 1000});
    }
    std::ranges::stable_sort(questions, std::ranges::greater(), &Question::information);
    if (questions.size() > limit) questions.resize(limit);
    return questions;
}

}  // namespace clinical
