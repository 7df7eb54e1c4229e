#include "plugins/clinical/prescription_request.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "plugins/clinical/formulas.hpp"
#include "plugins/clinical/input.hpp"
#include "plugins/clinical/quantities.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kItemsMax = 50;
constexpr std::size_t kTextBytesMax = 200;
constexpr double kFertileFrom = 12;
constexpr double kFertileTo = 55;
constexpr double kEgfrMax = 200;

const Json& member(const Json& object, std::string_view key) {
    static const Json kNone;
    const auto found = object.find(key);
    return found == object.end() ? kNone : *found;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

// A JSON number or text, in the unit of `input`. Refuses what parse_quantity refuses.
double read_input(Input input, const Json& value, const std::string& field) {
    if (!value.is_number() && !value.is_string())
        refuse(field, "must be " + std::string(info(input).accepted));
    const auto quantity = parse_quantity(
        input, value.is_string() ? value.get<std::string>() : number_text(value.get<double>()));
    if (!quantity) refuse(field, quantity.error());
    return quantity->value;
}

std::optional<bool> read_female(const Json& value, const std::string& field) {
    if (value.is_null()) return std::nullopt;
    const std::string sex = value.is_string() ? lower(value.get<std::string>()) : "?";
    if (is_one_of(sex, {"f", "female", "woman", "girl"})) return true;
    if (is_one_of(sex, {"m", "male", "man", "boy"})) return false;
    if (is_one_of(sex, {"", "unknown", "other", "not stated"})) return std::nullopt;
    refuse(field, R"(must be "male" or "female")");
}

std::optional<Hepatic> read_hepatic(const Json& value, const std::string& field) {
    if (value.is_null()) return std::nullopt;
    if (value.is_boolean()) {
        if (!value.get<bool>()) return Hepatic::none;
    } else if (value.is_string()) {
        const std::string text = lower(value.get<std::string>());
        if (is_one_of(text, {"none", "normal", "no"})) return Hepatic::none;
        if (is_one_of(text, {"mild", "a", "child-pugh a"})) return Hepatic::mild;
        if (is_one_of(text, {"moderate", "b", "child-pugh b"})) return Hepatic::moderate;
        if (is_one_of(text, {"severe", "c", "child-pugh c"})) return Hepatic::severe;
        if (is_one_of(text, {"", "unknown"})) return std::nullopt;
    }
    refuse(field, R"(must be "none", "mild", "moderate" or "severe" (Child-Pugh A, B, C))");
}

void read_pregnancy(const Json& info, Patient& patient) {
    const std::string field = "patient_info.pregnant";
    const Json& pregnant = member(info, "pregnant");
    if (!pregnant.is_null() && !pregnant.is_boolean())
        refuse(field, "must be true or false; weeks go into patient_info.pregnancy_weeks");
    if (pregnant.is_boolean()) patient.pregnant = pregnant.get<bool>();
    const Json& weeks = member(info, "pregnancy_weeks");
    if (weeks.is_null()) return;
    if (!weeks.is_number() || weeks.get<double>() < 0 || weeks.get<double>() > 45)
        refuse("patient_info.pregnancy_weeks", "must be a number of weeks from 0 to 45");
    if (patient.pregnant == false)
        refuse("patient_info.pregnancy_weeks", "does not go with pregnant: false");
    patient.weeks = weeks.get<double>();
    patient.pregnant = true;
}

double read_egfr(const Json& value) {
    if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > kEgfrMax)
        refuse("patient_info.egfr", "must be a number of ml/min from 0 to 200");
    return value.get<double>();
}

void read_kidneys(const Json& info, Patient& patient) {
    const Json& creatinine = member(info, "creatinine");
    const double mg_per_dl =
        creatinine.is_null() ? 0
                             : read_input(Input::creatinine, creatinine, "patient_info.creatinine");
    if (const Json& egfr = member(info, "egfr"); !egfr.is_null()) {
        patient.egfr = read_egfr(egfr);
        patient.kidney = Kidney::stated;
        return;
    }
    if (creatinine.is_null()) return;
    if (!patient.adult()) {
        patient.kidney_note = "creatinine not used: the formula is for adults; give egfr";
    } else if (!patient.weight || !patient.female) {
        patient.kidney_note = "creatinine not used: the formula needs weight and sex";
    } else {
        patient.egfr = cockcroft_gault(patient.age, *patient.weight, mg_per_dl, *patient.female);
        patient.kidney = Kidney::cockcroft_gault;
    }
}

// A string, or an object: its name and what else there is in words.
std::string read_item(const Json& item, const std::string& field) {
    std::string text;
    if (item.is_string()) text = item.get<std::string>();
    if (item.is_object())
        for (const char* key :
             {"name", "drug", "substance", "medication", "reaction", "severity"}) {
            const Json& part = member(item, key);
            if (part.is_null()) continue;
            if (!part.is_string()) refuse(field + "." + key, "must be a string");
            text += (text.empty() ? "" : " ") + part.get<std::string>();
        }
    if (text.find_first_not_of(' ') == std::string::npos)
        refuse(field, R"(must be a name ("penicillin") or an object with name)");
    if (text.size() > kTextBytesMax)
        refuse(field, "must not be over " + std::to_string(kTextBytesMax) + " bytes");
    return text;
}

std::vector<std::string> read_list(const Json& data, const Json& info, const char* key,
                                   bool& stated) {
    const bool outside = !member(data, key).is_null();
    const Json& list = outside ? member(data, key) : member(info, key);
    const std::string field = outside ? key : std::string("patient_info.") + key;
    std::vector<std::string> items;
    stated = !list.is_null();
    if (!stated) return items;
    if (list.is_string()) {
        items.push_back(read_item(list, field));
        return items;
    }
    if (!list.is_array()) refuse(field, "must be a list of names");
    if (list.size() > kItemsMax)
        refuse(field, "must not have over " + std::to_string(kItemsMax) + " items");
    for (const Json& item : list)
        items.push_back(read_item(item, field + "[" + std::to_string(items.size()) + "]"));
    return items;
}

std::string read_diagnosis(const Json& data) {
    const Json& diagnosis = member(data, "diagnosis");
    if (!diagnosis.is_string() ||
        diagnosis.get_ref<const std::string&>().find_first_not_of(' ') == std::string::npos)
        refuse("diagnosis", R"(must be the name of a condition ("otitis media"))");
    if (diagnosis.get_ref<const std::string&>().size() > kTextBytesMax)
        refuse("diagnosis", "must not be over " + std::to_string(kTextBytesMax) + " bytes");
    return diagnosis.get<std::string>();
}

void note_unknown(const Json& object, const std::string& prefix,
                  std::initializer_list<std::string_view> known, std::vector<std::string>& out) {
    for (const auto& [key, value] : object.items())
        if (std::ranges::find(known, key) == known.end() && out.size() < kItemsMax &&
            key.size() <= kTextBytesMax)
            out.push_back(prefix + key);
}

PrescriptionRequest read(const Json& data) {
    if (!data.is_object()) refuse("data", "must be an object with diagnosis and patient_info");
    PrescriptionRequest request;
    request.diagnosis = read_diagnosis(data);
    const Json& info = member(data, "patient_info");
    if (!info.is_object()) refuse("patient_info", "must be an object with age, weight and sex");
    Patient& patient = request.patient;
    patient.age = read_input(Input::age, member(info, "age"), "patient_info.age");
    if (const Json& weight = member(info, "weight"); !weight.is_null())
        patient.weight = read_input(Input::weight, weight, "patient_info.weight");
    patient.female = read_female(member(info, "sex"), "patient_info.sex");
    read_pregnancy(info, patient);
    if (patient.pregnant == true && patient.female == false)
        refuse("patient_info.pregnant", "does not go with sex: male");
    read_kidneys(info, patient);
    patient.hepatic = read_hepatic(member(info, "hepatic"), "patient_info.hepatic");
    request.allergies = read_list(data, info, "allergies", request.allergies_stated);
    request.medications = read_list(data, info, "current_medications", request.medications_stated);
    note_unknown(data, "", {"diagnosis", "patient_info", "allergies", "current_medications"},
                 request.not_considered);
    note_unknown(info, "patient_info.",
                 {"age", "weight", "sex", "pregnant", "pregnancy_weeks", "egfr", "creatinine",
                  "hepatic", "allergies", "current_medications"},
                 request.not_considered);
    return request;
}

}  // namespace

bool Patient::may_be_pregnant() const {
    if (pregnant) return *pregnant;
    return female != false && age >= kFertileFrom && age <= kFertileTo;
}

std::expected<PrescriptionRequest, InputError> read_prescription_request(const Json& data) {
    try {
        return read(data);
    } catch (const InputError& error) {
        return std::unexpected(error);
    }
}

}  // namespace clinical
