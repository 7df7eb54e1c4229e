#include "plugins/clinical/drugs.hpp"

#include <algorithm>
#include <utility>

namespace clinical {
namespace {

constexpr double kAmountMax = 1e6;

Action read_action(const Row& row, bool may_reduce) {
    const std::string action = may_reduce ? row.choice("action", {"caution", "reduce", "avoid"})
                                          : row.choice("action", {"caution", "avoid"});
    if (action == "avoid") return Action::avoid;
    return action == "reduce" ? Action::reduce : Action::caution;
}

RenalLimit read_renal(const Row& row) {
    RenalLimit limit{.below = row.number("below", 1, 130), .action = read_action(row, true)};
    limit.factor = row.number_if("factor", 0.05, 1).value_or(1);
    if (const auto per_day = row.number_if("per_day", 1, 24))
        limit.per_day = static_cast<int>(*per_day);
    limit.max_day = row.number_if("max_day", 0, kAmountMax);
    limit.text = row.text("text");
    if (limit.action == Action::reduce && limit.factor == 1 && !limit.per_day && !limit.max_day)
        row.refuse("action", "reduce needs factor, per_day or max_day");
    row.done();
    return limit;
}

HepaticLimit read_hepatic(const Row& row) {
    const std::string from = row.choice("from", {"mild", "moderate", "severe"});
    HepaticLimit limit{.from = from == "mild"       ? Hepatic::mild
                               : from == "moderate" ? Hepatic::moderate
                                                    : Hepatic::severe,
                       .action = read_action(row, false),
                       .text = row.text("text")};
    row.done();
    return limit;
}

PregnancyLimit read_pregnancy(const Row& row) {
    PregnancyLimit limit;
    limit.action = read_action(row, false);
    limit.from_week = row.number_if("from_week", 0, 45).value_or(0);
    limit.to_week = row.number_if("to_week", limit.from_week, 45).value_or(45);
    limit.text = row.text("text");
    row.done();
    return limit;
}

Monitoring read_monitoring(const Row& row) {
    Monitoring monitoring{row.text("what"), row.text("when"), row.text("why")};
    row.done();
    return monitoring;
}

void read_limits(const Row& row, Drug& drug) {
    drug.unit = row.text_or("unit", "");
    drug.max_dose = row.number_if("max_dose", 0, kAmountMax);
    drug.max_day = row.number_if("max_day", 0, kAmountMax);
    drug.child_max_day = row.number_if("child_max_day", 0, kAmountMax);
    if (!drug.unit.empty() && (!drug.max_dose || !drug.max_day))
        row.refuse("max_day", "a drug with a unit needs max_dose and max_day");
    if (row.has("per_kg")) {
        const Row per_kg = row.object("per_kg");
        drug.per_kg = {.max_dose = per_kg.number_if("max_dose", 0, kAmountMax),
                       .max_day = per_kg.number_if("max_day", 0, kAmountMax),
                       .all_ages = per_kg.flag("all_ages")};
        per_kg.done();
    }
    drug.age_min = row.number_if("age_min", 0, 21).value_or(0);
    drug.needs_egfr = row.flag("needs_egfr");
    for (const Row& limit : row.rows("renal")) drug.renal.push_back(read_renal(limit));
    std::ranges::sort(drug.renal, {}, &RenalLimit::below);
    for (const Row& limit : row.rows("hepatic")) drug.hepatic.push_back(read_hepatic(limit));
    for (const Row& limit : row.rows("pregnancy")) drug.pregnancy.push_back(read_pregnancy(limit));
    for (const Row& item : row.rows("monitor")) drug.monitor.push_back(read_monitoring(item));
}

template <typename Item>
std::optional<std::size_t> index_of(const std::vector<Item>& items, std::string_view id) {
    const auto found = std::ranges::find(items, id, &Item::id);
    if (found == items.end()) return std::nullopt;
    return static_cast<std::size_t>(found - items.begin());
}

// All the names under which `row` is to be found.
void add_names(const Row& row, NameIndex& names, std::size_t index, const std::string& id,
               const std::string& label) {
    bool fresh =
        names.add(id, index, MatchKind::exact) && names.add(label, index, MatchKind::synonym);
    for (const std::string& synonym : row.texts("synonyms"))
        fresh = names.add(synonym, index, MatchKind::synonym) && fresh;
    if (!fresh) row.refuse("synonyms", "another row has one of its names");
}

}  // namespace

Drugs::Drugs(const DataSet& data, const Sources& sources, const AllergyGroups& groups) {
    read_rows(data, "drug_classes.json", [&](const Row& row) { read_class(row, sources); });
    read_rows(data, "drugs.json", [&](const Row& row) { read_drug(row, sources, groups); });
}

void Drugs::read_class(const Row& row, const Sources& sources) {
    DrugClass drug_class{
        .id = row.id(), .label = row.text("label"), .duplicate = row.flag("duplicate")};
    static_cast<void>(sources.of(row));
    static_cast<void>(row.status());
    if (find_class(drug_class.id)) row.refuse("id", "stands in an earlier row, too");
    add_names(row, class_names_, classes_.size(), drug_class.id, drug_class.label);
    classes_.push_back(std::move(drug_class));
}

void Drugs::read_drug(const Row& row, const Sources& sources, const AllergyGroups& groups) {
    Drug drug;
    drug.id = row.id();
    if (find(drug.id)) row.refuse("id", "stands in an earlier row, too");
    std::string spaced = drug.id;
    std::ranges::replace(spaced, '_', ' ');
    drug.label = row.text_or("label", spaced);
    drug.atc = row.text("atc");
    for (const std::string& id : row.texts("classes")) {
        const auto found = find_class(id);
        if (!found) row.refuse("classes", "no class in drug_classes.json has the id " + id);
        drug.classes.push_back(*found);
    }
    for (const std::string& id : row.texts("allergy_groups")) {
        const auto found = groups.find(id);
        if (!found) row.refuse("allergy_groups", "no group has the id " + id);
        drug.groups.push_back(*found);
    }
    read_limits(row, drug);
    drug.beers = row.text_or("beers", "");
    drug.advice = row.text_or("advice", "");
    drug.source = &sources.of(row);
    drug.status = row.status();
    add_names(row, names_, all_.size(), drug.id, drug.label);
    all_.push_back(std::move(drug));
}

std::optional<std::size_t> Drugs::find(std::string_view id) const {
    return index_of(all_, id);
}

std::optional<std::size_t> Drugs::find_class(std::string_view id) const {
    return index_of(classes_, id);
}

}  // namespace clinical
