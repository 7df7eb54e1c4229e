#include "plugins/clinical/priors.hpp"

#include <algorithm>

namespace clinical {
namespace {

constexpr double kAnyAge = 200;
constexpr double kLifeYears = 85;              // all ages count alike where the age is not known
constexpr double kEmergencySettingFactor = 3;  // of emergencies, among emergency patients
// A complaint whose published shares add up to this is known well.
constexpr double kKnownWell = 0.5;
// Of those whom no published share counts, as many have a condition that is known here. A
// convention, fitted on the development cases.
constexpr double kCovered = 0.5;
// Shares come from several studies and may add up to more than all: so much is left for the others.
constexpr double kRestMin = 0.05;

bool all_ages(const Prior& prior) {
    return prior.age_min == 0 && prior.age_max >= kAnyAge;
}

}  // namespace

bool Priors::Known::well() const {
    return shares >= kKnownWell;
}

double Priors::Known::others_scale() const {
    if (others == 0) return 0;
    const double left = std::max(kRestMin, kCovered * (1 - shares));
    const double by_shares = shared > 0 ? shares / shared : left / others;
    return std::min(by_shares, left / others);
}

Priors::Priors(const Knowledge& knowledge, const Facts& facts, std::string_view setting,
               const std::vector<const Condition*>& possible)
    : knowledge_(knowledge), facts_(facts), setting_(setting) {
    const std::optional<Known> known = chief(possible);
    if (!known) return;
    complaint_ = known->complaint;
    scale_ = known->others_scale();
    rest_ = std::max(0.0, 1 - known->shares - known->others * scale_);
}

Priors::Of Priors::of(const Condition& condition) const {
    const Prior* general = best(condition, std::nullopt);
    const Of by_frequency{general, frequency(condition), false, general->status};
    if (!complaint_) return by_frequency;
    if (const Prior* share = best(condition, complaint_))
        return {share, share->probability, true, share->status};
    const double part = comes_with(condition, *complaint_);
    if (part == 0) return by_frequency;
    return {general, part * scale_, true, Status::estimated};
}

Priors::Known Priors::known(std::size_t complaint,
                            const std::vector<const Condition*>& possible) const {
    Known known{.complaint = complaint};
    for (const Condition* condition : possible) {
        const double part = comes_with(*condition, complaint);
        if (const Prior* share = best(*condition, complaint)) {
            ++known.published;
            known.shares += share->probability;
            known.shared += part;
        } else {
            known.others += part;
        }
    }
    return known;
}

std::optional<Priors::Known> Priors::chief(const std::vector<const Condition*>& possible) const {
    std::optional<Known> best;
    for (std::size_t i = 0; i < facts_.findings.size(); ++i) {
        if (facts_.findings[i] != State::present || !knowledge_.findings[i].complaint) continue;
        // An exposure that is a complaint decides what else is thought of.
        const bool exposure = knowledge_.findings[i].type == Finding::Type::risk;
        const Known each = known(i, possible);
        if ((each.well() || exposure) && (!best || exposure || each.published > best->published))
            best = each;
    }
    if (best) return best;
    for (const std::size_t named : facts_.named) {
        if (knowledge_.findings[named].complaint) return known(named, possible);
        for (const std::size_t wider : knowledge_.findings[named].implies)
            if (knowledge_.findings[wider].complaint) return known(wider, possible);
    }
    for (std::size_t i = 0; i < facts_.findings.size(); ++i)
        if (facts_.findings[i] == State::present && knowledge_.findings[i].complaint)
            return known(i, possible);
    return std::nullopt;
}

// The most specific that applies: setting, then age. Without a complaint there is always one.
const Prior* Priors::best(const Condition& condition, std::optional<std::size_t> complaint) const {
    const auto age = facts_.value(Input::age);
    const auto applies = [&](const Prior& prior) {
        if (!prior.setting.empty() && prior.setting != setting_) return false;
        return all_ages(prior) || (age && *age >= prior.age_min && *age < prior.age_max);
    };
    const auto rank = [](const Prior& prior) {
        return (prior.setting.empty() ? 0 : 2) + (all_ages(prior) ? 0 : 1);
    };
    const Prior* best = nullptr;
    const Prior* first = nullptr;
    for (const Prior& prior : condition.priors) {
        if (prior.complaint != complaint) continue;
        if (first == nullptr) first = &prior;
        if (applies(prior) && (best == nullptr || rank(prior) > rank(*best))) best = &prior;
    }
    return best != nullptr || complaint ? best : first;
}

double Priors::frequency(const Condition& condition) const {
    const Prior& prior = *best(condition, std::nullopt);
    const bool rarer_elsewhere =
        setting_ == "emergency" && prior.setting.empty() && condition.urgency == Urgency::emergency;
    return prior.probability * (rarer_elsewhere ? kEmergencySettingFactor : 1) *
           ages_share(condition);
}

// Of people of unknown age, those of an age at which the condition occurs.
double Priors::ages_share(const Condition& condition) const {
    if (facts_.value(Input::age)) return 1;
    return (std::min(condition.age_max, kLifeYears) - condition.age_min) / kLifeYears;
}

// Of all who come, those with this condition and this complaint; 0: it does not bring it.
double Priors::comes_with(const Condition& condition, std::size_t complaint) const {
    if (condition.about(complaint) == nullptr) return 0;
    return frequency(condition) * rate(condition, knowledge_.findings[complaint], complaint);
}

}  // namespace clinical
