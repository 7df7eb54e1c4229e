// Questions about drugs, answered from the interaction rules and what is known of the person.
#include <algorithm>
#include <vector>

#include "plugins/chat/reply_sections.hpp"
#include "plugins/clinical/allergies.hpp"

namespace chat {
namespace {

using clinical::Medicine;

constexpr std::size_t kMedicinesMax = 20;  // pairs are looked up: bounds a list

void add(std::vector<Medicine>& list, const Medicine& medicine) {
    if (list.size() < kMedicinesMax &&
        std::ranges::find(list, medicine.label, &Medicine::label) == list.end())
        list.push_back(medicine);
}

class DrugAnswer {
  public:
    DrugAnswer(const Engine& engine, const Consultation& consultation)
        : formulary_(*engine.formulary), story_(consultation.story) {
        for (const auto& drug : consultation.reading.drugs)
            if (drug.role == clinical::DrugRole::asked) add(asked_, drug.medicine);
        for (const auto& taken : clinical::find_medicines(formulary_, story_.medications())) {
            for (const Medicine& medicine : taken.medicines) add(taken_, medicine);
            if (taken.medicines.empty()) unknown_.push_back(taken.input);
        }
    }

    [[nodiscard]] std::string text() const {
        std::string text = "About the medicines that were asked about:" + pairs() + allergies();
        for (const Medicine& medicine : asked_)
            if (medicine.drug) text += limits(formulary_.drugs[*medicine.drug]);
        for (const std::string& name : unknown_)
            text += "\n- " + name + " is not in this list, and so was not checked.";
        return text +
               "\nWhether and how much of a medicine suits somebody, a pharmacist or clinician has "
               "to say.";
    }

  private:
    [[nodiscard]] std::string pairs() const {
        std::string text;
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            for (std::size_t j = i + 1; j < asked_.size(); ++j) text += pair(asked_[i], asked_[j]);
            for (const Medicine& taken : taken_)
                if (taken.label != asked_[i].label) text += pair(asked_[i], taken);
        }
        if (text.empty())
            text = "\n- No other medicine was named, so there was nothing to check " +
                   asked_.front().label + " against. Which others are taken?";
        return text;
    }

    [[nodiscard]] std::string pair(const Medicine& one, const Medicine& other) const {
        std::string text = "\n- " + one.label + " with " + other.label + ": ";
        const clinical::Interaction* rule = formulary_.interactions.between(one, other);
        if (rule == nullptr) {
            text += "no interaction found in this list (" +
                    std::to_string(formulary_.interactions.all().size()) + " rules, " +
                    formulary_.version + "), which is not complete.";
        } else {
            text += std::string(name(rule->severity)) + " interaction: " + rule->mechanism + ". " +
                    rule->management + " (" + cite(*rule->source) +
                    (rule->status == clinical::Status::estimated ? ", estimated)" : ")");
        }
        const std::string twice = clinical::duplicate_of(formulary_.drugs, one, other);
        return twice.empty() ? text : text + " One too many: " + twice + ".";
    }

    [[nodiscard]] std::string allergies() const {
        if (story_.allergies().empty()) return "\n- No allergy was stated, so none was checked.";
        const clinical::AllergyCheck check =
            clinical::check_allergies(formulary_, story_.allergies());
        std::string text;
        for (const Medicine& medicine : asked_) {
            for (std::size_t drug = 0; drug < formulary_.drugs.all().size(); ++drug) {
                const auto& classes = formulary_.drugs[drug].classes;
                const bool meant =
                    medicine.drug
                        ? *medicine.drug == drug
                        : std::ranges::find(classes, medicine.classes.front()) != classes.end();
                if (!meant) continue;
                const std::string& blocked = check.block_reason[drug];
                const std::string& warned = check.warn_reason[drug];
                const std::string& label = formulary_.drugs[drug].label;
                if (!blocked.empty())
                    text += "\n- " + label + ": not with the stated " + blocked + ".";
                else if (!warned.empty())
                    text += "\n- " + label + ": caution, " + warned + ".";
            }
        }
        if (check.incomplete())
            text += "\n- Not every stated allergy is in this list: not all could be checked.";
        return text.empty() ? "\n- No match with the stated allergies found in this list." : text;
    }

    [[nodiscard]] std::string limits(const clinical::Drug& drug) const {
        std::string text;
        if (story_.pregnant() == true)
            for (const clinical::PregnancyLimit& limit : drug.pregnancy)
                text += "\n- " + drug.label + " in pregnancy: " + limit.text + ".";
        const auto age = story_.values().find(clinical::Input::age);
        if (age != story_.values().end() && age->second < drug.age_min)
            text += "\n- " + drug.label + " is not for this age in this list.";
        if (age != story_.values().end() && age->second >= 65 && !drug.beers.empty())
            text += "\n- " + drug.label + " from 65 years on: " + drug.beers + ".";
        return text;
    }

    const clinical::Formulary& formulary_;
    const clinical::Story& story_;
    std::vector<Medicine> asked_;
    std::vector<Medicine> taken_;
    std::vector<std::string> unknown_;
};

}  // namespace

std::string drug_answer(const Engine& engine, const Consultation& consultation) {
    if (!consultation.reading.asks_about_drugs()) return {};
    return DrugAnswer(engine, consultation).text();
}

}  // namespace chat
