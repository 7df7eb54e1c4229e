#include "plugins/clinical/red_flags.hpp"

#include <algorithm>
#include <array>

namespace clinical {
namespace {

constexpr std::array<std::string_view, 5> kUrgencies{"self_care", "routine", "soon", "urgent",
                                                     "emergency"};

}  // namespace

std::string_view name_of(Urgency urgency) {
    return kUrgencies[static_cast<std::size_t>(urgency)];
}

Urgency urgency_of(const Row& row) {
    const std::string name =
        row.choice("urgency", {"self_care", "routine", "soon", "urgent", "emergency"});
    return static_cast<Urgency>(std::ranges::find(kUrgencies, name) - kUrgencies.begin());
}

RedFlags::RedFlags(const DataSet& data, const Sources& sources, const Findings& findings,
                   const Scores& scores) {
    const RuleNames names{.findings = findings.ids(), .scores = scores.ids()};
    read_rows(data, "red_flags.json", [&](const Row& row) {
        RedFlag flag{.id = row.id(),
                     .label = row.text("label"),
                     .urgency = urgency_of(row),
                     .rule = read_rule(row, "any", names),
                     .action = row.text("action"),
                     .conditions = row.texts("conditions"),
                     .source = &sources.of(row)};
        if (flag.rule.empty()) row.refuse("any", "is missing");
        if (std::ranges::find(all_, flag.id, &RedFlag::id) != all_.end())
            row.refuse("id", "stands in an earlier row, too");
        all_.push_back(std::move(flag));
    });
}

std::vector<RedFlags::Raised> RedFlags::raised(const Facts& facts) const {
    std::vector<Raised> raised;
    for (const RedFlag& flag : all_) {
        const auto clause = std::ranges::find_if(flag.rule, [&facts](const Clause& each) {
            return holds(each, facts) == State::present;
        });
        if (clause != flag.rule.end()) raised.push_back({&flag, clause->text});
    }
    return raised;
}

}  // namespace clinical
