#include "plugins/clinical/regimens.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace clinical {
namespace {

constexpr double kAdultMonths = 216;
constexpr double kAgeMonthsMax = 1500;
constexpr double kAmountMax = 1e6;
constexpr double kSlack = 1e-9;  // of comparisons between computed amounts

Criterion read_criterion(const Row& row, std::string_view field, std::string_view text) {
    using Kind = Criterion::Kind;
    constexpr std::pair<std::string_view, Kind> kWords[] = {{"female", Kind::female},
                                                            {"male", Kind::male},
                                                            {"pregnant", Kind::pregnant},
                                                            {"not pregnant", Kind::not_pregnant}};
    for (const auto& [word, kind] : kWords)
        if (word == text) return {.kind = kind, .years = 0, .text = std::string(text)};
    Criterion criterion{.kind = Kind::age_below, .years = 0, .text = std::string(text)};
    std::string_view digits = text;
    if (text.starts_with("age < ")) {
        digits.remove_prefix(6);
    } else if (text.starts_with("age >= ")) {
        criterion.kind = Kind::age_from;
        digits.remove_prefix(7);
    } else {
        row.refuse(field, "must be female, male, pregnant, not pregnant, age < n or age >= n");
    }
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, criterion.years);
    if (read.ec != std::errc() || read.ptr != end) row.refuse(field, "must end in a number");
    return criterion;
}

std::vector<Criterion> read_criteria(const Row& row, std::string_view field) {
    std::vector<Criterion> criteria;
    for (const std::string& text : row.texts(field))
        criteria.push_back(read_criterion(row, field, text));
    return criteria;
}

int read_count(const Row& row, std::string_view field, int absent) {
    return static_cast<int>(row.number_if(field, 1, 24).value_or(absent));
}

DoseBand read_band(const Row& row) {
    DoseBand band;
    band.from_months = row.number_if("from_months", 0, kAgeMonthsMax).value_or(kAdultMonths);
    band.to_months =
        row.number_if("to_months", band.from_months, kAgeMonthsMax).value_or(kAgeMonthsMax);
    band.weight_below = row.number_if("weight_below", 0, 300);
    band.dose = row.number_if("dose", 0, kAmountMax);
    band.dose_max = row.number_if("dose_max", 0, kAmountMax);
    band.per_kg = row.number_if("per_kg", 0, kAmountMax);
    band.per_kg_max = row.number_if("per_kg_max", 0, kAmountMax);
    band.text = row.text_or("text", "");
    if (int{band.dose.has_value()} + int{band.per_kg.has_value()} + int{!band.text.empty()} != 1)
        row.refuse("dose", "a band has exactly one of dose, per_kg and text");
    if (band.per_kg) {
        band.cap = row.number("cap", 0, kAmountMax);
        band.round = row.number("round", 0.001, 1000);
    }
    band.per_day = read_count(row, "per_day", 1);
    band.per_day_max = read_count(row, "per_day_max", band.per_day);
    band.first = row.number_if("first", 0, kAmountMax);
    band.first_per_day = read_count(row, "first_per_day", 1);
    row.done();
    return band;
}

bool over(std::optional<double> limit, double amount) {
    return limit && amount > *limit + kSlack;
}

// What the drug allows, whatever the patient.
void check_caps(const Row& row, const Drug& drug, const DoseBand& band) {
    if (!band.text.empty()) return;
    if (drug.unit.empty()) row.refuse("drug", drug.id + " has no unit and no caps for a number");
    const double dose = band.per_kg ? band.cap : band.dose_max.value_or(*band.dose);
    if (over(drug.max_dose, dose)) row.refuse("dose", "is above the max_dose of " + drug.id);
    if (over(drug.max_day, dose * band.per_day_max))
        row.refuse("dose", "makes more a day than the max_day of " + drug.id);
    if (band.first &&
        (over(drug.max_dose, *band.first) || over(drug.max_day, *band.first * band.first_per_day)))
        row.refuse("first", "is above a cap of " + drug.id);
    if (band.to_months <= kAdultMonths && over(drug.child_max_day, dose * band.per_day_max))
        row.refuse("dose", "makes more a day than the child_max_day of " + drug.id);
    if (!band.per_kg) return;
    const double per_kg = band.per_kg_max.value_or(*band.per_kg);
    if (over(drug.per_kg.max_dose, per_kg) || over(drug.per_kg.max_day, per_kg * band.per_day_max))
        row.refuse("per_kg", "is above the per_kg of " + drug.id);
}

}  // namespace

Regimens::Regimens(const DataSet& data, const Sources& sources, const Drugs& drugs) {
    read_rows(data, "plans.json", [&](const Row& row) { read_plan(row, sources, drugs); });
    read_rows(data, "regimens.json", [&](const Row& row) { read_regimen(row, sources, drugs); });
    for (std::size_t plan = 0; plan < plans_.size(); ++plan)
        if (plans_[plan].kind == Plan::Kind::treat &&
            std::ranges::find(all_, plan, &Regimen::plan) == all_.end())
            throw DataError("plans.json, " + plans_[plan].id + ": no row of regimens.json is its");
}

void Regimens::read_plan(const Row& row, const Sources& sources, const Drugs& drugs) {
    Plan plan;
    plan.id = row.id();
    if (find(plan.id)) row.refuse("id", "stands in an earlier row, too");
    plan.label = row.text("label");
    const std::string kind = row.choice("kind", {"treat", "none", "refer"});
    plan.kind = kind == "treat"  ? Plan::Kind::treat
                : kind == "none" ? Plan::Kind::none
                                 : Plan::Kind::refer;
    plan.reason = plan.kind == Plan::Kind::treat ? row.text_or("reason", "") : row.text("reason");
    plan.first_aid = row.texts("first_aid");
    if (row.has("first_aid_drug")) {
        const Row first = row.object("first_aid_drug");
        const auto drug = drugs.find(first.id("drug"));
        if (!drug) first.refuse("drug", "no drug has this id");
        plan.first_aid_drug =
            FirstAidDrug{*drug, first.number("dose", 0, kAmountMax), first.text("route")};
        if (over(drugs[*drug].max_dose, plan.first_aid_drug->dose))
            first.refuse("dose", "is above the max_dose of the drug");
        first.done();
    }
    plan.advice = row.texts("advice");
    plan.follow_up = row.text("follow_up");
    plan.when_to_return = row.text("when_to_return");
    plan.source = &sources.of(row);
    plan.status = row.status();
    bool fresh = names_.add(plan.id, plans_.size(), MatchKind::exact) &&
                 names_.add(plan.label, plans_.size(), MatchKind::synonym);
    for (const std::string& synonym : row.texts("synonyms"))
        fresh = names_.add(synonym, plans_.size(), MatchKind::synonym) && fresh;
    if (!fresh) row.refuse("synonyms", "another plan has one of its names");
    plans_.push_back(std::move(plan));
}

void Regimens::read_regimen(const Row& row, const Sources& sources, const Drugs& drugs) {
    Regimen regimen;
    const auto plan = find(row.id("condition"));
    if (!plan || plans_[*plan].kind != Plan::Kind::treat)
        row.refuse("condition", "no plan of kind treat has this id");
    regimen.plan = *plan;
    const auto drug = drugs.find(row.id("drug"));
    if (!drug) row.refuse("drug", "no drug in drugs.json has this id");
    regimen.drug = *drug;
    regimen.part = row.text_or("part", "main");
    regimen.optional = row.flag("optional");
    regimen.no_weight = row.flag("no_weight");
    regimen.line = static_cast<int>(row.number("line", 1, 9));
    regimen.guideline = row.text("guideline");
    regimen.route = row.text("route");
    for (const Row& band : row.rows("child")) regimen.bands.push_back(read_band(band));
    if (row.has("adult")) regimen.bands.push_back(read_band(row.object("adult")));
    if (regimen.bands.empty()) row.refuse("adult", "is missing, and child, too");
    for (const DoseBand& band : regimen.bands) check_caps(row, drugs[*drug], band);
    regimen.duration = row.text("duration");
    regimen.note = row.text_or("note", "");
    regimen.only_if = read_criteria(row, "if");
    regimen.not_if = read_criteria(row, "not_if");
    regimen.source = &sources.of(row);
    regimen.status = row.status();
    // Kept in order: after the last row of this plan and part that is of this line or before.
    auto place = all_.end();
    for (auto it = all_.begin(); it != all_.end(); ++it)
        if (it->plan == regimen.plan && it->part == regimen.part && it->line > regimen.line) {
            place = it;
            break;
        }
    all_.insert(place, std::move(regimen));
}

std::optional<std::size_t> Regimens::find(std::string_view id) const {
    const auto found = std::ranges::find(plans_, id, &Plan::id);
    if (found == plans_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - plans_.begin());
}

}  // namespace clinical
