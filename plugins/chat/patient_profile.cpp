#include "plugins/chat/patient_profile.hpp"

#include <optional>
#include <string>

#include "plugins/clinical/quantities.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

// A number or a text, as text.
std::optional<std::string> scalar(const Json& profile, const char* key) {
    const auto found = profile.find(key);
    if (found == profile.end()) return std::nullopt;
    if (found->is_number()) return clinical::number_text(found->get<double>());
    if (found->is_string()) return found->get<std::string>();
    return std::nullopt;
}

void add_value(clinical::Story& story, clinical::Input input, const Json& profile,
               const char* key) {
    const auto text = scalar(profile, key);
    if (!text) return;
    if (const auto quantity = clinical::parse_quantity(input, *text))
        story.set_value(input, quantity->value);
}

// Calls `take` with each name; says whether there is a list at all.
template <typename Take>
bool each_name(const Json& list, Take take) {
    if (list.is_string()) {
        take(list.get<std::string>());
        return true;
    }
    if (list.is_object() && list.contains("name")) return each_name(list["name"], take);
    if (!list.is_array() && !list.is_object()) return false;
    for (const Json& item : list) each_name(item, take);
    return true;
}

template <typename Take>
bool each_of(const Json& profile, std::initializer_list<const char*> keys, Take take) {
    bool stated = false;
    for (const char* key : keys)
        if (const auto found = profile.find(key); found != profile.end())
            stated = each_name(*found, take) || stated;
    return stated;
}

}  // namespace

void add_profile(clinical::Story& story, const Json& profile) {
    if (!profile.is_object()) return;
    add_value(story, clinical::Input::age, profile, "age");
    add_value(story, clinical::Input::weight, profile, "weight");
    for (const char* key : {"sex", "gender"}) {
        const std::string sex = scalar(profile, key).value_or("");
        if (sex == "female" || sex == "Female" || sex == "f" || sex == "F") story.set_sex("female");
        if (sex == "male" || sex == "Male" || sex == "m" || sex == "M") story.set_sex("male");
    }
    const auto pregnant = profile.find("pregnant");
    if (pregnant != profile.end() && pregnant->is_boolean()) story.set_pregnant(*pregnant);
    each_of(profile, {"chronic_conditions", "conditions"},
            [&](std::string name) { story.add_condition(std::move(name)); });
    if (each_of(profile, {"current_medications", "medications"},
                [&](std::string name) { story.add_medication(std::move(name)); }))
        story.medications_are_stated();
    if (each_of(profile, {"allergies"},
                [&](std::string name) { story.add_allergy(std::move(name)); }))
        story.allergies_are_stated();
}

}  // namespace chat
