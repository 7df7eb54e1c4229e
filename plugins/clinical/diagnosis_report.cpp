#include "plugins/clinical/diagnosis_report.hpp"

#include <algorithm>
#include <array>

#include "plugins/clinical/formulas.hpp"
#include "plugins/clinical/quantities.hpp"

namespace clinical {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kReasonsMax = 12;
constexpr std::string_view kStates[] = {"unknown", "absent", "present"};
constexpr std::string_view kMatches[] = {"exact", "synonym", "spelling", "phrase"};

std::string_view name_of(Status status) {
    return status == Status::verified ? "verified" : "estimated";
}

// Where a value lies, by the bands that NEWS2 gives points for and the limits of the age.
class Bands {
  public:
    Bands(const Knowledge& knowledge, const Facts& facts) : knowledge_(knowledge), facts_(facts) {}

    [[nodiscard]] std::string of(const Vital& vital) const {
        const auto says = [this](std::string_view id) {
            const auto index = knowledge_.findings.find(id);
            return index && facts_.findings[*index] == State::present;
        };
        switch (vital.input) {
            case Input::temperature:
                return vital.value <= 35   ? "very low"
                       : vital.value < 36  ? "low"
                       : vital.value <= 38 ? "normal"
                       : vital.value < 39  ? "fever"
                                           : "high fever";
            case Input::oxygen_saturation:
                return vital.value <= 91 ? "very low" : vital.value <= 95 ? "low" : "normal";
            case Input::heart_rate:
                return by_age(says("tachycardia")   ? "fast"
                              : says("bradycardia") ? "slow"
                                                    : "normal");
            case Input::respiratory_rate:
                return by_age(says("tachypnoea") ? "fast" : vital.value < 9 ? "slow" : "normal");
            case Input::systolic:
                return by_age(says("hypotension")  ? "low"
                              : vital.value >= 180 ? "very high"
                              : vital.value >= 140 ? "high"
                                                   : "normal");
            case Input::diastolic:
                return vital.value >= 120 ? "very high" : vital.value >= 90 ? "high" : "not high";
            case Input::glucose:
                return vital.value < 4       ? "low"
                       : vital.value >= 11.1 ? "high"
                                             : "not diabetic at random";
            default:
                return "recorded";
        }
    }

  private:
    // What is fast or low depends on the age.
    [[nodiscard]] std::string by_age(std::string band) const {
        return facts_.value(Input::age) ? band : "not judged: the age is missing";
    }

    const Knowledge& knowledge_;
    const Facts& facts_;
};

class Reporter {
  public:
    Reporter(const Knowledge& knowledge, const DiagnosisRequest& request,
             const Assessment& assessment)
        : knowledge_(knowledge), request_(request), assessment_(assessment) {}

    [[nodiscard]] DiagnosisReport report() const {
        DiagnosisReport report;
        report.emergency = emergency_of(assessment_.flags);
        report.stages = {
            {"symptoms_analysis", 10, "Symptoms matched to known findings", {symptoms()}},
            {"vitals_evaluation", 30, "Vital signs and scores", {vitals()}},
            {"history_review", 50, "History, risk factors, exclusions", {history()}},
            {"differential_diagnosis", 70, "Possible causes, ranked", differential()},
            {"primary_diagnosis", 90, "The leading possibility and what to do next", {primary()}},
            {"complete", 100, "Complete", {}}};
        report.result = result();
        return report;
    }

  private:
    [[nodiscard]] Json matched(const std::vector<Intake::Matched>& all) const {
        Json list = Json::array();
        for (const Intake::Matched& each : all)
            list.push_back({{"input", each.input},
                            {"finding", knowledge_.findings[each.finding].label},
                            {"id", knowledge_.findings[each.finding].id},
                            {"state", kStates[static_cast<std::size_t>(each.state)]},
                            {"match", kMatches[static_cast<std::size_t>(each.kind)]}});
        return list;
    }

    [[nodiscard]] Json unmatched(bool history) const {
        Json list = Json::array();
        for (const Intake::Unmatched& each : assessment_.intake.unmatched)
            if ((each.field == "history") == history)
                list.push_back(
                    {{"input", each.input}, {"field", each.field}, {"nearest", each.nearest}});
        return list;
    }

    [[nodiscard]] Json symptoms() const {
        Json flags = Json::array();
        for (const auto& raised : assessment_.flags)
            flags.push_back({{"id", raised.flag->id},
                             {"label", raised.flag->label},
                             {"urgency", clinical::name_of(raised.flag->urgency)},
                             {"because", raised.because},
                             {"action", raised.flag->action},
                             {"source", cite(*raised.flag->source)}});
        return {{"matched", matched(assessment_.intake.matched)},
                {"unmatched", unmatched(false)},
                {"red_flags", flags}};
    }

    [[nodiscard]] Json score(const ScoreResult& result) const {
        Json inputs = Json::array();
        Json missing = Json::array();
        for (const auto& item : result.items) {
            if (item.points.exact())
                inputs.push_back({{"name", item.item->name}, {"points", item.points.min}});
            else
                missing.push_back(
                    {{"name", item.item->name}, {"points", {item.points.min, item.points.max}}});
        }
        Json json{{"id", result.score->id},
                  {"label", result.score->label},
                  {"inputs", inputs},
                  {"missing", missing},
                  {"interpretation", result.interpretation},
                  {"source", cite(*result.score->source)}};
        if (result.points.exact())
            json["value"] = result.points.min;
        else
            json["range"] = {result.points.min, result.points.max};
        return json;
    }

    [[nodiscard]] Json vitals() const {
        const Bands bands(knowledge_, assessment_.intake.facts);
        Json values = Json::array();
        for (const Vital& vital : request_.vitals) {
            if (vital.input == Input::age || vital.input == Input::weight) continue;
            Json value{{"name", info(vital.input).name},
                       {"value", vital.value},
                       {"unit", info(vital.input).unit},
                       {"band", bands.of(vital)}};
            if (!vital.note.empty()) value["note"] = vital.note;
            values.push_back(std::move(value));
        }
        Json missing = Json::array();
        for (const Input input : {Input::temperature, Input::heart_rate, Input::systolic,
                                  Input::respiratory_rate, Input::oxygen_saturation})
            if (!request_.value(input)) missing.push_back(info(input).name);
        Json scores = Json::array();
        for (const ScoreResult& result : assessment_.intake.scores) scores.push_back(score(result));
        return {{"vitals", values}, {"missing", missing}, {"scores", scores}};
    }

    [[nodiscard]] Json history() const {
        Json exclusions = Json::array();
        for (const Exclusion& each : assessment_.differential.excluded)
            exclusions.push_back({{"diagnosis", each.condition->label}, {"reason", each.reason}});
        return {{"risk_factors", matched(assessment_.intake.background)},
                {"unmatched", unmatched(true)},
                {"allergies", request_.allergies},
                {"exclusions", exclusions}};
    }

    [[nodiscard]] std::string name_of_reason(const Reason& reason) const {
        if (reason.score) return knowledge_.scores.all()[*reason.score].label;
        if (reason.flag != nullptr) return "red flag: " + reason.flag->label;
        const std::string& label = knowledge_.findings[*reason.finding].label;
        return reason.state == State::absent ? "no " + label : label;
    }

    [[nodiscard]] Json reasons(const Ranked& ranked, bool speaks_for) const {
        Json list = Json::array();
        for (const Reason& reason : ranked.reasons) {
            const bool wanted = speaks_for ? reason.speaks_for() : reason.speaks_against();
            if (!wanted || list.size() >= kReasonsMax) continue;
            const Source* also = reason.evidence == nullptr ? nullptr : reason.evidence->also;
            Json json{{"finding", name_of_reason(reason)},
                      {"lr", rounded(reason.lr, 2)},
                      {"status", name_of(reason.status)},
                      {"source", cite(*reason.source, also)}};
            if (reason.evidence != nullptr && !reason.evidence->numbers.empty())
                json["numbers"] = reason.evidence->numbers;
            if (reason.weight < 1) json["weight"] = reason.weight;
            if (reason.brought) json["note"] = "described by the source, without a number";
            if (reason.unexplained) json["note"] = "not brought by this condition";
            list.push_back(std::move(json));
        }
        return list;
    }

    [[nodiscard]] Json prior(const Priors::Of& prior) const {
        Json json{{"p", rounded(prior.probability, 6)},
                  {"status", name_of(prior.status)},
                  {"source", cite(*prior.prior->source, prior.prior->also)}};
        if (prior.of_complaint) {
            const auto complaint = *assessment_.differential.complaint;
            json["among"] = knowledge_.findings[complaint].label;
        }
        if (!prior.prior->numbers.empty()) json["numbers"] = prior.prior->numbers;
        return json;
    }

    [[nodiscard]] Json entry(const Ranked& ranked) const {
        const double probability = rounded(ranked.probability, 4);
        if (ranked.condition == nullptr)
            return {{"diagnosis", "Undifferentiated: none of the conditions known here"},
                    {"id", "undifferentiated"},
                    {"probability", probability},
                    {"icd10", "R69"},
                    {"for", Json::array()},
                    {"against", Json::array()},
                    {"dont_miss", false}};
        return {{"diagnosis", ranked.condition->label},
                {"id", ranked.condition->id},
                {"probability", probability},
                {"icd10", ranked.condition->icd10},
                {"prior", prior(ranked.prior)},
                {"for", reasons(ranked, true)},
                {"against", reasons(ranked, false)},
                {"urgency", clinical::name_of(ranked.condition->urgency)},
                {"dont_miss", ranked.condition->dont_miss}};
    }

    [[nodiscard]] std::vector<Json> differential() const {
        std::vector<Json> entries;
        for (const Ranked* ranked : assessment_.shown()) entries.push_back(entry(*ranked));
        return entries;
    }

    [[nodiscard]] std::string reasoning() const {
        const Ranked& first = assessment_.primary();
        std::string text = "Most likely of the conditions known here: " + first.condition->label;
        std::string pro, con;
        std::size_t pros = 0, cons = 0;
        for (const Reason& reason : first.reasons) {
            if (reason.speaks_for() && pros++ < 4)
                pro += (pro.empty() ? "" : ", ") + name_of_reason(reason);
            if (reason.speaks_against() && cons++ < 2)
                con += (con.empty() ? "" : ", ") + name_of_reason(reason);
        }
        text += pro.empty() ? ". It leads by its frequency alone." : ". For it: " + pro + ".";
        if (!con.empty()) text += " Against it: " + con + ".";
        return text;
    }

    [[nodiscard]] Json alternatives() const {
        Json list = Json::array();
        for (const Ranked* ranked : assessment_.shown())
            if (ranked != &assessment_.primary() && ranked->condition != nullptr)
                list.push_back({{"diagnosis", ranked->condition->label},
                                {"probability", rounded(ranked->probability, 4)},
                                {"dont_miss", ranked->condition->dont_miss}});
        return list;
    }

    [[nodiscard]] Json tests() const {
        Json list = assessment_.primary().condition->tests;
        for (const Ranked* ranked : assessment_.shown())
            if (ranked->condition != nullptr && ranked->condition->dont_miss && ranked->flagged &&
                !ranked->condition->tests.empty()) {
                const std::string& test = ranked->condition->tests.front();
                if (std::ranges::find(list, Json(test)) == list.end()) list.push_back(test);
            }
        return list;
    }

    [[nodiscard]] Json primary() const {
        const Ranked& first = assessment_.primary();
        Json questions = Json::array();
        for (const Question& question : assessment_.questions)
            questions.push_back({{"finding", knowledge_.findings[question.finding].id},
                                 {"ask", question.ask},
                                 {"information_bits", question.information}});
        std::vector<std::string> sources{cite(*first.condition->source)};
        for (const Reason& reason : first.reasons)
            if (std::ranges::find(sources, cite(*reason.source)) == sources.end())
                sources.push_back(cite(*reason.source));
        return {{"diagnosis", first.condition->label},
                {"id", first.condition->id},
                {"probability", rounded(first.probability, 4)},
                {"reasoning", reasoning()},
                {"recommended_tests", tests()},
                {"urgency", clinical::name_of(assessment_.urgency)},
                {"urgency_reason", assessment_.urgency_reasons},
                {"confidence", assessment_.confidence},
                {"confidence_level", assessment_.confidence_word},
                {"confidence_reason", assessment_.confidence_reasons},
                {"alternatives", alternatives()},
                {"missing_information", questions},
                {"follow_up", first.condition->follow_up},
                {"safety_net", first.condition->safety_net},
                {"sources", sources}};
    }

    [[nodiscard]] Json result() const {
        Json differential = Json::array();
        for (const Ranked* ranked : assessment_.shown()) differential.push_back(entry(*ranked));
        return {{"primary_diagnosis", assessment_.primary().condition->label},
                {"confidence", assessment_.confidence},
                {"urgency", clinical::name_of(assessment_.urgency)},
                {"differential", differential},
                {"recommended_tests", tests()},
                {"medications", Json::array()},
                {"kb_version", knowledge_.version},
                {"disclaimer", kDisclaimer}};
    }

    const Knowledge& knowledge_;
    const DiagnosisRequest& request_;
    const Assessment& assessment_;
};

}  // namespace

std::optional<Json> emergency_of(const std::vector<RedFlags::Raised>& flags) {
    Json matched = Json::array();
    std::string labels, actions, sources;
    const auto add = [](std::string& list, const std::string& text, std::string_view separator) {
        if (list.find(text) == std::string::npos)
            list += (list.empty() ? "" : std::string(separator)) + text;
    };
    for (const auto& raised : flags) {
        if (raised.flag->urgency != Urgency::emergency) continue;
        matched.push_back(raised.flag->label);
        add(labels, raised.flag->label, "; ");
        add(actions, raised.flag->action, " ");
        add(sources, cite(*raised.flag->source), "; ");
    }
    if (matched.empty()) return std::nullopt;
    return Json{
        {"level", "emergency"},
        {"message", "This may be an emergency: " + labels + ". " + actions +
                        " Call your local emergency number now if nobody qualified is there."},
        {"matched", matched},
        {"source", sources}};
}

DiagnosisReport report(const Knowledge& knowledge, const DiagnosisRequest& request,
                       const Assessment& assessment) {
    return Reporter(knowledge, request, assessment).report();
}

}  // namespace clinical
