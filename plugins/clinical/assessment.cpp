#include "plugins/clinical/assessment.hpp"

#include <algorithm>

#include "plugins/clinical/formulas.hpp"
#include "plugins/clinical/quantities.hpp"

namespace clinical {
namespace {

constexpr std::size_t kShownMax = 8;
constexpr double kShownFrom = 0.02;
constexpr std::size_t kQuestionsMax = 6;
constexpr double kUrgentFrom = 0.15;  // a condition not to be missed decides the urgency from here
constexpr double kYoungInfant = 0.25;
constexpr double kVeryOld = 80;
constexpr std::size_t kEnoughFindings = 5;

class UrgencyOf {
  public:
    explicit UrgencyOf(Assessment& assessment) : assessment_(assessment) {}

    void decide(const Knowledge& knowledge) {
        assessment_.urgency = Urgency::self_care;
        for (const auto& raised : assessment_.flags)
            raise(raised.flag->urgency, "red flag: " + raised.flag->label);
        by_news2(knowledge);
        by_conditions();
        const auto age = assessment_.intake.facts.value(Input::age);
        if (age && *age < kYoungInfant) raise(Urgency::urgent, "under 3 months old");
        if (age && *age >= kVeryOld) raise(Urgency::soon, "80 years or older");
    }

  private:
    void raise(Urgency urgency, std::string reason) {
        if (urgency < assessment_.urgency) return;
        if (urgency > assessment_.urgency) assessment_.urgency_reasons.clear();
        assessment_.urgency = urgency;
        assessment_.urgency_reasons.push_back(std::move(reason));
    }

    void by_news2(const Knowledge& knowledge) {
        const auto news2 = knowledge.scores.find("news2");
        for (const ScoreResult& result : assessment_.intake.scores) {
            if (result.index != news2) continue;
            const std::string points = "NEWS2 of at least " + number_text(result.points.min);
            if (result.points.min >= 7)
                raise(Urgency::emergency, points);
            else if (result.points.min >= 5)
                raise(Urgency::urgent, points);
            else if (result.alarm)
                raise(Urgency::urgent, "NEWS2: one measurement alone scores 3");
        }
    }

    void by_conditions() {
        const Ranked& primary = assessment_.primary();
        if (primary.fits())
            raise(primary.condition->urgency, "most likely: " + primary.condition->label);
        for (const Ranked& ranked : assessment_.differential.ranked)
            if (ranked.condition != nullptr && &ranked != &primary && ranked.condition->dont_miss &&
                ranked.probability >= kUrgentFrom)
                raise(ranked.condition->urgency, "not to be missed: " + ranked.condition->label);
    }

    Assessment& assessment_;
};

double estimated_share(const Ranked& ranked) {
    double weighed = 0, estimated = 0;
    for (const Reason& reason : ranked.reasons) {
        if (reason.brought) continue;
        weighed += 1;
        estimated += reason.status == Status::estimated ? 1 : 0;
    }
    return weighed == 0 ? 1 : estimated / weighed;
}

void decide_confidence(Assessment& assessment) {
    const Ranked& first = assessment.primary();
    double second = 0;
    for (const Ranked& ranked : assessment.differential.ranked)
        if (&ranked != &first) second = std::max(second, ranked.probability);
    const double gap = std::max(0.0, first.probability - second);
    const std::size_t known = assessment.intake.matched.size();
    const std::size_t missed = assessment.intake.unmatched.size();
    const double enough =
        std::min(1.0, static_cast<double>(known) / static_cast<double>(kEnoughFindings));
    const double unmatched =
        known + missed == 0 ? 0 : static_cast<double>(missed) / static_cast<double>(known + missed);
    const double estimated = estimated_share(first);
    const double confidence = (0.5 * first.probability + 0.3 * gap + 0.2 * enough) *
                              (1 - 0.3 * unmatched) * (1 - 0.2 * estimated);
    assessment.confidence = rounded(std::clamp(confidence, 0.0, 1.0), 2);
    assessment.confidence_word = assessment.confidence >= 0.6    ? "high"
                                 : assessment.confidence >= 0.35 ? "moderate"
                                                                 : "low";
    auto& reasons = assessment.confidence_reasons;
    reasons.push_back("lead over the next: " + number_text(rounded(gap, 2)));
    reasons.push_back("findings understood: " + std::to_string(known));
    if (missed > 0) reasons.push_back("not understood: " + std::to_string(missed));
    if (estimated > 0)
        reasons.push_back("weights by convention, not by a study: " +
                          number_text(rounded(100 * estimated, 0)) + " %");
}

}  // namespace

const Ranked& Assessment::primary() const {
    const auto& ranked = differential.ranked;
    const auto fits = std::ranges::find_if(
        ranked, [](const Ranked& each) { return each.condition != nullptr && each.fits(); });
    return fits != ranked.end() ? *fits : ranked[ranked[0].condition != nullptr ? 0 : 1];
}

std::vector<const Ranked*> Assessment::shown() const {
    std::vector<const Ranked*> shown;
    std::size_t likely = 0;
    for (const Ranked& ranked : differential.ranked) {
        const bool is_likely = ranked.probability >= kShownFrom && likely < kShownMax;
        const bool careful = ranked.condition != nullptr && ranked.condition->dont_miss &&
                             (ranked.flagged || ranked.probability >= kDontMissFrom);
        likely += is_likely ? 1 : 0;
        if (is_likely || careful || &ranked == &primary()) shown.push_back(&ranked);
    }
    return shown;
}

Assessment assess(const Knowledge& knowledge, const DiagnosisRequest& request, double temperature) {
    Assessment assessment;
    assessment.intake = take_in(knowledge, request);
    const Facts& facts = assessment.intake.facts;
    assessment.flags = knowledge.red_flags.raised(facts);
    assessment.differential =
        rank(knowledge, facts, request.setting, assessment.flags, temperature);
    UrgencyOf(assessment).decide(knowledge);
    decide_confidence(assessment);
    assessment.questions = next_questions(knowledge, facts, assessment.differential, kQuestionsMax);
    return assessment;
}

}  // namespace clinical
