#include "plugins/clinical/interactions.hpp"

#include <algorithm>
#include <set>

namespace clinical {
namespace {

Interaction::Side read_side(const Row& row, std::string_view field, const Drugs& drugs) {
    const std::string id = row.id(field);
    Interaction::Side side{.drug = drugs.find(id), .drug_class = drugs.find_class(id)};
    if (side.drug && side.drug_class) row.refuse(field, "both a drug and a class have this id");
    if (!side.drug && !side.drug_class) row.refuse(field, "no drug and no class has the id " + id);
    return side;
}

bool has(const std::vector<std::size_t>& list, std::size_t item) {
    return std::ranges::find(list, item) != list.end();
}

}  // namespace

std::string_view name(Severity severity) {
    switch (severity) {
        case Severity::contraindicated:
            return "contraindicated";
        case Severity::major:
            return "major";
        case Severity::moderate:
            break;
    }
    return "moderate";
}

bool Interaction::Side::covers(const Medicine& medicine) const {
    if (drug) return medicine.drug == drug;
    return has(medicine.classes, *drug_class);
}

Interactions::Interactions(const DataSet& data, const Sources& sources, const Drugs& drugs) {
    std::set<std::pair<std::string, std::string>> pairs;
    read_rows(data, "interactions.json", [&](const Row& row) {
        Interaction rule{.a = read_side(row, "a", drugs), .b = read_side(row, "b", drugs)};
        if (!pairs.emplace(std::minmax(row.text("a"), row.text("b"))).second)
            row.refuse("b", "an earlier row has this pair");
        const std::string severity =
            row.choice("severity", {"moderate", "major", "contraindicated"});
        rule.severity = severity == "moderate" ? Severity::moderate
                        : severity == "major"  ? Severity::major
                                               : Severity::contraindicated;
        rule.mechanism = row.text("mechanism");
        rule.management = row.text("management");
        rule.source = &sources.of(row);
        rule.status = row.status();
        all_.push_back(std::move(rule));
    });
}

const Interaction* Interactions::between(const Medicine& one, const Medicine& other) const {
    if (one.drug && one.drug == other.drug) return nullptr;
    const Interaction* worst = nullptr;
    for (const Interaction& rule : all_) {
        if (worst != nullptr && rule.severity <= worst->severity) continue;
        if ((rule.a.covers(one) && rule.b.covers(other)) ||
            (rule.a.covers(other) && rule.b.covers(one)))
            worst = &rule;
    }
    return worst;
}

std::string duplicate_of(const Drugs& drugs, const Medicine& one, const Medicine& other) {
    if (one.drug && one.drug == other.drug) return "same ingredient";
    for (const std::size_t index : one.classes)
        if (drugs.classes()[index].duplicate && has(other.classes, index))
            return "same class: " + drugs.classes()[index].label;
    return {};
}

}  // namespace clinical
