#include "plugins/clinical/findings.hpp"

#include <algorithm>

namespace clinical {
namespace {

Finding::Type type_of(const Row& row) {
    const std::string type = row.choice("type", {"symptom", "sign", "risk"});
    if (type == "symptom") return Finding::Type::symptom;
    return type == "sign" ? Finding::Type::sign : Finding::Type::risk;
}

Finding read_finding(const Row& row, const Sources& sources) {
    Finding finding;
    finding.id = row.id();
    finding.label = row.text("label");
    finding.type = type_of(row);
    finding.group = row.text_or("group", "");
    finding.synonyms = row.texts("synonyms");
    finding.form_only = row.texts("form_only");
    finding.question = row.text_or("question", "");
    finding.common = row.flag("common");
    finding.complaint = row.flag("complaint");
    finding.hours_min = row.number_if("hours_min", 0, 1e6);
    finding.hours_max = row.number_if("hours_max", 0, 1e6);
    finding.severity_min = row.number_if("severity_min", 1, 10);
    finding.source = &sources.of(row);
    return finding;
}

// Present, absent, or nothing where the detail that decides was not given.
std::optional<State> decided(const Finding& finding, const Findings::Detail& detail) {
    bool fits = true;
    if (finding.hours_min || finding.hours_max) {
        if (!detail.hours) return std::nullopt;
        fits = fits && *detail.hours >= finding.hours_min.value_or(0);
        fits = fits && *detail.hours <= finding.hours_max.value_or(*detail.hours);
    }
    if (finding.severity_min) {
        if (!detail.severity) return std::nullopt;
        fits = fits && *detail.severity >= *finding.severity_min;
    }
    return fits ? State::present : State::absent;
}

}  // namespace

Findings::Findings(const DataSet& data, const Sources& sources) {
    // Two passes: a finding may refer to one that stands below it.
    read_rows(data, "findings.json", [&](const Row& row) {
        Finding finding = read_finding(row, sources);
        if (find(finding.id)) row.refuse("id", "stands in an earlier row, too");
        for (const char* later : {"implies", "rule", "of"}) (void)row.has(later);
        all_.push_back(std::move(finding));
    });
    const RuleNames names{.findings = ids(), .scores = {}};
    std::size_t next = 0;
    read_rows(data, "findings.json", [&](const Row& row) {
        Finding& finding = all_[next++];
        (void)read_finding(row, sources);
        const auto must = [&](std::string_view field, const std::string& id) {
            const auto found = find(id);
            if (!found) row.refuse(field, "no finding has the id " + id);
            return *found;
        };
        finding.rule = read_rule(row, "rule", names);
        for (const std::string& id : row.texts("implies"))
            finding.implies.push_back(must("implies", id));
        if (row.has("of")) finding.of = must("of", row.text("of"));
        const bool limited = finding.hours_min || finding.hours_max || finding.severity_min;
        if (finding.of.has_value() != limited)
            row.refuse("of", "goes with hours_min, hours_max or severity_min, and they with it");
        if (finding.of) finding.implies.push_back(*finding.of);
    });
}

std::optional<std::size_t> Findings::find(std::string_view id) const {
    const auto found = std::ranges::find(all_, id, &Finding::id);
    if (found == all_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all_.begin());
}

std::vector<std::string> Findings::ids() const {
    std::vector<std::string> ids;
    for (const Finding& finding : all_) ids.push_back(finding.id);
    return ids;
}

void Findings::add_detail(Facts& facts, std::size_t finding, const Detail& detail) const {
    for (std::size_t i = 0; i < all_.size(); ++i) {
        if (all_[i].of != finding || facts.findings[i] != State::unknown) continue;
        if (const auto state = decided(all_[i], detail)) facts.findings[i] = *state;
    }
}

void Findings::derive(Facts& facts) const {
    for (std::size_t i = 0; i < all_.size(); ++i)
        if (facts.findings[i] == State::unknown && !all_[i].rule.empty())
            facts.findings[i] = holds(all_[i].rule, facts);
    // Entailment to its fixed point; each pass settles at least one finding, so it ends.
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < all_.size(); ++i)
            for (const std::size_t wider : all_[i].implies) {
                State& mine = facts.findings[i];
                State& its = facts.findings[wider];
                if (mine == State::present && its == State::unknown) {
                    its = State::present;
                    changed = true;
                } else if (its == State::absent && mine == State::unknown) {
                    mine = State::absent;
                    changed = true;
                }
            }
    }
}

}  // namespace clinical
