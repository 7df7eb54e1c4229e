#include "plugins/clinical/scores.hpp"

#include <algorithm>

namespace clinical {
namespace {

constexpr double kPointsMax = 20;

Score::Item read_item(const Row& row, const RuleNames& names) {
    Score::Item item{.name = row.text("name"), .bands = {}};
    const nlohmann::json& bands = row.value("points");
    if (!bands.is_array() || bands.empty())
        row.refuse("points", "must be a list of [\"clause\", points]");
    for (const nlohmann::json& band : bands) {
        if (!band.is_array() || band.size() != 2 || !band[0].is_string() || !band[1].is_number())
            row.refuse("points", "must be a list of [\"clause\", points]");
        item.bands.push_back(
            {read_clause(row, "points", band[0].get<std::string>(), names), band[1].get<double>()});
    }
    row.done();
    return item;
}

std::vector<Score::Reading> read_readings(const Row& row) {
    std::vector<Score::Reading> readings;
    for (const Row& reading : row.rows("readings")) {
        readings.push_back(
            {reading.number("from", -kPointsMax, kPointsMax), reading.text("label")});
        reading.done();
        if (readings.size() > 1 && readings.back().from <= readings[readings.size() - 2].from)
            row.refuse("readings", "must rise");
    }
    if (readings.empty()) row.refuse("readings", "is missing");
    return readings;
}

Points points_of(const Score::Item& item, const Facts& facts) {
    std::optional<Points> points;
    const auto may_be = [&points](double value) {
        points = points ? Points{std::min(points->min, value), std::max(points->max, value)}
                        : Points{value, value};
    };
    for (const Score::Band& band : item.bands) {
        const State state = holds(band.when, facts);
        if (state == State::absent) continue;
        may_be(band.points);
        if (state == State::present) return *points;
    }
    may_be(0);
    return *points;
}

const Score::Reading& reading_at(const Score& score, double points) {
    const Score::Reading* found = &score.readings.front();
    for (const Score::Reading& reading : score.readings)
        if (points >= reading.from) found = &reading;
    return *found;
}

bool suits(const Score& score, const Facts& facts) {
    if (const auto age = facts.value(Input::age);
        age && (*age < score.age_min || *age >= score.age_max))
        return false;
    // Made for some ages only, and the age is not known: no value rather than a wrong one.
    if (!facts.value(Input::age) && score.age_max < 200) return false;
    return score.not_if.empty() || holds(score.not_if, facts) != State::present;
}

bool worth_showing(const ScoreResult& result, const Facts& facts) {
    if (result.score->composite_only) return false;
    if (!result.score->relevant.empty())
        return holds(result.score->relevant, facts) == State::present;
    return std::ranges::any_of(result.items, [](const auto& item) { return item.points.exact(); });
}

}  // namespace

Scores::Scores(const DataSet& data, const Sources& sources, const Findings& findings) {
    RuleNames names{.findings = findings.ids(), .scores = {}};
    read_rows(data, "scores.json", [&](const Row& row) {
        Score score;
        score.id = row.id();
        if (find(score.id)) row.refuse("id", "stands in an earlier row, too");
        score.label = row.text("label");
        for (const Row& item : row.rows("items")) score.items.push_back(read_item(item, names));
        if (score.items.empty()) row.refuse("items", "is missing");
        score.readings = read_readings(row);
        score.age_min = row.number_if("age_min", 0, 120).value_or(0);
        score.age_max = row.number_if("age_max", 0, 200).value_or(200);
        score.not_if = read_rule(row, "not_if", names);
        score.relevant = read_rule(row, "relevant", names);
        score.composite_only = row.flag("composite_only");
        score.alarm_points = row.number_if("alarm_points", 0, kPointsMax).value_or(0);
        score.alarm_label = row.text_or("alarm_label", "");
        score.source = &sources.of(row);
        names.scores.push_back(score.id);
        all_.push_back(std::move(score));
    });
}

std::optional<std::size_t> Scores::find(std::string_view id) const {
    const auto found = std::ranges::find(all_, id, &Score::id);
    if (found == all_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all_.begin());
}

std::vector<std::string> Scores::ids() const {
    std::vector<std::string> ids;
    for (const Score& score : all_) ids.push_back(score.id);
    return ids;
}

ScoreResult add_up(const Score& score, const Facts& facts) {
    ScoreResult result{.score = &score,
                       .index = 0,
                       .points = {},
                       .items = {},
                       .alarm = false,
                       .interpretation = {}};
    for (const Score::Item& item : score.items) {
        const Points points = points_of(item, facts);
        result.points.min += points.min;
        result.points.max += points.max;
        result.alarm = result.alarm || (score.alarm_points > 0 && points.min >= score.alarm_points);
        result.items.push_back({&item, points});
    }
    const Score::Reading& low = reading_at(score, result.points.min);
    const Score::Reading& high = reading_at(score, result.points.max);
    result.interpretation = low.label;
    if (&low != &high) result.interpretation += ", up to " + high.label + " by what is missing";
    // Below the last reading, one extreme value counts for more than the sum.
    if (result.alarm && &low != &score.readings.back())
        result.interpretation = score.alarm_label + "; by its sum " + result.interpretation;
    return result;
}

std::vector<ScoreResult> Scores::evaluate(Facts& facts) const {
    facts.scores.assign(all_.size(), std::nullopt);
    std::vector<ScoreResult> shown;
    for (std::size_t i = 0; i < all_.size(); ++i) {
        if (!suits(all_[i], facts)) continue;
        ScoreResult result = add_up(all_[i], facts);
        result.index = i;
        facts.scores[i] = result.points;
        if (worth_showing(result, facts)) shown.push_back(std::move(result));
    }
    return shown;
}

}  // namespace clinical
