#include "plugins/clinical/prescription_report.hpp"

#include <algorithm>
#include <utility>

#include "plugins/clinical/amount.hpp"
#include "plugins/clinical/assessment.hpp"
#include "plugins/clinical/formulas.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;

const char* status_text(Status status) {
    return status == Status::verified ? "verified" : "estimated";
}

Json number_or_null(std::optional<double> value) {
    return value ? Json(rounded(*value, 3)) : Json();
}

Json rejected_json(const std::vector<Rejected>& all) {
    Json list = Json::array();
    for (const Rejected& one : all) list.push_back({{"drug", one.drug}, {"reason", one.reason}});
    return list;
}

class Report {
  public:
    Report(const Formulary& formulary, const PrescriptionRequest& request,
           const Prescription& prescription)
        : formulary_(formulary), request_(request), prescription_(prescription) {}

    PrescriptionReport make() {
        const Json medications = medications_json();
        const Json interactions = interactions_json();
        const Json duplicates = duplicates_json();
        const Json monitoring = monitoring_json();
        const Json finalization = finalization_json();
        PrescriptionReport out;
        out.stages = {
            {"allergy_check", 10, "Checking allergies", {{{"allergies", allergies_json()}}}},
            {"medication_selection", 30, "Choosing medication", selection(medications)},
            {"interaction_check", 60, "Checking interactions", pairs(interactions, duplicates)},
            {"monitoring_advice", 80, "Collecting monitoring", {{{"monitoring", monitoring}}}},
            {"finalization", 95, "Writing advice", {finalization}},
            {"complete", 100, "Complete", {}}};
        out.result = {{"medications", medications},       {"interactions", interactions},
                      {"duplicates", duplicates},         {"interaction_statement", statement()},
                      {"monitoring", monitoring},         {"requires_prescriber_signature", true},
                      {"missing_information", missing()}, {"kb_version", formulary_.version},
                      {"disclaimer", kDisclaimer}};
        out.result.update(finalization);
        out.result["diagnosis"] =
            prescription_.plan == nullptr ? request_.diagnosis : prescription_.plan->label;
        if (prescription_.referral) out.result["refer"] = referral_json();
        if (no_drug()) out.result["no_medication"] = no_drug_json();
        if (!prescription_.left_out.empty())
            out.result["left_out"] = rejected_json(prescription_.left_out);
        if (!request_.not_considered.empty())
            out.result["not_considered"] = request_.not_considered;
        return out;
    }

  private:
    bool no_drug() const {
        return prescription_.plan != nullptr && prescription_.plan->kind == Plan::Kind::none;
    }

    Json no_drug_json() const {
        return {{"reason", prescription_.plan->reason},
                {"source", cite(*prescription_.plan->source)},
                {"status", status_text(prescription_.plan->status)}};
    }

    Json labels(const std::vector<std::size_t>& drugs) const {
        Json list = Json::array();
        for (const std::size_t drug : drugs) list.push_back(formulary_.drugs[drug].label);
        return list;
    }

    Json allergies_json() const {
        Json list = Json::array();
        for (const AllergyItem& item : prescription_.allergies.items) {
            Json one{{"input", item.input},
                     {"group", item.groups},
                     {"reaction", name(item.reaction)},
                     {"blocked", labels(item.blocked)},
                     {"caution", labels(item.warned)}};
            if (!item.notes.empty()) one["notes"] = item.notes;
            if (!item.known) {
                one["unknown"] = "not known here, and so not checked";
                one["nearest"] = item.nearest;
            }
            list.push_back(std::move(one));
        }
        return list;
    }

    Json medications_json() const {
        Json list = Json::array();
        for (const Proposal& proposal : prescription_.proposals)
            list.push_back(medication_json(proposal));
        return list;
    }

    Json medication_json(const Proposal& proposal) const {
        const Regimen& regimen = *proposal.regimen;
        const Drug& drug = formulary_.drugs[regimen.drug];
        const Dose& dose = proposal.dose;
        const bool estimated =
            regimen.status == Status::estimated || drug.status == Status::estimated;
        std::vector<std::string> notes = dose.notes;
        if (!regimen.note.empty()) notes.push_back(regimen.note);
        Json one{{"medication", drug.label},
                 {"drug_id", drug.id},
                 {"atc", drug.atc},
                 {"dose", dose_text(dose, drug)},
                 {"calc", calc_json(dose)},
                 {"route", regimen.route},
                 {"frequency", frequency_text(dose)},
                 {"duration", regimen.duration},
                 {"line", regimen.line},
                 {"guideline", regimen.guideline},
                 {"source", cite(*regimen.source)},
                 {"status", status_text(estimated ? Status::estimated : Status::verified)},
                 {"notes", notes},
                 {"cautions", proposal.cautions},
                 {"confirm", proposal.confirm},
                 {"rejected", rejected_json(proposal.rejected)}};
        if (dose.text.empty())
            one["amount"] = {{"min", rounded(dose.low, 3)},
                             {"max", rounded(dose.high, 3)},
                             {"unit", drug.unit},
                             {"per_day_max", dose.per_day_max},
                             {"day_max", rounded(dose.day_max(), 3)},
                             {"first", number_or_null(dose.first)}};
        return one;
    }

    static std::string dose_text(const Dose& dose, const Drug& drug) {
        if (!dose.text.empty()) return dose.text;
        std::string text =
            range_text(rounded(dose.low, 3), rounded(dose.high, 3)) + " " + drug.unit;
        if (dose.first)
            text = "first " + amount_text(*dose.first) + " " + drug.unit + ", then " + text;
        return text;
    }

    static std::string frequency_text(const Dose& dose) {
        if (dose.per_day_max == 1) return "once a day";
        if (dose.per_day_max == 2 && dose.per_day == 2) return "twice a day";
        return range_text(dose.per_day, dose.per_day_max) + " times a day";
    }

    Json calc_json(const Dose& dose) const {
        Json mg_per_kg;
        if (dose.per_kg_low)
            mg_per_kg = *dose.per_kg_low == *dose.per_kg_high
                            ? Json(*dose.per_kg_low)
                            : Json::array({*dose.per_kg_low, *dose.per_kg_high});
        return {{"mg_per_kg", mg_per_kg},
                {"weight", number_or_null(request_.patient.weight)},
                {"cap", number_or_null(dose.cap_dose)},
                {"cap_day", number_or_null(dose.cap_day)}};
    }

    Json referral_json() const {
        const Referral& referral = *prescription_.referral;
        Json json{{"reason", referral.reason},
                  {"first_aid", referral.first_aid},
                  {"rejected", rejected_json(referral.rejected)},
                  {"needed", referral.needed}};
        if (prescription_.plan == nullptr)
            json["nearest"] = referral.nearest;
        else {
            json["source"] = cite(*prescription_.plan->source);
            json["status"] = status_text(prescription_.plan->status);
        }
        return json;
    }

    std::vector<Json> selection(const Json& medications) const {
        std::vector<Json> chunks(medications.begin(), medications.end());
        if (prescription_.referral) chunks.push_back({{"refer", referral_json()}});
        if (no_drug()) chunks.push_back({{"no_medication", no_drug_json()}});
        return chunks;
    }

    Json interactions_json() const {
        Json list = Json::array();
        for (const FoundInteraction& found : prescription_.interactions)
            list.push_back({{"pair", {found.one, found.other}},
                            {"between", found.between},
                            {"severity", name(found.rule->severity)},
                            {"mechanism", found.rule->mechanism},
                            {"management", found.rule->management},
                            {"source", cite(*found.rule->source)},
                            {"status", status_text(found.rule->status)}});
        return list;
    }

    Json duplicates_json() const {
        Json list = Json::array();
        for (const Duplicate& duplicate : prescription_.duplicates)
            list.push_back({{"pair", {duplicate.one, duplicate.other}}, {"why", duplicate.why}});
        return list;
    }

    // Never "safe".
    std::string statement() const {
        std::string list =
            std::to_string(formulary_.interactions.all().size()) + " rules, " + formulary_.version;
        std::string text = prescription_.interactions.empty()
                               ? "no interaction found in this list (" + list + ")"
                               : std::to_string(prescription_.interactions.size()) +
                                     " found in this list (" + list + "), which is not complete";
        for (const TakenMedicine& taken : prescription_.taken)
            if (taken.medicines.empty())
                return text + "; not everything that is taken is known here";
        return text;
    }

    std::vector<Json> pairs(const Json& interactions, const Json& duplicates) const {
        std::vector<Json> chunks(interactions.begin(), interactions.end());
        for (const Json& duplicate : duplicates) chunks.push_back({{"duplicate", duplicate}});
        for (const TakenMedicine& taken : prescription_.taken)
            if (taken.medicines.empty())
                chunks.push_back({{"unknown_medication", taken.input}, {"nearest", taken.nearest}});
        chunks.push_back({{"statement", statement()}});
        return chunks;
    }

    Json monitoring_json() const {
        Json list = Json::array();
        for (const Proposal& proposal : prescription_.proposals)
            for (const Monitoring& item : formulary_.drugs[proposal.regimen->drug].monitor)
                list.push_back({{"drug", formulary_.drugs[proposal.regimen->drug].label},
                                {"what", item.what},
                                {"when", item.when},
                                {"why", item.why}});
        return list;
    }

    Json finalization_json() const {
        Json notes = Json::array();
        Json follow_up = "By the clinician who made the diagnosis.";
        Json when_to_return = "If anything gets worse.";
        if (prescription_.plan != nullptr) {
            if (!prescription_.referral)
                for (const std::string& text : prescription_.plan->advice) notes.push_back(text);
            follow_up = prescription_.plan->follow_up;
            when_to_return = prescription_.plan->when_to_return;
        }
        for (const Proposal& proposal : prescription_.proposals) {
            const Drug& drug = formulary_.drugs[proposal.regimen->drug];
            if (!drug.advice.empty()) notes.push_back(drug.label + ": " + drug.advice);
        }
        return {{"compliance_notes", notes},
                {"follow_up", follow_up},
                {"when_to_return", when_to_return}};
    }

    // What nobody stated, each thing once, in the order in which it came up.
    Json missing() const {
        Json list = Json::array();
        const auto add = [&](const std::string& text) {
            if (std::ranges::find(list, Json(text)) == list.end()) list.push_back(text);
        };
        if (!request_.allergies_stated) add("allergies were not stated");
        if (!request_.medications_stated) add("current medication was not stated");
        if (!request_.patient.weight) add("weight was not given");
        if (!request_.patient.kidney_note.empty()) add(request_.patient.kidney_note);
        for (const TakenMedicine& taken : prescription_.taken)
            if (taken.medicines.empty()) add("not known here, and so not checked: " + taken.input);
        for (const Proposal& proposal : prescription_.proposals)
            for (const std::string& text : proposal.confirm)
                add(formulary_.drugs[proposal.regimen->drug].label + ": " + text);
        if (prescription_.referral)
            for (const std::string& field : prescription_.referral->needed) add(field);
        return list;
    }

    const Formulary& formulary_;
    const PrescriptionRequest& request_;
    const Prescription& prescription_;
};

}  // namespace

PrescriptionReport report(const Formulary& formulary, const PrescriptionRequest& request,
                          const Prescription& prescription) {
    return Report(formulary, request, prescription).make();
}

}  // namespace clinical
