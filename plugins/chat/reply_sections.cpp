#include "plugins/chat/reply_sections.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "plugins/chat/utf8.hpp"
#include "plugins/clinical/amount.hpp"
#include "plugins/clinical/formulas.hpp"
#include "plugins/clinical/quantities.hpp"
#include "plugins/clinical/subject.hpp"

namespace chat {
namespace {

using clinical::Finding;
using clinical::Ranked;
using clinical::Standing;

constexpr std::size_t kQuoteBytesMax = 80;
constexpr std::size_t kQuotesMax = 3;
constexpr std::size_t kListMax = 20;  // findings, medicines, conditions in one line
constexpr std::size_t kPossibilitiesMax = 5;
constexpr std::size_t kReasonsMax = 4;
constexpr std::size_t kQuestionsMax = 3;

std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ") {
    std::string text;
    for (std::size_t i = 0; i < std::min(parts.size(), kListMax); ++i)
        text += (i == 0 ? "" : std::string(between)) + parts[i];
    return parts.size() > kListMax ? text + ", …" : text;
}

std::string line(std::string_view title, const std::vector<std::string>& parts) {
    if (parts.empty()) return {};
    return "\n- " + std::string(title) + joined(parts);
}

// Some words of a message: one line, not too long, never half a character.
std::string quoted(std::string_view text) {
    std::string words(cut(text, kQuoteBytesMax));
    std::ranges::replace_if(words, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return "\"" + words + (words.size() < text.size() ? " …\"" : "\"");
}

std::string with_detail(const std::string& label, const clinical::Story::Said& said) {
    std::string detail = said.duration;
    if (!said.severity.empty()) detail += (detail.empty() ? "" : ", ") + said.severity;
    return detail.empty() ? label : label + " (" + detail + ")";
}

std::vector<std::string> labels(const Engine& engine, const clinical::Story& story,
                                clinical::State state, bool background) {
    std::vector<std::string> list;
    for (const auto& [index, said] : story.findings()) {
        const Finding& finding = engine.knowledge->findings[index];
        if (said.state == state && (finding.type == Finding::Type::risk) == background)
            list.push_back(background ? finding.label : with_detail(finding.label, said));
    }
    return list;
}

std::vector<std::string> measured(const clinical::Story& story) {
    std::vector<std::string> list;
    for (const auto& [input, value] : story.values()) {
        const clinical::InputInfo& known = clinical::info(input);
        if (input == clinical::Input::age) continue;
        std::string name(known.name);
        std::ranges::replace(name, '_', ' ');
        list.push_back(name + " " + clinical::amount_text(value) + " " + std::string(known.unit));
    }
    return list;
}

// Whom the story is about, as who asks is told; "you" also where nobody said.
std::string whom(std::string_view subject) {
    if (subject.empty() || subject == clinical::kTheWriter) return "you";
    if (subject == kAnotherWriter) return "who wrote before you";
    return "your " + std::string(subject);
}

std::vector<std::string> person(const Engine& engine, const Consultation& consultation) {
    const clinical::Story& story = consultation.story;
    std::vector<std::string> list;
    if (std::string who = whom(consultation.subject); who != "you") list.push_back(std::move(who));
    if (const auto age = story.values().find(clinical::Input::age); age != story.values().end())
        list.push_back("age " + clinical::age_text(age->second));
    if (!story.sex().empty()) list.push_back(story.sex());
    for (std::string& label : labels(engine, story, clinical::State::present, true))
        if (std::ranges::find(list, label) == list.end()) list.push_back(std::move(label));
    std::ranges::copy(story.conditions(), std::back_inserter(list));
    return list;
}

// What the newest message names and does not say of the person now.
std::vector<std::string> set_aside(const Consultation& consultation, const Engine& engine) {
    std::vector<std::string> list;
    const auto add = [&](const clinical::Reading::Mention& mention, const std::string& label) {
        std::string why;
        if (mention.standing == Standing::past) why = "in the past";
        if (mention.standing == Standing::other_person) why = "of somebody else";
        if (mention.standing == Standing::wondered) why = "asked about, not reported";
        if (!why.empty() && list.size() < kListMax) list.push_back(label + " (" + why + ")");
    };
    for (const auto& mention : consultation.reading.findings)
        add(mention, engine.knowledge->findings[mention.index].label);
    for (const auto& mention : consultation.reading.conditions)
        add(mention, engine.knowledge->conditions[mention.index].label);
    return list;
}

std::string not_understood(const Consultation& consultation, std::string_view message) {
    std::vector<std::string> quotes;
    for (const clinical::Span& span : consultation.reading.not_understood)
        if (quotes.size() < kQuotesMax)
            quotes.push_back(quoted(message.substr(span.begin, span.end - span.begin)));
    std::string text;
    if (!quotes.empty()) text += "\nNot understood: " + joined(quotes) + ".";
    for (const std::string& refused : consultation.reading.values.refused)
        text += "\nNot used: " + refused + ".";
    if (consultation.reading.cut) text += "\nThe message is long: only its beginning was read.";
    return text;
}

std::string_view strength(double probability) {
    return probability >= 0.6    ? "fits strongly"
           : probability >= 0.3  ? "fits well"
           : probability >= 0.08 ? "possible"
                                 : "less likely";
}

std::string reason_label(const Engine& engine, const clinical::Reason& reason) {
    if (reason.score) return engine.knowledge->scores.all()[*reason.score].label;
    if (reason.flag != nullptr) return reason.flag->label;
    const std::string& label = engine.knowledge->findings[*reason.finding].label;
    return reason.state == clinical::State::absent ? "no " + label : label;
}

std::string possibility(const Engine& engine, const clinical::Assessment& assessment,
                        const Ranked& ranked) {
    std::string text = ranked.condition->label + ": " + std::string(strength(ranked.probability));
    if (ranked.condition->dont_miss) text += ", not to be missed";
    std::vector<std::string> pro, con;
    // What its prior is already that of is no reason, and yet what somebody would name first.
    if (ranked.prior.of_complaint)
        pro.push_back(engine.knowledge->findings[*assessment.differential.complaint].label);
    bool estimated = ranked.prior.status == clinical::Status::estimated;
    for (const clinical::Reason& reason : ranked.reasons) {
        estimated = estimated || reason.status == clinical::Status::estimated;
        auto& side = reason.speaks_for() ? pro : con;
        if ((reason.speaks_for() || reason.speaks_against()) && side.size() < kReasonsMax)
            side.push_back(reason_label(engine, reason));
    }
    if (!pro.empty()) text += ". For it: " + joined(pro);
    if (!con.empty()) text += ". Against it: " + joined(con);
    return text + (estimated ? ". (estimated)" : ".");
}

// What is there only since it is frequent says nothing about this person.
bool worth_naming(const Ranked& ranked) {
    return ranked.condition != nullptr && ranked.fits();
}

bool is_emergency(const clinical::Assessment& assessment) {
    return assessment.urgency == clinical::Urgency::emergency;
}

// In an emergency what must not be missed comes first, however likely.
auto in_order(const clinical::Assessment& assessment) {
    auto shown = assessment.shown();
    if (is_emergency(assessment))
        std::ranges::stable_partition(shown, [](const Ranked* ranked) {
            return ranked->condition != nullptr && ranked->condition->dont_miss;
        });
    return shown;
}

// Whether one possibility fits so much better that its own urgency can be trusted.
bool stands_out(const clinical::Assessment& assessment) {
    constexpr double kFitsWell = 0.3;
    const Ranked& first = assessment.differential.ranked.front();
    return first.condition != nullptr && first.probability >= kFitsWell &&
           assessment.confidence_word != "low";
}

}  // namespace

std::string understood(const Engine& engine, const Consultation& consultation,
                       std::string_view message) {
    const clinical::Story& story = consultation.story;
    using clinical::State;
    std::vector<std::string> absent = labels(engine, story, State::absent, false);
    std::ranges::copy(labels(engine, story, State::absent, true), std::back_inserter(absent));
    const std::string lines = line("there is: ", labels(engine, story, State::present, false)) +
                              line("there is not: ", absent) + line("measured: ", measured(story)) +
                              line("about the person: ", person(engine, consultation)) +
                              line("takes: ", story.medications()) +
                              line("allergic to: ", story.allergies()) +
                              line("set aside: ", set_aside(consultation, engine));
    const std::string unread = not_understood(consultation, message);
    if (lines.empty()) return unread.empty() ? unread : unread.substr(1);
    const std::string aside = consultation.another_person
                                  ? "I take this to be about " + whom(consultation.subject) +
                                        ", and set aside what was said of somebody else before.\n\n"
                                  : std::string();
    return aside + "This is what I understood so far:" + lines + unread;
}

std::string how_soon(const Consultation& consultation) {
    constexpr std::array<std::string_view, 5> kWords{
        "can usually be looked after at home, unless one of the warning signs below comes up",
        "should be seen at a normal appointment", "should be seen within a few days",
        "should be seen by a clinician today", "needs emergency care now"};
    const clinical::Assessment& assessment = *consultation.assessment;
    if (assessment.urgency < clinical::Urgency::soon && !stands_out(assessment))
        return "How soon: too little is known to say. If it does not get better, have it seen by a "
               "clinician; if one of the warning signs below comes up, today.";
    std::string text =
        "How soon: this " + std::string(kWords[static_cast<std::size_t>(assessment.urgency)]);
    if (!assessment.urgency_reasons.empty())
        text += " (" + joined(assessment.urgency_reasons, "; ") + ")";
    return text + ".";
}

std::string scores(const Consultation& consultation) {
    std::string text;
    for (const clinical::ScoreResult& result : consultation.assessment->intake.scores) {
        if (!result.points.exact()) continue;
        text += (text.empty() ? "Scores:" : "") + std::string("\n- ") + result.score->label + " " +
                clinical::amount_text(result.points.min) + ": " + result.interpretation;
    }
    return text;
}

std::string possibilities(const Engine& engine, const Consultation& consultation) {
    const clinical::Assessment& assessment = *consultation.assessment;
    std::string text =
        std::string("What a clinician may want to consider, ") +
        (is_emergency(assessment) ? "first what must not be missed, then " : "") +
        "by how well it fits what was said. These are possible causes, not a diagnosis, and the "
        "confidence is " +
        assessment.confidence_word + ":";
    std::size_t number = 0;
    for (const Ranked* ranked : in_order(assessment)) {
        if (number == kPossibilitiesMax) break;
        if (!worth_naming(*ranked)) continue;
        text += "\n" + std::to_string(++number) + ". " + possibility(engine, assessment, *ranked);
    }
    if (number == 0)
        return "None of the conditions that I know fits what was said. "
               "That does not mean that there is none.";
    return text + "\nAn estimated entry rests in part on conventions, not on published numbers.";
}

std::string next_questions(const Engine& engine, const Consultation& consultation) {
    const clinical::Assessment& assessment = *consultation.assessment;
    std::string text;
    std::size_t number = 0;
    for (const clinical::Question& question : assessment.questions) {
        if (number == kQuestionsMax) break;
        const bool sign = engine.knowledge->findings[question.finding].type == Finding::Type::sign;
        text += "\n" + std::to_string(++number) + ". " +
                (sign ? "Has anybody noticed or measured: " : "Is there, or has there been: ") +
                question.ask + "?";
    }
    if (!consultation.story.values().contains(clinical::Input::age))
        text += "\nThe age would help, too.";
    return text.empty() ? text : "What would help most to know next:" + text;
}

std::string watch_for(const Consultation& consultation) {
    const clinical::Assessment& assessment = *consultation.assessment;
    // Help is called for already, and no date for a visit may say otherwise.
    if (is_emergency(assessment) || !assessment.primary().fits()) return {};
    const clinical::Condition& leading = *assessment.primary().condition;
    // Also of the first one that must not be missed: it may be that.
    std::vector<std::string> signs;
    if (!leading.safety_net.empty()) signs.push_back(leading.safety_net);
    for (const Ranked* ranked : assessment.shown())
        if (ranked->condition != nullptr && ranked->condition->dont_miss && signs.size() < 2 &&
            ranked->condition != &leading && !ranked->condition->safety_net.empty())
            signs.push_back(ranked->condition->safety_net);
    std::string text;
    if (!signs.empty()) text = "Get help at once for: " + joined(signs, " ");
    if (!leading.follow_up.empty())
        text += (text.empty() ? "" : "\n") + std::string("Have it looked at: ") + leading.follow_up;
    return text;
}

std::string disclaimer(const Engine& engine) {
    return std::string(clinical::kDisclaimer) + " Knowledge base " + engine.knowledge->version +
           ".";
}

}  // namespace chat
