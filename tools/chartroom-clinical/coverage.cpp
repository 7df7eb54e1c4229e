#include "tools/chartroom-clinical/coverage.hpp"

#include <algorithm>
#include <set>

namespace clinical {
namespace {

struct Count {
    std::size_t verified = 0;
    std::size_t estimated = 0;
    void add(Status status) { ++(status == Status::verified ? verified : estimated); }
    [[nodiscard]] std::string text() const {
        const std::size_t all = verified + estimated;
        const std::size_t share = all == 0 ? 0 : 100 * estimated / all;
        return std::to_string(all) + ": " + std::to_string(verified) + " published, " +
               std::to_string(estimated) + " graded by convention (" + std::to_string(share) +
               " %)";
    }
};

}  // namespace

std::string coverage(const Knowledge& knowledge) {
    Count priors, evidence, composites;
    std::set<std::size_t> used;
    std::size_t unweighted = 0;
    std::string thin;
    for (const Condition& condition : knowledge.conditions.all()) {
        for (const Prior& prior : condition.priors) priors.add(prior.status);
        for (const Evidence& each : condition.evidence) {
            if (each.brought)
                ++unweighted;  // no number to vouch for
            else
                evidence.add(each.status);
            used.insert(each.finding);
        }
        for (const Composite& composite : condition.composites) composites.add(composite.status);
        if (condition.evidence.size() < 5) thin += " " + condition.id;
    }
    std::string unused;
    for (std::size_t i = 0; i < knowledge.findings.size(); ++i)
        if (!used.contains(i)) unused += " " + knowledge.findings[i].id;
    std::string text = knowledge.version + "\n";
    const auto line = [&text](std::string_view name, const std::string& value) {
        text += std::string(name) + " " + value + "\n";
    };
    line("sources", std::to_string(knowledge.sources.all().size()));
    line("findings", std::to_string(knowledge.findings.size()));
    line("scores", std::to_string(knowledge.scores.all().size()));
    line("red flags", std::to_string(knowledge.red_flags.all().size()));
    line("conditions", std::to_string(knowledge.conditions.size()));
    line("priors", priors.text());
    line("evidence", evidence.text());
    line("listed without a weight", std::to_string(unweighted));
    line("composites", composites.text());
    line("findings that no condition lists:", unused);
    line("conditions with fewer than five findings:", thin);
    return text;
}

}  // namespace clinical
