#include "plugins/clinical/conditions.hpp"

#include <algorithm>

namespace clinical {
namespace {

constexpr double kLrMin = 0.001;
constexpr double kLrMax = 1000;
constexpr double kRateBrought = 0.2;  // of a finding that has no number
constexpr double kRateMin = 0.01;
constexpr double kRateMax = 0.95;

struct Reader {
    const Sources& sources;
    const Findings& findings;
    const Scores& scores;
    const Grades& grades;

    [[nodiscard]] std::size_t finding(const Row& row, std::string_view field,
                                      const std::string& id) const {
        const auto found = findings.find(id);
        if (!found) row.refuse(field, "no finding has the id " + id);
        return *found;
    }

    [[nodiscard]] const Source* also(const Row& row) const {
        return row.has("also") ? &sources.of(row, "also") : nullptr;
    }

    // A share, or an incidence.
    static double published(const Row& row) {
        if (!row.has("per_1000_years")) return row.probability("p");
        return row.number("per_1000_years", 0, 1000) / kEpisodesPer1000Years;
    }

    [[nodiscard]] Prior prior(const Row& row) const {
        Prior prior;
        if (row.has("complaint")) {
            prior.complaint = finding(row, "complaint", row.text("complaint"));
            if (!findings[*prior.complaint].complaint)
                row.refuse("complaint", "findings.json does not call it a complaint");
        }
        if (row.has("grade")) {
            const Grade& grade = grades.named(row, "grade", row.text("grade"), Grade::Kind::prior);
            prior.probability = grade.value;
            prior.source = grade.source;
        } else {
            prior.probability = published(row);
            if (prior.probability == 0) row.refuse("p", "must be above 0");
            prior.source = &sources.of(row);
            prior.also = also(row);
            prior.numbers = row.text_or("numbers", "");
            prior.status = Status::verified;
        }
        prior.age_min = row.number_if("age_min", 0, 120).value_or(0);
        prior.age_max = row.number_if("age_max", 0, 200).value_or(200);
        prior.setting =
            row.has("setting") ? row.choice("setting", {"primary_care", "emergency"}) : "";
        row.done();
        return prior;
    }

    [[nodiscard]] Evidence evidence(const Row& row) const {
        Evidence evidence;
        evidence.finding = finding(row, "finding", row.text("finding"));
        evidence.lr_pos = row.number("lr_pos", kLrMin, kLrMax);
        evidence.lr_neg = row.number_if("lr_neg", kLrMin, kLrMax);
        evidence.group = row.text_or("group", findings[evidence.finding].group);
        evidence.source = &sources.of(row);
        evidence.also = also(row);
        evidence.numbers = row.text_or("numbers", "");
        evidence.population = row.text_or("population", evidence.source->population);
        evidence.status = row.status();
        row.done();
        return evidence;
    }

    // What the condition's own source says in words; `weight`: of a grade, empty where it is
    // brought.
    [[nodiscard]] Evidence in_words(const Condition& condition, std::size_t index,
                                    std::optional<double> weight) const {
        Evidence evidence;
        evidence.finding = index;
        evidence.brought = !weight;
        evidence.lr_pos = weight.value_or(1);
        evidence.group = findings[index].group;
        evidence.source = condition.source;
        return evidence;
    }

    // What guidance describes without a number.
    void brings(const Row& row, Condition& condition) const {
        for (const std::string& id : row.texts("brings")) {
            const std::size_t index = finding(row, "brings", id);
            if (condition.about(index) != nullptr)
                row.refuse("brings", id + " has a weight already, or stands there twice");
            condition.evidence.push_back(in_words(condition, index, std::nullopt));
        }
    }

    // Lists of findings by grade: {"decisive": [...], "strong": [...], "always": [...], …}.
    void graded(const Row& row, Condition& condition) const {
        for (const Grade& grade : grades.all()) {
            if (grade.kind == Grade::Kind::prior) continue;
            for (const std::string& id : row.texts(grade.id)) {
                const std::size_t index = finding(row, grade.id, id);
                auto known = std::ranges::find(condition.evidence, index, &Evidence::finding);
                const bool present = grade.kind == Grade::Kind::present;
                if (present ? known != condition.evidence.end() : known == condition.evidence.end())
                    row.refuse(grade.id, id + (present ? " has its weight already"
                                                       : " needs a weight where it is present"));
                if (present)
                    condition.evidence.push_back(in_words(condition, index, grade.value));
                else if (!known->lr_neg)
                    known->lr_neg = grade.value;
                else
                    row.refuse(grade.id, id + " has a weight for its absence already");
            }
        }
        row.done();
    }

    [[nodiscard]] Composite composite(const Row& row) const {
        Composite composite;
        const auto score = scores.find(row.text("score"));
        if (!score) row.refuse("score", "no score has this id");
        composite.score = *score;
        for (const Row& band : row.rows("bands")) {
            composite.bands.push_back(
                {band.number("from", -20, 20), band.number("lr", kLrMin, kLrMax)});
            band.done();
        }
        if (composite.bands.empty() ||
            !std::ranges::is_sorted(composite.bands, std::ranges::greater(),
                                    &Composite::Band::from))
            row.refuse("bands", "must be a list by falling `from`");
        for (const std::string& id : row.texts("replaces"))
            composite.replaces.push_back(finding(row, "replaces", id));
        composite.source = &sources.of(row);
        composite.status = row.status();
        row.done();
        return composite;
    }

    [[nodiscard]] Condition condition(const Row& row) const {
        Condition condition;
        condition.id = row.id();
        condition.label = row.text("label");
        condition.synonyms = row.texts("synonyms");
        condition.source = &sources.of(row);
        condition.icd10 = row.text("icd10");
        condition.age_min = row.number_if("age_min", 0, 120).value_or(0);
        condition.age_max = row.number_if("age_max", 0, 200).value_or(200);
        condition.sex = row.has("sex") ? row.choice("sex", {"female", "male", "any"}) : "any";
        condition.needs =
            read_rule(row, "needs", {.findings = findings.ids(), .scores = scores.ids()});
        condition.urgency = urgency_of(row);
        condition.dont_miss = row.flag("dont_miss");
        for (const Row& each : row.rows("priors")) condition.priors.push_back(prior(each));
        for (const Row& each : row.rows("evidence")) {
            condition.evidence.push_back(evidence(each));
            const auto same = std::ranges::count(
                condition.evidence, condition.evidence.back().finding, &Evidence::finding);
            if (same > 1) each.refuse("finding", "stands in an earlier row of this condition, too");
        }
        if (row.has("graded")) graded(row.object("graded"), condition);
        brings(row, condition);
        for (const Row& each : row.rows("composites"))
            condition.composites.push_back(composite(each));
        condition.tests = row.texts("tests");
        condition.follow_up = row.text("follow_up");
        condition.safety_net = row.text("safety_net");
        check_priors(row, condition);
        return condition;
    }

    static void check_priors(const Row& row, const Condition& condition) {
        const bool general = std::ranges::any_of(
            condition.priors, [](const Prior& prior) { return !prior.complaint; });
        if (!general) row.refuse("priors", "needs one without a complaint");
        if (condition.evidence.empty()) row.refuse("evidence", "is missing");
    }
};

}  // namespace

const Evidence* Condition::about(std::size_t finding) const {
    const auto found = std::ranges::find(evidence, finding, &Evidence::finding);
    return found == evidence.end() ? nullptr : &*found;
}

double rate(const Condition& condition, const Finding& finding, std::size_t index) {
    const Evidence* evidence = condition.about(index);
    if (evidence == nullptr) return finding.common ? kRateBrought : kRateBrought * kUnexplained;
    const double pos = evidence->lr_pos;
    // lr+ = a / b and lr- = (1 - a) / (1 - b) give a = lr+ (1 - lr-) / (lr+ - lr-).
    if (evidence->lr_neg && pos > 1 && *evidence->lr_neg < 1)
        return std::min(kRateMax, pos * (1 - *evidence->lr_neg) / (pos - *evidence->lr_neg));
    return std::clamp(kRateBrought * pos, kRateMin, kRateMax);
}

Conditions::Conditions(const DataSet& data, const Sources& sources, const Findings& findings,
                       const Scores& scores, const Grades& grades) {
    const Reader reader{sources, findings, scores, grades};
    read_rows(data, "conditions.json", [&](const Row& row) {
        Condition condition = reader.condition(row);
        const std::size_t index = all_.size();
        if (find(condition.id)) row.refuse("id", "stands in an earlier row, too");
        const auto add = [&](std::string_view field, const std::string& name, MatchKind kind) {
            if (!names_.add(name, index, kind))
                row.refuse(field, "another condition answers to \"" + name + "\"");
        };
        add("id", condition.id, MatchKind::exact);
        add("label", condition.label, MatchKind::exact);
        for (const std::string& name : condition.synonyms)
            add("synonyms", name, MatchKind::synonym);
        all_.push_back(std::move(condition));
    });
}

std::optional<std::size_t> Conditions::find(std::string_view id) const {
    const auto found = std::ranges::find(all_, id, &Condition::id);
    if (found == all_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all_.begin());
}

}  // namespace clinical
