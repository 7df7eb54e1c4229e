#include "plugins/clinical/suitability.hpp"

#include <algorithm>
#include <array>

#include "plugins/clinical/amount.hpp"

namespace clinical {
namespace {

constexpr double kBeersAge = 65;

struct WeightRange {
    double below_age;
    double min;
    double max;
};
// Far outside of what is seen at an age: a slip of the pen, not a child to be given a dose.
constexpr std::array<WeightRange, 5> kWeightRanges{
    {{1.0 / 12, 0.5, 7}, {1, 1.5, 16}, {5, 4, 45}, {12, 9, 120}, {18, 18, 250}}};
constexpr double kAdultWeightMin = 25;

void judge_age(const Drug& drug, const Patient& patient, Suitability& result) {
    if (patient.age < drug.age_min)
        result.against.push_back("age: not under " + age_text(drug.age_min));
    if (patient.age >= kBeersAge && !drug.beers.empty())
        result.cautions.push_back("65 or over (Beers): " + drug.beers);
}

void judge_kidneys(const Drug& drug, const Patient& patient, Suitability& result) {
    if (drug.renal.empty() && !drug.needs_egfr) return;
    if (!patient.egfr) {
        const std::string limit =
            drug.renal.empty() ? ""
                               : " (limits below " + amount_text(drug.renal.back().below) + ")";
        if (drug.needs_egfr)
            result.against.push_back("needs eGFR, which was not given" + limit);
        else
            result.confirm.push_back("eGFR was not given" + limit);
        return;
    }
    const auto limit = std::ranges::find_if(
        drug.renal, [&](const RenalLimit& row) { return *patient.egfr < row.below; });
    if (limit == drug.renal.end()) return;
    const std::string text = "eGFR below " + amount_text(limit->below) + ": " + limit->text;
    if (limit->action == Action::avoid) {
        result.against.push_back(text);
        return;
    }
    result.cautions.push_back(text);
    result.factor = limit->factor;
    result.per_day = limit->per_day;
    result.max_day = limit->max_day;
}

void judge_liver(const Drug& drug, const Patient& patient, Suitability& result) {
    if (drug.hepatic.empty()) return;
    if (!patient.hepatic) {
        result.confirm.emplace_back("liver disease was not stated");
        return;
    }
    const HepaticLimit* worst = nullptr;
    for (const HepaticLimit& limit : drug.hepatic)
        if (*patient.hepatic >= limit.from && (worst == nullptr || limit.action > worst->action))
            worst = &limit;
    if (worst == nullptr) return;
    const std::string text = "liver disease: " + worst->text;
    (worst->action == Action::avoid ? result.against : result.cautions).push_back(text);
}

void judge_pregnancy(const Drug& drug, const Patient& patient, Suitability& result) {
    if (drug.pregnancy.empty() || !patient.may_be_pregnant()) return;
    for (const PregnancyLimit& limit : drug.pregnancy) {
        // Without weeks, every week is meant.
        if (patient.weeks && (*patient.weeks < limit.from_week || *patient.weeks >= limit.to_week))
            continue;
        const std::string text = "pregnancy: " + limit.text;
        if (!patient.pregnant)
            result.confirm.push_back("pregnancy was not stated (" + limit.text + ")");
        else if (limit.action == Action::avoid)
            result.against.push_back(text);
        else
            result.cautions.push_back(text);
    }
}

Met met_of(bool holds) {
    return holds ? Met::yes : Met::no;
}

}  // namespace

Suitability judge(const Drug& drug, const Patient& patient) {
    Suitability result;
    judge_age(drug, patient, result);
    judge_kidneys(drug, patient, result);
    judge_liver(drug, patient, result);
    judge_pregnancy(drug, patient, result);
    return result;
}

Met met(const Criterion& criterion, const Patient& patient) {
    using Kind = Criterion::Kind;
    switch (criterion.kind) {
        case Kind::female:
        case Kind::male:
            if (!patient.female) return Met::unknown;
            return met_of(*patient.female == (criterion.kind == Kind::female));
        case Kind::pregnant:
        case Kind::not_pregnant:
            if (!patient.pregnant && patient.may_be_pregnant()) return Met::unknown;
            return met_of(patient.may_be_pregnant() == (criterion.kind == Kind::pregnant));
        case Kind::age_below:
            return met_of(patient.age < criterion.years);
        case Kind::age_from:
            break;
    }
    return met_of(patient.age >= criterion.years);
}

bool weight_fits_age(double age, double weight) {
    for (const WeightRange& range : kWeightRanges)
        if (age < range.below_age) return weight >= range.min && weight <= range.max;
    return weight >= kAdultWeightMin;
}

}  // namespace clinical
