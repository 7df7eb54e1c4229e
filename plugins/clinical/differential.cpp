#include "plugins/clinical/differential.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace clinical {
namespace {

double clamped_log(double lr) {
    return std::clamp(std::log(lr), -kLogLrMax, kLogLrMax);
}

// Ranking one condition for one patient.
class Scorer {
  public:
    Scorer(const Knowledge& knowledge, const Facts& facts, const Priors& priors,
           const std::vector<RedFlags::Raised>& flags)
        : knowledge_(knowledge), facts_(facts), priors_(priors), flags_(flags) {}

    Ranked score(const Condition& condition) const {
        Ranked ranked;
        ranked.condition = &condition;
        ranked.prior = priors_.of(condition);
        std::vector<bool> used(facts_.findings.size(), false);
        add_composites(condition, ranked, used);
        // What the prior is conditional on is in it already.
        if (ranked.prior.of_complaint) used[*priors_.complaint()] = true;
        add_evidence(condition, ranked, used);
        add_flag(condition, ranked);
        add_unexplained(ranked, used, kUnexplained);
        ranked.log_score = std::log(ranked.prior.probability) + weigh(ranked.reasons);
        return ranked;
    }

    // None of the conditions known here.
    Ranked undifferentiated() const {
        Ranked ranked;
        std::vector<bool> used(facts_.findings.size(), false);
        if (priors_.complaint()) used[*priors_.complaint()] = true;
        add_unexplained(ranked, used, kPartlyExplained);
        ranked.log_score =
            std::log(std::max(kUndifferentiatedPrior, priors_.rest())) + weigh(ranked.reasons);
        return ranked;
    }

  private:
    void add_composites(const Condition& condition, Ranked& ranked, std::vector<bool>& used) const {
        for (const Composite& composite : condition.composites) {
            const auto& points = facts_.scores[composite.score];
            if (!points) continue;
            const auto lr_at = [&](double value) {
                for (const Composite::Band& band : composite.bands)
                    if (value >= band.from) return band.lr;
                return composite.bands.back().lr;
            };
            // A range that spans two bands says nothing as a whole: then the parts speak.
            if (lr_at(points->min) != lr_at(points->max)) continue;
            ranked.reasons.push_back({.finding = std::nullopt,
                                      .score = composite.score,
                                      .lr = lr_at(points->min),
                                      .source = composite.source,
                                      .status = composite.status});
            for (const std::size_t part : composite.replaces) used[part] = true;
        }
    }

    void add_evidence(const Condition& condition, Ranked& ranked, std::vector<bool>& used) const {
        for (const Evidence& evidence : condition.evidence) {
            const bool replaced = used[evidence.finding];
            used[evidence.finding] = true;
            const State state = facts_.findings[evidence.finding];
            if (replaced || state == State::unknown) continue;
            if (state == State::absent && !evidence.lr_neg) continue;
            ranked.reasons.push_back(
                {.finding = evidence.finding,
                 .state = state,
                 .lr = state == State::present ? evidence.lr_pos : *evidence.lr_neg,
                 .brought = evidence.brought,
                 .group = evidence.group,
                 .source = evidence.source,
                 .evidence = &evidence,
                 .status = evidence.status});
        }
    }

    // One at most: flags overlap.
    void add_flag(const Condition& condition, Ranked& ranked) const {
        const auto names_it = [&condition](const RedFlags::Raised& raised) {
            const auto& ids = raised.flag->conditions;
            return std::ranges::find(ids, condition.id) != ids.end();
        };
        const auto raised = std::ranges::find_if(flags_, names_it);
        if (raised == flags_.end()) return;
        ranked.flagged = true;
        ranked.reasons.push_back({.finding = std::nullopt,
                                  .flag = raised->flag,
                                  .lr = kRedFlagLr,
                                  .source = raised->flag->source,
                                  .status = Status::estimated});
    }

    // Present findings that the condition says nothing of. A narrower one speaks for those that it
    // entails; it is explained in part where one of these is.
    void add_unexplained(Ranked& ranked, const std::vector<bool>& used, double lr) const {
        std::vector<double> lrs(used.size(), lr);
        for (std::size_t i = 0; i < used.size(); ++i) {
            const Finding& finding = knowledge_.findings[i];
            const bool weightless = finding.common || finding.type == Finding::Type::risk;
            if (used[i] || weightless) lrs[i] = 1;
            if (facts_.findings[i] != State::present) continue;
            for (const std::size_t wider : finding.implies) {
                if (used[wider]) lrs[i] = std::max(lrs[i], kPartlyExplained);
                if (used[i] || !weightless) lrs[wider] = 1;  // the same thing, and counts once
            }
        }
        for (std::size_t i = 0; i < lrs.size(); ++i) {
            const Finding& finding = knowledge_.findings[i];
            if (lrs[i] >= 1 || facts_.findings[i] != State::present) continue;
            ranked.reasons.push_back({.finding = i,
                                      .lr = lrs[i],
                                      .unexplained = true,
                                      .group = finding.group,
                                      .source = finding.source,
                                      .status = Status::estimated});
        }
    }

    // Sorts the reasons, strongest first, halves the dependent ones and adds up.
    double weigh(std::vector<Reason>& reasons) const {
        std::ranges::stable_sort(reasons, std::ranges::greater(), [](const Reason& reason) {
            return std::abs(clamped_log(reason.lr));
        });
        std::map<std::string, int> seen;
        double sum = 0;
        for (Reason& reason : reasons) {
            if (!reason.group.empty() && seen[reason.group]++ > 0) reason.weight = kDependentWeight;
            const double log = clamped_log(reason.lr);
            reason.lr = std::exp(log);
            sum += reason.weight * log;
        }
        return sum;
    }

    const Knowledge& knowledge_;
    const Facts& facts_;
    const Priors& priors_;
    const std::vector<RedFlags::Raised>& flags_;
};

std::string why_not(const Condition& condition, const Facts& facts, const Knowledge& knowledge) {
    const auto age = facts.value(Input::age);
    if (age && *age < condition.age_min) return "below the age at which it occurs";
    if (age && *age >= condition.age_max) return "above the age at which it occurs";
    const State female = facts.findings[*knowledge.findings.find("female")];
    if (condition.sex == "female" && female == State::absent) return "occurs in women";
    if (condition.sex == "male" && female == State::present) return "occurs in men";
    if (!condition.needs.empty() && holds(condition.needs, facts) == State::absent)
        return "needs: " + condition.needs.front().text;
    return {};
}

}  // namespace

void normalise(std::vector<Ranked>& ranked, double temperature) {
    double top = -1e300;
    for (const Ranked& each : ranked) top = std::max(top, each.log_score / temperature);
    double sum = 0;
    for (Ranked& each : ranked) {
        each.probability = std::exp(each.log_score / temperature - top);
        sum += each.probability;
    }
    for (Ranked& each : ranked) each.probability /= sum;
    std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
        if (a.probability != b.probability) return a.probability > b.probability;
        if (a.condition == nullptr || b.condition == nullptr) return a.condition != nullptr;
        return a.condition->id < b.condition->id;
    });
}

Differential rank(const Knowledge& knowledge, const Facts& facts, std::string_view setting,
                  const std::vector<RedFlags::Raised>& flags, double temperature) {
    Differential differential;
    std::vector<const Condition*> possible;
    for (const Condition& condition : knowledge.conditions.all()) {
        std::string reason = why_not(condition, facts, knowledge);
        if (reason.empty())
            possible.push_back(&condition);
        else
            differential.excluded.push_back({&condition, std::move(reason)});
    }
    const Priors priors(knowledge, facts, setting, possible);
    differential.complaint = priors.complaint();
    const Scorer scorer(knowledge, facts, priors, flags);
    for (const Condition* each : possible) {
        const Condition& condition = *each;
        Ranked ranked = scorer.score(condition);
        differential.ranked.push_back(std::move(ranked));
    }
    differential.ranked.push_back(scorer.undifferentiated());
    normalise(differential.ranked, temperature);
    return differential;
}

}  // namespace clinical
