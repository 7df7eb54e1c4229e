#include "plugins/clinical/story.hpp"

#include <algorithm>

#include "plugins/clinical/intake.hpp"

namespace clinical {
namespace {

constexpr std::size_t kListMax = 50;  // medicines, allergies, conditions

void add_to(std::vector<std::string>& list, std::string name) {
    if (name.empty() || name.size() > kNameBytesMax || list.size() >= kListMax) return;
    if (std::ranges::find(list, name) == list.end()) list.push_back(std::move(name));
}

}  // namespace

void Story::add(const Reading& reading) {
    std::map<std::size_t, Said> said;
    for (const Reading::Mention& mention : reading.findings) {
        if (mention.standing != Standing::present && mention.standing != Standing::absent) continue;
        const State state = mention.standing == Standing::present ? State::present : State::absent;
        Said& known =
            said.try_emplace(mention.index, Said{state, {}, {}, mentioned_++}).first->second;
        // Said both ways in one message: the more careful reading.
        if (state == State::present) known.state = state;
        if (!mention.duration.empty()) known.duration = mention.duration;
        if (!mention.severity.empty()) known.severity = mention.severity;
    }
    for (const auto& [finding, what] : said)
        if (what.state == State::absent) deny(finding, said);
    for (const auto& [finding, what] : said)
        if (what.state == State::present) state(finding, what);
    for (const Vital& vital : reading.values.vitals) values_[vital.input] = vital.value;
    if (reading.values.age) values_[Input::age] = *reading.values.age;
    if (!reading.values.sex.empty()) sex_ = reading.values.sex;
    if (reading.values.pregnancy_weeks) pregnancy_weeks_ = reading.values.pregnancy_weeks;
    for (const Reading::DrugMention& drug : reading.drugs) {
        if (drug.role == DrugRole::taken) add_medication(drug.medicine.label);
        if (drug.role == DrugRole::not_taken) std::erase(medications_, drug.medicine.label);
    }
    for (const std::string& allergy : reading.allergies) add_allergy(allergy);
    medications_stated_ = medications_stated_ || reading.no_medication;
    allergies_stated_ = allergies_stated_ || reading.no_allergies;
}

void Story::state(std::size_t finding, Said said) {
    const std::vector<bool> wider = entailed_by(finding);
    std::erase_if(findings_, [&](const auto& known) {
        return known.second.state == State::absent && wider[known.first];
    });
    if (knowledge_->findings[finding].id == "pregnant") pregnant_ = true;
    const auto before = findings_.find(finding);
    if (before != findings_.end() && before->second.state == State::present) {
        if (said.duration.empty()) said.duration = before->second.duration;
        if (said.severity.empty()) said.severity = before->second.severity;
        said.order = before->second.order;
    }
    findings_[finding] = std::move(said);
}

void Story::deny(std::size_t finding, const std::map<std::size_t, Said>& of_this_message) {
    std::erase_if(findings_, [&](const auto& known) {
        return known.second.state == State::present && !of_this_message.contains(known.first) &&
               entailed_by(known.first)[finding];
    });
    for (const Clause& clause : knowledge_->findings[finding].rule)
        for (const Literal& literal : clause.all)
            if (literal.kind == Literal::Kind::input &&
                static_cast<Input>(literal.index) != Input::age)
                values_.erase(static_cast<Input>(literal.index));
    if (knowledge_->findings[finding].id == "pregnant") {
        pregnant_ = false;
        pregnancy_weeks_.reset();
    }
    findings_[finding] = {State::absent, {}, {}, mentioned_++};
}

// By finding: whether it is `finding` or follows from it.
std::vector<bool> Story::entailed_by(std::size_t finding) const {
    std::vector<bool> entailed(knowledge_->findings.size(), false);
    std::vector<std::size_t> next{finding};
    while (!next.empty()) {
        const std::size_t one = next.back();
        next.pop_back();
        if (entailed[one]) continue;
        entailed[one] = true;
        for (const std::size_t wider : knowledge_->findings[one].implies) next.push_back(wider);
    }
    return entailed;
}

void Story::add_condition(std::string name) {
    add_to(conditions_, std::move(name));
}

void Story::add_medication(std::string name) {
    medications_stated_ = true;
    add_to(medications_, std::move(name));
}

void Story::add_allergy(std::string name) {
    allergies_stated_ = true;
    add_to(allergies_, std::move(name));
}

bool Story::has_complaint() const {
    const bool said = std::ranges::any_of(findings_, [this](const auto& known) {
        return known.second.state == State::present &&
               knowledge_->findings[known.first].type != Finding::Type::risk;
    });
    return said || std::ranges::any_of(values_, [](const auto& value) {
               return value.first != Input::age && value.first != Input::weight;
           });
}

DiagnosisRequest Story::diagnosis_request() const {
    DiagnosisRequest request;
    Facts measured;
    measured.findings.assign(knowledge_->findings.size(), State::unknown);
    measured.scores.assign(knowledge_->scores.all().size(), std::nullopt);
    for (const auto& [input, value] : values_) {
        request.vitals.push_back({input, value, {}});
        measured.set(input, value);
    }
    // What was said first comes first: it is what somebody came for.
    std::map<std::size_t, std::size_t> by_order;
    for (const auto& [index, said] : findings_) by_order.emplace(said.order, index);
    for (const auto& [order, index] : by_order) {
        const Said& said = findings_.at(index);
        const Finding& finding = knowledge_->findings[index];
        if (finding.type != Finding::Type::risk) {
            request.symptoms.push_back(
                {finding.id, said.state == State::absent, said.duration, said.severity});
            continue;
        }
        // A word for an age ("my child") gives way to the age.
        if (!finding.rule.empty() && holds(finding.rule, measured) != State::unknown) continue;
        if (finding.id == "pregnant") continue;
        (said.state == State::present ? request.history : request.not_history)
            .push_back(finding.id);
    }
    if (pregnancy_weeks_ && *pregnancy_weeks_ >= kLatePregnancyWeeks)
        request.history.emplace_back("late_pregnancy");
    request.sex = sex_;
    request.pregnant = pregnant_;
    if (pregnancy_weeks_) request.pregnant = true;
    for (const std::string& name : conditions_) request.history.push_back(name);
    // Of a medicine only what it says of the patient's background is of use here.
    for (const std::string& name : medications_)
        if (knowledge_->finding_names.find(name)) request.history.push_back(name);
    request.allergies = allergies_;
    return request;
}

std::optional<PrescriptionRequest> Story::prescription_request(const std::string& diagnosis) const {
    const auto age = values_.find(Input::age);
    if (age == values_.end()) return std::nullopt;
    PrescriptionRequest request;
    request.diagnosis = diagnosis;
    request.patient.age = age->second;
    if (const auto weight = values_.find(Input::weight); weight != values_.end())
        request.patient.weight = weight->second;
    if (!sex_.empty()) request.patient.female = sex_ == "female";
    request.patient.pregnant = pregnant_;
    request.patient.weeks = pregnancy_weeks_;
    request.allergies = allergies_;
    request.medications = medications_;
    request.allergies_stated = allergies_stated_;
    request.medications_stated = medications_stated_;
    return request;
}

}  // namespace clinical
