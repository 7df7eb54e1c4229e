#include "plugins/clinical/request.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "plugins/clinical/quantities.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDepthMax = 8;

// A number or a text, as text; nothing where it is absent.
std::optional<std::string> scalar(const Json& object, const char* name, const std::string& field,
                                  std::string_view accepted) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return std::nullopt;
    if (found->is_number()) return number_text(found->get<double>());
    if (found->is_string() && found->get_ref<const std::string&>().size() <= kNameBytesMax)
        return found->get<std::string>();
    refuse(field, "must be " + std::string(accepted));
}

std::optional<bool> boolean(const Json& object, const char* name, const std::string& field) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return std::nullopt;
    if (!found->is_boolean()) refuse(field, "must be true or false");
    return found->get<bool>();
}

std::string name_at(const Json& value, const std::string& field) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
        value.get_ref<const std::string&>().size() > kNameBytesMax)
        refuse(field, "must be a name, at most 200 bytes");
    return value.get<std::string>();
}

Symptom read_symptom(const Json& item, const std::string& field) {
    Symptom symptom;
    if (item.is_string()) {
        symptom.name = name_at(item, field);
        return symptom;
    }
    if (!item.is_object())
        refuse(field, "must be a name, or {name, severity?, duration?, absent?}");
    symptom.name = name_at(item.contains("name") ? item["name"] : Json(), field + ".name");
    symptom.absent = boolean(item, "absent", field + ".absent").value_or(false);
    symptom.duration =
        scalar(item, "duration", field + ".duration", kDurationForms).value_or(std::string());
    symptom.severity =
        scalar(item, "severity", field + ".severity", kSeverityForms).value_or(std::string());
    return symptom;
}

void read_symptoms(const Json& data, DiagnosisRequest& request) {
    const auto found = data.find("symptoms");
    if (found == data.end() || !found->is_array())
        refuse("symptoms", "must be a list: [{\"name\": \"fever\", \"duration\": \"3 days\"}, …]");
    if (found->size() > kSymptomsMax) refuse("symptoms", "must be at most 100");
    for (std::size_t i = 0; i < found->size(); ++i)
        request.symptoms.push_back(
            read_symptom((*found)[i], "symptoms[" + std::to_string(i) + "]"));
}

void add_vital(DiagnosisRequest& request, Input input, const Json& object,
               const std::string& section, const char* name) {
    const std::string field = section + "." + name;
    const auto text = scalar(object, name, field, info(input).accepted);
    if (!text) return;
    const auto quantity = parse_quantity(input, *text);
    if (!quantity) refuse(field, quantity.error());
    request.vitals.push_back({input, quantity->value, quantity->note});
}

void read_pressure(DiagnosisRequest& request, const Json& vitals) {
    const auto found = vitals.find("blood_pressure");
    if (found == vitals.end() || found->is_null()) return;
    std::string text;
    if (found->is_string()) text = found->get<std::string>();
    if (found->is_object() && found->contains("systolic") && found->contains("diastolic") &&
        (*found)["systolic"].is_number() && (*found)["diastolic"].is_number())
        text = number_text((*found)["systolic"].get<double>()) + "/" +
               number_text((*found)["diastolic"].get<double>());
    const auto pressure = parse_pressure(text);
    if (!pressure) refuse("vitals.blood_pressure", pressure.error());
    request.vitals.push_back({Input::systolic, pressure->first, {}});
    request.vitals.push_back({Input::diastolic, pressure->second, {}});
}

void read_consciousness(DiagnosisRequest& request, const Json& vitals) {
    const std::string_view accepted =
        "A, C, V, P or U (alert, confused, responds to voice, to pain, unresponsive)";
    const auto text = scalar(vitals, "consciousness", "vitals.consciousness", accepted);
    if (!text) return;
    std::string word;
    for (const char c : *text) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    constexpr std::array<std::string_view, 9> kAltered{
        "c", "v", "p", "u", "confused", "confusion", "voice", "pain", "unresponsive"};
    if (word == "a" || word == "alert")
        request.alert = true;
    else if (std::ranges::find(kAltered, word) != kAltered.end())
        request.alert = false;
    else
        refuse("vitals.consciousness", "must be " + std::string(accepted));
}

void read_vitals(const Json& data, DiagnosisRequest& request) {
    const auto found = data.find("vitals");
    if (found == data.end() || found->is_null()) return;
    if (!found->is_object()) refuse("vitals", "must be an object: {\"temperature\": 38.5, …}");
    for (const Input input : {Input::temperature, Input::heart_rate})
        add_vital(request, input, *found, "vitals", info(input).name.data());
    read_pressure(request, *found);
    for (const Input input : {Input::respiratory_rate, Input::oxygen_saturation, Input::glucose,
                              Input::urea, Input::white_cells, Input::creatinine})
        add_vital(request, input, *found, "vitals", info(input).name.data());
    request.on_oxygen = boolean(*found, "on_oxygen", "vitals.on_oxygen");
    request.hypercapnic_target =
        boolean(*found, "hypercapnic_target", "vitals.hypercapnic_target").value_or(false);
    read_consciousness(request, *found);
}

// A list of names, or of objects with a name.
std::vector<std::string> names(const Json& history, const char* name) {
    std::vector<std::string> names;
    const auto found = history.find(name);
    if (found == history.end() || found->is_null()) return names;
    const std::string field = std::string("history.") + name;
    if (!found->is_array() || found->size() > kHistoryMax)
        refuse(field, "must be a list of names, at most 100");
    for (std::size_t i = 0; i < found->size(); ++i) {
        const Json& item = (*found)[i];
        const std::string place = field + "[" + std::to_string(i) + "]";
        names.push_back(item.is_object() && item.contains("name") ? name_at(item["name"], place)
                                                                  : name_at(item, place));
    }
    return names;
}

void read_sex(const Json& history, DiagnosisRequest& request) {
    const auto text = scalar(history, "sex", "history.sex", "\"female\" or \"male\"");
    if (!text) return;
    const char first = text->empty() ? ' ' : static_cast<char>(text->front() | 0x20);
    const bool known = *text == "f" || *text == "m" || *text == "F" || *text == "M";
    if (first == 'f' && (known || text->size() == 6))
        request.sex = "female";
    else if (first == 'm' && (known || text->size() == 4))
        request.sex = "male";
    else if (*text != "other" && *text != "unknown")
        refuse("history.sex", "must be \"female\", \"male\", \"other\" or \"unknown\"");
}

void read_history(const Json& data, DiagnosisRequest& request) {
    const auto found = data.find("history");
    if (found == data.end() || found->is_null()) return;
    if (!found->is_object())
        refuse("history", "must be an object: {\"age\": 45, \"sex\": \"female\", …}");
    add_vital(request, Input::age, *found, "history", "age");
    add_vital(request, Input::weight, *found, "history", "weight");
    read_sex(*found, request);
    request.pregnant = boolean(*found, "pregnant", "history.pregnant");
    request.allergies = names(*found, "allergies");
    for (const char* list : {"conditions", "medications", "risk_factors"})
        std::ranges::move(names(*found, list), std::back_inserter(request.history));
    // Any other true or false is a risk factor by its name: {"smoker": true}.
    for (const auto& [name, value] : found->items()) {
        if (!value.is_boolean() || name == "pregnant") continue;
        if (name.empty() || name.size() > kNameBytesMax ||
            request.history.size() >= 4 * kHistoryMax)
            refuse("history", "has a name that is empty or over 200 bytes, or too many");
        (value.get<bool>() ? request.history : request.not_history).push_back(name);
    }
}

bool too_deep(std::string_view json) {
    std::size_t depth = 0;
    for (const char c : json) {
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && depth > 0) --depth;
        if (depth > kDepthMax) return true;
    }
    return false;
}

}  // namespace

std::optional<double> DiagnosisRequest::value(Input input) const {
    const auto found = std::ranges::find(vitals, input, &Vital::input);
    if (found == vitals.end()) return std::nullopt;
    return found->value;
}

std::expected<DiagnosisRequest, InputError> parse_diagnosis(std::string_view json) {
    const Json data =
        too_deep(json) ? Json(Json::value_t::discarded) : Json::parse(json, nullptr, false);
    if (!data.is_object())
        return std::unexpected(InputError{
            "data", "must be an object: {\"symptoms\": […], \"vitals\": {…}, \"history\": {…}}"});
    try {
        DiagnosisRequest request;
        read_symptoms(data, request);
        read_vitals(data, request);
        read_history(data, request);
        if (const auto setting =
                scalar(data, "setting", "setting", "\"primary_care\" or \"emergency\"")) {
            if (*setting != "primary_care" && *setting != "emergency")
                refuse("setting", "must be \"primary_care\" or \"emergency\"");
            request.setting = *setting;
        }
        if (request.symptoms.empty() && request.vitals.empty())
            refuse("symptoms", "must name at least one, or vitals must hold a value");
        return request;
    } catch (const InputError& error) {
        return std::unexpected(error);
    }
}

}  // namespace clinical
