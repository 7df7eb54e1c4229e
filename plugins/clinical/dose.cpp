#include "plugins/clinical/dose.hpp"

#include <algorithm>

#include "plugins/clinical/amount.hpp"

namespace clinical {
namespace {

constexpr double kSlack = 1e-6;
// A fixed dose that a cap reduces is rounded down: a child's to what a syringe measures, an adult's
// to half a tablet.
constexpr double kChildStep = 5;
constexpr double kAdultStep = 250;
constexpr double kLightAdultKg = 50;  // below, the cap by weight holds for an adult's single dose
constexpr double kMonthsSlack = 1e-6;

const DoseBand* band_for(const Regimen& regimen, const Patient& patient) {
    const double months = patient.age * 12 + kMonthsSlack;
    for (const DoseBand& band : regimen.bands)
        if (months >= band.from_months && months < band.to_months &&
            (!band.weight_below || (patient.weight && *patient.weight < *band.weight_below)))
            return &band;
    return nullptr;
}

void lower_to(std::optional<double>& cap, std::optional<double> limit) {
    if (limit) cap = cap ? std::min(*cap, *limit) : *limit;
}

// The caps of this patient: those of the drug, of the kidneys, and by weight where that counts.
void set_caps(const Drug& drug, const Patient& patient, const Suitability& limits,
              const DoseBand& band, Dose& dose) {
    lower_to(dose.cap_dose, drug.max_dose);
    lower_to(dose.cap_day, drug.max_day);
    lower_to(dose.cap_day, limits.max_day);
    if (band.per_kg) lower_to(dose.cap_dose, band.cap);
    if (!patient.adult()) lower_to(dose.cap_day, drug.child_max_day);
    if (!patient.weight || (patient.adult() && !drug.per_kg.all_ages)) return;
    if (drug.per_kg.max_dose && (!patient.adult() || *patient.weight < kLightAdultKg))
        lower_to(dose.cap_dose, *drug.per_kg.max_dose * *patient.weight);
    if (drug.per_kg.max_day) lower_to(dose.cap_day, *drug.per_kg.max_day * *patient.weight);
}

std::expected<void, std::string> by_weight(const DoseBand& band, const Drug& drug,
                                           const Patient& patient, Dose& dose) {
    if (!patient.weight) return std::unexpected("needs the weight, which was not given");
    dose.per_kg_low = band.per_kg;
    dose.per_kg_high = band.per_kg_max.value_or(*band.per_kg);
    const auto amount = [&](double per_kg) {
        return round_down(std::min(per_kg * *patient.weight, *dose.cap_dose), band.round);
    };
    dose.low = amount(*dose.per_kg_low);
    dose.high = amount(*dose.per_kg_high);
    if (*dose.per_kg_high * *patient.weight > *dose.cap_dose)
        dose.notes.push_back("not over " + amount_text(*dose.cap_dose) + " " + drug.unit +
                             ", whatever the weight");
    return {};
}

void by_kidneys(const Suitability& limits, Dose& dose) {
    if (limits.factor < 1) {
        dose.low *= limits.factor;
        dose.high *= limits.factor;
        if (dose.first) *dose.first *= limits.factor;
    }
    if (limits.per_day) {
        dose.per_day = std::min(dose.per_day, *limits.per_day);
        dose.per_day_max = std::min(dose.per_day_max, *limits.per_day);
    }
}

// Lowers the dose to `limit`: within its range, or below it for what adults and children alike take
// by weight. False: it cannot be.
bool lower_dose(const Drug& drug, double limit, double step, Dose& dose) {
    if (dose.high <= limit + kSlack) return true;
    const double rounded_limit = round_down(limit, step);
    if (limit + kSlack >= dose.low)
        dose.high = std::max(dose.low, rounded_limit);
    else if (drug.per_kg.all_ages)
        dose.low = dose.high = rounded_limit;
    else
        return false;
    dose.notes.emplace_back("reduced to stay within the cap");
    return true;
}

// Brings what is above a cap below it: first a single dose, then how often it may be repeated, then
// the dose again.
std::expected<void, std::string> keep_caps(const Drug& drug, double step, Dose& dose) {
    const char* const kAbove = "the usual dose is above the cap for this weight or eGFR";
    if (dose.cap_dose && !lower_dose(drug, *dose.cap_dose, step, dose))
        return std::unexpected(kAbove);
    if (dose.cap_day) {
        while (dose.day_max() > *dose.cap_day + kSlack && dose.per_day_max > dose.per_day)
            --dose.per_day_max;
        if (!lower_dose(drug, *dose.cap_day / dose.per_day_max, step, dose))
            return std::unexpected(kAbove);
    }
    if (dose.first && ((dose.cap_dose && *dose.first > *dose.cap_dose + kSlack) ||
                       (dose.cap_day && *dose.first * dose.first_per_day > *dose.cap_day + kSlack)))
        return std::unexpected("the first dose is above the cap for this weight or eGFR");
    if (dose.low <= 0) return std::unexpected("the dose by weight is too small to measure");
    return {};
}

}  // namespace

std::expected<Dose, std::string> dose_for(const Regimen& regimen, const Drug& drug,
                                          const Patient& patient, const Suitability& limits) {
    const bool systemic = !drug.unit.empty();
    if (!patient.adult() && systemic && !regimen.no_weight && !patient.weight)
        return std::unexpected("needs the child's weight, which was not given");
    const DoseBand* band = band_for(regimen, patient);
    if (band == nullptr) return std::unexpected("no dose for this age in this list");
    Dose dose{.text = band->text,
              .per_day = band->per_day,
              .per_day_max = band->per_day_max,
              .first = band->first,
              .first_per_day = band->first_per_day};
    if (!dose.text.empty()) return dose;
    set_caps(drug, patient, limits, *band, dose);
    if (band->per_kg) {
        if (auto found = by_weight(*band, drug, patient, dose); !found)
            return std::unexpected(found.error());
    } else {
        dose.low = *band->dose;
        dose.high = band->dose_max.value_or(dose.low);
    }
    by_kidneys(limits, dose);
    if (auto kept = keep_caps(drug, patient.adult() ? kAdultStep : kChildStep, dose); !kept)
        return std::unexpected(kept.error());
    return dose;
}

}  // namespace clinical
