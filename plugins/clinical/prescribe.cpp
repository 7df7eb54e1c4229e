#include "plugins/clinical/prescribe.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "plugins/clinical/amount.hpp"

namespace clinical {
namespace {

constexpr std::size_t kNearest = 5;

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
    return all;
}

class Prescriber {
  public:
    Prescriber(const Formulary& formulary, const PrescriptionRequest& request)
        : formulary_(formulary), request_(request) {}

    Prescription run() {
        result_.allergies = check_allergies(formulary_, request_.allergies);
        result_.taken = find_medicines(formulary_, request_.medications);
        const auto found = formulary_.regimens.names().find(request_.diagnosis);
        if (found) {
            result_.plan = &formulary_.regimens.plans()[found->index];
            answer(found->index);
        } else {
            refer("this list does not know the diagnosis \"" + request_.diagnosis + "\"");
            result_.referral->nearest =
                formulary_.regimens.names().nearest(request_.diagnosis, kNearest);
        }
        if (result_.referral) result_.proposals.clear();
        find_pairs();
        return std::move(result_);
    }

  private:
    void answer(std::size_t plan) {
        const Patient& patient = request_.patient;
        if (result_.plan->kind != Plan::Kind::treat) {
            if (result_.plan->kind == Plan::Kind::refer) refer(result_.plan->reason);
            return;
        }
        if (patient.weight && !weight_fits_age(patient.age, *patient.weight))
            return refer("weight and age do not fit together: check both");
        if (result_.allergies.incomplete())
            return refer("an allergy is not known here, so that no drug can be called clear of it");
        std::vector<std::string> parts;
        for (const Regimen& regimen : formulary_.regimens.all())
            if (regimen.plan == plan && std::ranges::find(parts, regimen.part) == parts.end())
                parts.push_back(regimen.part);
        for (const std::string& part : parts) {
            choose(plan, part);
            if (result_.referral) return;
        }
        if (result_.proposals.empty()) refer("no regimen in this list is for this patient");
    }

    void refer(std::string reason) {
        result_.referral = Referral{.reason = std::move(reason),
                                    .first_aid = {},
                                    .rejected = {},
                                    .needed = {},
                                    .nearest = {}};
        if (result_.plan == nullptr) return;
        result_.referral->first_aid = result_.plan->first_aid;
        if (result_.plan->first_aid_drug) add_first_aid(*result_.plan->first_aid_drug);
    }

    // The one drug of first aid passes what every other passes.
    void add_first_aid(const FirstAidDrug& first) {
        const Drug& drug = formulary_.drugs[first.drug];
        std::vector<std::string> against = judge(drug, request_.patient).against;
        if (const std::string& allergy = result_.allergies.block_reason[first.drug];
            !allergy.empty())
            against.push_back(allergy);
        if (result_.allergies.incomplete()) against.emplace_back("an allergy is not known here");
        if (std::string clash = clash_of(first.drug); !clash.empty()) against.push_back(clash);
        if (against.empty())
            result_.referral->first_aid.push_back(drug.label + " " + amount_text(first.dose) + " " +
                                                  drug.unit + " once, " + first.route +
                                                  ", unless already taken");
        else
            result_.referral->rejected.push_back({drug.label, joined(against)});
    }

    void choose(std::size_t plan, const std::string& part) {
        std::vector<Rejected> rejected;
        bool optional = true;
        bool considered = false;
        for (const Regimen& regimen : formulary_.regimens.all()) {
            if (regimen.plan != plan || regimen.part != part) continue;
            optional = optional && regimen.optional;
            const std::string& label = formulary_.drugs[regimen.drug].label;
            const Met applies = applies_to(regimen);
            if (applies == Met::no) continue;
            considered = true;
            if (applies == Met::unknown) {
                rejected.push_back({label, "depends on the sex, which was not given"});
                continue;
            }
            Proposal proposal{.regimen = &regimen, .dose = {}};
            const std::string against = consider(regimen, proposal);
            if (against.empty()) {
                proposal.rejected = std::move(rejected);
                result_.proposals.push_back(std::move(proposal));
                return;
            }
            turned_down_.insert(regimen.drug);
            rejected.push_back({label, against});
        }
        if (optional) {
            std::ranges::move(rejected, std::back_inserter(result_.left_out));
            return;
        }
        refer(considered ? "no safe candidate in this list"
                         : "no regimen in this list is for this patient");
        Referral& referral = *result_.referral;
        std::ranges::move(rejected, std::back_inserter(referral.rejected));
        const auto mentions = [&](std::string_view text) {
            return std::ranges::any_of(referral.rejected, [&](const Rejected& one) {
                return one.reason.find(text) != std::string::npos;
            });
        };
        for (const auto& [text, field] : {std::pair{"weight, which", "patient_info.weight"},
                                          std::pair{"sex, which", "patient_info.sex"},
                                          std::pair{"eGFR, which", "patient_info.egfr"}})
            if (mentions(text)) referral.needed.emplace_back(field);
    }

    // Pregnancy that nobody stated keeps nothing from being considered: it is asked for.
    Met applies_to(const Regimen& regimen) const {
        Met all = Met::yes;
        for (const Criterion& criterion : regimen.not_if)
            if (met(criterion, request_.patient) == Met::yes) return Met::no;
        for (const Criterion& criterion : regimen.only_if) {
            const Met one = met(criterion, request_.patient);
            if (one == Met::no) return Met::no;
            if (one == Met::yes || criterion.kind == Criterion::Kind::not_pregnant) continue;
            if (criterion.kind == Criterion::Kind::pregnant) return Met::no;
            all = Met::unknown;
        }
        return all;
    }

    // Fills `proposal`; returns why not, or nothing.
    std::string consider(const Regimen& regimen, Proposal& proposal) const {
        const Drug& drug = formulary_.drugs[regimen.drug];
        Suitability suits = judge(drug, request_.patient);
        std::vector<std::string> against = std::move(suits.against);
        if (const std::string& allergy = result_.allergies.block_reason[regimen.drug];
            !allergy.empty())
            against.push_back(allergy);
        if (std::string clash = clash_of(regimen.drug); !clash.empty()) against.push_back(clash);
        auto dose = dose_for(regimen, drug, request_.patient, suits);
        if (!dose) against.push_back(dose.error());
        if (!against.empty()) return joined(against);
        proposal.dose = std::move(*dose);
        proposal.cautions = std::move(suits.cautions);
        proposal.confirm = std::move(suits.confirm);
        if (const std::string& warning = result_.allergies.warn_reason[regimen.drug];
            !warning.empty())
            proposal.cautions.push_back(warning);
        const auto asks = [](const Criterion& criterion) {
            return criterion.kind == Criterion::Kind::not_pregnant;
        };
        if (!request_.patient.pregnant && request_.patient.may_be_pregnant() &&
            std::ranges::any_of(regimen.only_if, asks))
            proposal.confirm.emplace_back("pregnancy was not stated");
        return {};
    }

    // A major interaction or a duplicate with what is taken, or proposed already.
    std::string clash_of(std::size_t drug) const {
        const Medicine mine = medicine_of(formulary_, drug);
        std::string clash;
        const auto look = [&](const Medicine& other) {
            const std::string same = duplicate_of(formulary_.drugs, mine, other);
            if (!same.empty()) clash = "taken already: " + other.label + " (" + same + ")";
            const Interaction* rule = formulary_.interactions.between(mine, other);
            if (clash.empty() && rule != nullptr && rule->severity >= Severity::major)
                clash = std::string(name(rule->severity)) + " interaction with " + other.label +
                        ": " + rule->mechanism;
            return !clash.empty();
        };
        for (const TakenMedicine& taken : result_.taken)
            for (const Medicine& medicine : taken.medicines)
                if (look(medicine)) return clash;
        for (const Proposal& proposal : result_.proposals)
            if (look(medicine_of(formulary_, proposal.regimen->drug))) return clash;
        return clash;
    }

    void find_pairs() {
        std::vector<std::pair<Medicine, bool>> all;  // and whether it is proposed
        for (const Proposal& proposal : result_.proposals)
            all.emplace_back(medicine_of(formulary_, proposal.regimen->drug), true);
        for (const TakenMedicine& taken : result_.taken)
            for (const Medicine& medicine : taken.medicines) all.emplace_back(medicine, false);
        for (std::size_t i = 0; i < all.size(); ++i)
            for (std::size_t j = i + 1; j < all.size(); ++j)
                note_pair(all[i].first, all[j].first,
                          all[j].second   ? "proposed"
                          : all[i].second ? "proposed and current"
                                          : "current");
        // Why a candidate was turned down, in full.
        for (const std::size_t drug : turned_down_)
            for (const TakenMedicine& taken : result_.taken)
                for (const Medicine& medicine : taken.medicines)
                    note_pair(medicine_of(formulary_, drug), medicine, "turned down and current");
        std::ranges::stable_sort(result_.interactions, std::greater(),
                                 [](const auto& found) { return found.rule->severity; });
    }

    void note_pair(const Medicine& one, const Medicine& other, const char* between) {
        if (const Interaction* rule = formulary_.interactions.between(one, other))
            result_.interactions.push_back({rule, one.label, other.label, between});
        if (std::string why = duplicate_of(formulary_.drugs, one, other); !why.empty())
            result_.duplicates.push_back({one.label, other.label, std::move(why)});
    }

    const Formulary& formulary_;
    const PrescriptionRequest& request_;
    Prescription result_;
    std::set<std::size_t> turned_down_;  // drugs
};

}  // namespace

Prescription prescribe(const Formulary& formulary, const PrescriptionRequest& request) {
    return Prescriber(formulary, request).run();
}

}  // namespace clinical
