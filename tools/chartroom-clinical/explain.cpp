#include "tools/chartroom-clinical/explain.hpp"

#include <cstdio>

#include "plugins/clinical/assessment.hpp"

namespace clinical {
namespace {

constexpr std::size_t kLeading = 4;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string line(const Knowledge& knowledge, const Reason& reason) {
    std::string text = "      " + number(reason.lr);
    if (reason.weight < 1) text += "^" + number(reason.weight);
    text += reason.state == State::absent ? " no " : " ";
    if (reason.flag != nullptr) return text + "red flag " + reason.flag->id;
    text += reason.score ? knowledge.scores.all()[*reason.score].id
                         : knowledge.findings[*reason.finding].id;
    if (reason.brought) return text + " (brought)";
    if (reason.unexplained) return text + " (unexplained)";
    return text + " (" + reason.source->id + ")";
}

std::string understood(const Knowledge& knowledge, const Intake& intake) {
    std::string text = "  understood:";
    for (const auto* list : {&intake.matched, &intake.background})
        for (const Intake::Matched& each : *list)
            text += std::string(each.state == State::absent ? " no " : " ") +
                    knowledge.findings[each.finding].id;
    text += "\n  not understood:";
    for (const Intake::Unmatched& each : intake.unmatched) text += " \"" + each.input + "\"";
    return text + "\n";
}

std::string entry(const Knowledge& knowledge, const Ranked& ranked, std::size_t place) {
    std::string text = "  " + std::to_string(place) + " " + ranked.condition->id + " " +
                       number(ranked.probability) + ", prior " + number(ranked.prior.probability) +
                       (ranked.prior.of_complaint ? " of the complaint" : "") + "\n";
    for (const Reason& reason : ranked.reasons) text += line(knowledge, reason) + "\n";
    return text;
}

}  // namespace

std::string explain(const Knowledge& knowledge, const Case& one, double temperature) {
    const Assessment assessment = assess(knowledge, one.request, temperature);
    const Differential& differential = assessment.differential;
    std::string text = one.id + ": expected " + one.expected + ", complaint " +
                       (differential.complaint ? knowledge.findings[*differential.complaint].id
                                               : std::string("none")) +
                       "\n" + understood(knowledge, assessment.intake);
    std::size_t place = 0;
    for (const Ranked& ranked : differential.ranked) {
        if (ranked.condition == nullptr) {
            text += "    undifferentiated " + number(ranked.probability) + "\n";
            continue;
        }
        if (++place <= kLeading || ranked.condition->id == one.expected)
            text += entry(knowledge, ranked, place);
    }
    return text;
}

}  // namespace clinical
