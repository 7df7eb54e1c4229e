// Expected information: the entropy of the ranking now, less what it would be on average after the
// answer.
#include <algorithm>
#include <cmath>

#include "plugins/clinical/assessment.hpp"

namespace clinical {
namespace {

constexpr std::size_t kConsidered = 12;  // conditions: the likely ones

double entropy(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    double bits = 0;
    for (const double weight : weights)
        if (weight > 0) bits -= weight / sum * std::log2(weight / sum);
    return bits;
}

double information(const Knowledge& knowledge, const std::vector<const Ranked*>& likely,
                   std::size_t finding, double now) {
    std::vector<double> present, absent;
    double p_present = 0, all = 0;
    for (const Ranked* ranked : likely) {
        const double a = rate(*ranked->condition, knowledge.findings[finding], finding);
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
        const bool listed = std::ranges::any_of(
            likely, [i](const Ranked* ranked) { return ranked->condition->about(i) != nullptr; });
        if (!listed || facts.findings[i] != State::unknown || finding.id.starts_with("age_"))
            continue;
        questions.push_back({i, finding.question.empty() ? finding.label : finding.question,
                             std::round(information(knowledge, likely, i, now) * 1000) / 1000});
    }
    std::ranges::stable_sort(questions, std::ranges::greater(), &Question::information);
    if (questions.size() > limit) questions.resize(limit);
    return questions;
}

}  // namespace clinical
