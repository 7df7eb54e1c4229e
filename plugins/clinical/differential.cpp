#include "plugins/clinical/differential.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace clinical {
namespace {

constexpr double kAnyAge = 200;

double clamped_log(double lr) {
    return std::clamp(std::log(lr), -kLogLrMax, kLogLrMax);
}

// Ranking one condition for one patient.
class Scorer {
  public:
    Scorer(const Knowledge& knowledge, const Facts& facts, std::string_view setting,
           std::optional<std::size_t> complaint)
        : knowledge_(knowledge), facts_(facts), setting_(setting), complaint_(complaint) {}

    Ranked score(const Condition& condition) const {
        Ranked ranked;
        ranked.condition = &condition;
        ranked.prior = prior_of(condition);
        double log_prior = std::log(ranked.prior->probability);
        if (setting_ == "emergency" && ranked.prior->setting.empty() &&
            condition.urgency == Urgency::emergency)
            log_prior += std::log(kEmergencySettingFactor);
        std::vector<bool> used(facts_.findings.size(), false);
        add_composites(condition, ranked, used);
        // What the prior is conditional on is in it already.
        if (ranked.prior->complaint) used[*ranked.prior->complaint] = true;
        add_evidence(condition, ranked, used);
        add_unexplained(ranked, used);
        ranked.log_score = log_prior + weigh(ranked.reasons);
        return ranked;
    }

  private:
    bool applies(const Prior& prior) const {
        if (prior.complaint && prior.complaint != complaint_) return false;
        if (!prior.setting.empty() && prior.setting != setting_) return false;
        const auto age = facts_.value(Input::age);
        const bool all_ages = prior.age_min == 0 && prior.age_max >= kAnyAge;
        return all_ages || (age && *age >= prior.age_min && *age < prior.age_max);
    }

    // The most specific that applies: complaint, then setting, then age.
    const Prior* prior_of(const Condition& condition) const {
        const auto rank = [](const Prior& prior) {
            return (prior.complaint ? 4 : 0) + (prior.setting.empty() ? 0 : 2) +
                   (prior.age_min > 0 || prior.age_max < kAnyAge ? 1 : 0);
        };
        const Prior* best = nullptr;
        for (const Prior& prior : condition.priors)
            if (applies(prior) && (best == nullptr || rank(prior) > rank(*best))) best = &prior;
        return best == nullptr ? &condition.priors.front() : best;
    }

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
                                      .state = State::present,
                                      .lr = lr_at(points->min),
                                      .weight = 1,
                                      .unexplained = false,
                                      .group = {},
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
                 .score = std::nullopt,
                 .state = state,
                 .lr = state == State::present ? evidence.lr_pos : *evidence.lr_neg,
                 .weight = 1,
                 .unexplained = false,
                 .group = evidence.group,
                 .source = evidence.source,
                 .status = evidence.status});
        }
    }

    // Present findings that the condition says nothing of, neither of them nor of a wider or a
    // narrower one that is present.
    void add_unexplained(Ranked& ranked, const std::vector<bool>& used) const {
        std::vector<bool> covered = used;
        for (std::size_t i = 0; i < used.size(); ++i) {
            if (facts_.findings[i] != State::present) continue;
            for (const std::size_t wider : knowledge_.findings[i].implies) {
                if (used[i]) covered[wider] = true;
                if (used[wider]) covered[i] = true;
            }
        }
        for (std::size_t i = 0; i < covered.size(); ++i) {
            const Finding& finding = knowledge_.findings[i];
            if (covered[i] || facts_.findings[i] != State::present || finding.unexplained >= 1)
                continue;
            ranked.reasons.push_back({.finding = i,
                                      .score = std::nullopt,
                                      .state = State::present,
                                      .lr = finding.unexplained,
                                      .weight = 1,
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
    std::string_view setting_;
    std::optional<std::size_t> complaint_;
};

// Among the complaints that are present, the one whose causes the data knows best: with many
// conditions that have a prior for it, and priors that add up to much. Fever alone explains little
// of why people come, a sore throat nearly all.
std::optional<std::size_t> chief_complaint(const Knowledge& knowledge, const Facts& facts) {
    struct Known {
        double mass = 0;
        double conditions = 0;
        [[nodiscard]] double worth() const { return mass * conditions; }
    };
    std::map<std::size_t, Known> known;
    for (const Condition& condition : knowledge.conditions.all())
        for (const Prior& prior : condition.priors) {
            const bool general =
                prior.setting.empty() && prior.age_min == 0 && prior.age_max >= kAnyAge;
            if (!prior.complaint || !general || facts.findings[*prior.complaint] != State::present)
                continue;
            known[*prior.complaint].mass += prior.probability;
            known[*prior.complaint].conditions += 1;
        }
    std::optional<std::size_t> best;
    for (const auto& [complaint, each] : known)
        if (!best || each.worth() > known[*best].worth()) best = complaint;
    return best;
}

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
    differential.complaint = chief_complaint(knowledge, facts);
    const Scorer scorer(knowledge, facts, setting, differential.complaint);
    for (const Condition& condition : knowledge.conditions.all()) {
        if (std::string reason = why_not(condition, facts, knowledge); !reason.empty()) {
            differential.excluded.push_back({&condition, std::move(reason)});
            continue;
        }
        Ranked ranked = scorer.score(condition);
        ranked.flagged = std::ranges::any_of(flags, [&condition](const auto& raised) {
            const auto& ids = raised.flag->conditions;
            return std::ranges::find(ids, condition.id) != ids.end();
        });
        differential.ranked.push_back(std::move(ranked));
    }
    Ranked none;
    none.log_score = std::log(kUndifferentiatedPrior);
    differential.ranked.push_back(std::move(none));
    normalise(differential.ranked, temperature);
    return differential;
}

}  // namespace clinical
