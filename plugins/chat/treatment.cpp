// The treatment step: what the prescribing engine proposes for the leading possibility, for a
// clinician to review.
#include "plugins/chat/reply_sections.hpp"
#include "plugins/clinical/prescription_report.hpp"

namespace chat {
namespace {

using Json = nlohmann::json;

std::string items(std::string_view title, const Json& list) {
    std::string text;
    for (const Json& item : list)
        text += (text.empty() ? std::string(title) : "; ") + item.get<std::string>();
    return text.empty() ? text : "\n" + text + ".";
}

std::string option(const Json& one) {
    const auto text = [&](const char* key) { return one.value(key, std::string()); };
    std::string line = "\n- " + text("medication") + " " + text("dose") + ", " + text("route") +
                       ", " + text("frequency") + ", " + text("duration") + " (" +
                       text("guideline") + (text("status") == "estimated" ? ", estimated)" : ")");
    for (const char* key : {"cautions", "confirm"})
        for (const Json& note : one.value(key, Json::array()))
            line += "; " + note.get<std::string>();
    return line;
}

std::string refer(const Json& result, const std::string& leading) {
    const Json& referral = result.at("refer");
    return "For " + leading + " nothing is proposed here: refer (" +
           referral.value("reason", std::string()) + ")." +
           items("Meanwhile: ", referral.value("first_aid", Json::array()));
}

// What no proposal can be made without; empty: nothing.
std::string missing(const Consultation& consultation) {
    const auto request = consultation.story.prescription_request("");
    std::string list;
    const auto need = [&](bool known, std::string_view what) {
        if (!known) list += (list.empty() ? "" : ", ") + std::string(what);
    };
    need(request.has_value(), "the age");
    need(request && request->allergies_stated, "allergies (or that there are none)");
    need(request && request->medications_stated, "current medicines (or that there are none)");
    return list;
}

}  // namespace

std::string treatment(const Engine& engine, const Consultation& consultation) {
    if (!consultation.assessment) return "Nothing is known yet that a treatment could be for.";
    if (consultation.emergency)
        return "An emergency comes first: follow the advice above. No treatment is proposed here.";
    const clinical::Assessment& assessment = *consultation.assessment;
    const std::string& leading = assessment.primary().condition->label;
    if (assessment.differential.ranked.front().condition == nullptr)
        return "No possibility stands out enough to look up a treatment for it.";
    const std::string lacking = missing(consultation);
    if (!lacking.empty())
        return "To look up what guidance offers for " + leading + " these are missing: " + lacking +
               ".";
    const auto request = consultation.story.prescription_request(leading);
    const Json result = clinical::report(*engine.formulary, *request,
                                         clinical::prescribe(*engine.formulary, *request))
                            .result;
    if (result.contains("refer")) return refer(result, leading);
    std::string text;
    if (result.contains("no_medication"))
        text = "Guidance offers no medicine for " + leading + ": " +
               result["no_medication"].value("reason", std::string()) + ".";
    else
        text = "If a clinician confirms " + leading +
               ", guidance offers, for review and not to be "
               "taken without a prescriber:";
    for (const Json& one : result["medications"]) text += option(one);
    for (const Json& one : result["interactions"])
        text += "\nInteraction: " + one.value("pair", Json()).dump() + " " +
                one.value("severity", std::string()) + ". " +
                one.value("management", std::string());
    return text + "\nChecked: " + result["interaction_statement"].get<std::string>() + "." +
           items("Missing: ", result["missing_information"]);
}

}  // namespace chat
