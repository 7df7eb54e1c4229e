#include "plugins/clinical/intake.hpp"

#include <array>
#include <optional>
#include <utility>

#include "plugins/clinical/quantities.hpp"
#include "plugins/clinical/standing.hpp"
#include "plugins/clinical/text_values.hpp"

namespace clinical {
namespace {

constexpr std::size_t kNearestMax = 3;

struct Named {
    Match match;
    bool negated = false;
    std::string severity;  // "severe" of "severe headache"
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (text.size() <= prefix.size()) return false;
    for (std::size_t i = 0; i < prefix.size(); ++i)
        if ((text[i] | 0x20) != (prefix[i] | 0x20)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

// The name as it stands; then without a "no " before it; then without "severe " and the like.
std::optional<Named> find_name(const NameIndex& names, std::string_view text) {
    if (const auto match = names.find(text)) return Named{*match, false, {}};
    for (const std::string_view no : {"no ", "not ", "denies ", "without ", "absence of "}) {
        std::string_view rest = text;
        if (!take_prefix(rest, no)) continue;
        if (const auto match = names.find(rest)) return Named{*match, true, {}};
    }
    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kWords{
        {{"severe ", "severe"},
         {"bad ", "severe"},
         {"sudden ", ""},
         {"constant ", ""},
         {"mild ", "mild"},
         {"moderate ", "moderate"},
         {"intense ", "severe"},
         {"acute ", ""},
         {"persistent ", ""},
         {"slight ", "mild"},
         {"worsening ", ""}}};
    for (const auto& [word, severity] : kWords) {
        std::string_view rest = text;
        if (!take_prefix(rest, word)) continue;
        if (const auto match = names.find(rest)) return Named{*match, false, std::string(severity)};
    }
    return std::nullopt;
}

class Taker {
  public:
    Taker(const Knowledge& knowledge, const DiagnosisRequest& request)
        : knowledge_(knowledge), request_(request) {
        intake_.facts.findings.assign(knowledge.findings.size(), State::unknown);
    }

    Intake take() {
        for (const Symptom& symptom : request_.symptoms) take_symptom(symptom);
        for (const std::string& name : request_.history) take_background(name, State::present);
        for (const std::string& name : request_.not_history) take_background(name, State::absent);
        for (const Vital& vital : request_.vitals) intake_.facts.set(vital.input, vital.value);
        state_of_patient();
        knowledge_.findings.derive(intake_.facts);
        intake_.scores = knowledge_.scores.evaluate(intake_.facts);
        return std::move(intake_);
    }

  private:
    void take_symptom(const Symptom& symptom) {
        const auto named = find_name(knowledge_.finding_names, symptom.name);
        if (!named) return take_phrase(symptom);
        take_name(symptom, *named);
    }

    void take_name(const Symptom& symptom, const Named& named) {
        const State state = symptom.absent != named.negated ? State::absent : State::present;
        say(named.match.index, state);
        intake_.matched.push_back({symptom.name, named.match.index, state, named.match.kind});
        if (state == State::absent) return;
        intake_.facts.named.push_back(named.match.index);
        Findings::Detail detail;
        if (!symptom.duration.empty()) {
            detail.hours = parse_duration(symptom.duration);
            if (!detail.hours) unread(symptom.duration, "duration", kDurationForms);
        }
        const std::string& severity = symptom.severity.empty() ? named.severity : symptom.severity;
        if (!severity.empty()) {
            detail.severity = parse_severity(severity);
            if (!detail.severity) unread(severity, "severity", kSeverityForms);
        }
        knowledge_.findings.add_detail(intake_.facts, named.match.index, detail);
    }

    // What is no name may have names in it, and how long and how bad: "a red, warm and swollen leg
    // for 3 days".
    void take_phrase(const Symptom& symptom) {
        const std::vector<TextWord> words = words_of_text(symptom.name);
        const TextValues values = values_in(words);
        Symptom detailed = symptom;
        if (detailed.duration.empty() && values.durations.size() == 1)
            detailed.duration = values.durations.front().text;
        if (detailed.severity.empty() && values.severities.size() == 1)
            detailed.severity = values.severities.front().text;
        const std::vector<Named> names = names_in(words, values);
        for (const Named& named : names) take_name(detailed, named);
        if (names.empty()) miss(symptom.name, "symptoms");
    }

    [[nodiscard]] std::vector<Named> names_in(const std::vector<TextWord>& words,
                                              const TextValues& values) const {
        std::vector<Named> names;
        for (const auto& found : knowledge_.finding_phrases.find_all(words, codes_of(words))) {
            const bool background = knowledge_.findings[found.index].type == Finding::Type::risk;
            const Standing standing = standing_of(words, found.first, found.last, background);
            if (standing == Standing::present || standing == Standing::absent)
                names.push_back(
                    {{found.index, MatchKind::phrase}, standing == Standing::absent, {}});
        }
        if (values.pregnancy_weeks) {
            const std::string_view stage =
                *values.pregnancy_weeks >= kLatePregnancyWeeks ? "late_pregnancy" : "pregnant";
            names.push_back({{*knowledge_.findings.find(stage), MatchKind::phrase}, false, {}});
        }
        return names;
    }

    void take_background(const std::string& name, State state) {
        if (const auto named = find_name(knowledge_.finding_names, name))
            return take_background(name, *named, state);
        const std::vector<TextWord> words = words_of_text(name);
        const std::vector<Named> names = names_in(words, values_in(words));
        for (const Named& named : names) take_background(name, named, state);
        if (names.empty()) miss(name, "history");
    }

    void take_background(const std::string& name, const Named& named, State state) {
        const State said = named.negated ? State::absent : state;
        say(named.match.index, said);
        intake_.background.push_back({name, named.match.index, said, named.match.kind});
    }

    void state_of_patient() {
        set("supplemental_oxygen", request_.on_oxygen);
        // The scale for hypercapnic failure is for patients of whom a clinician said so only.
        set("hypercapnic_target", request_.hypercapnic_target);
        if (request_.alert) set("altered_consciousness", !*request_.alert);
        if (!request_.sex.empty()) set("female", request_.sex == "female");
        const auto age = intake_.facts.value(Input::age);
        const bool cannot = request_.sex == "male" || (age && (*age < 10 || *age > 58));
        set("pregnant", cannot ? std::optional(false) : request_.pregnant);
    }

    void set(std::string_view id, std::optional<bool> value) {
        const auto index = knowledge_.findings.find(id);
        if (value && index) say(*index, *value ? State::present : State::absent);
    }

    // Present wins over absent where both are said: the more careful reading.
    void say(std::size_t finding, State state) {
        State& known = intake_.facts.findings[finding];
        if (known != State::present) known = state;
    }

    void miss(const std::string& name, const std::string& field) {
        intake_.unmatched.push_back(
            {name, field, knowledge_.finding_names.nearest(name, kNearestMax)});
    }
    void unread(const std::string& text, const std::string& field, std::string_view accepted) {
        intake_.unmatched.push_back({text, field, {std::string(accepted)}});
    }

    const Knowledge& knowledge_;
    const DiagnosisRequest& request_;
    Intake intake_;
};

}  // namespace

Intake take_in(const Knowledge& knowledge, const DiagnosisRequest& request) {
    return Taker(knowledge, request).take();
}

}  // namespace clinical
