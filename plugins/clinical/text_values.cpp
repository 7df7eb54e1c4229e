#include "plugins/clinical/text_values.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "plugins/clinical/quantities.hpp"
#include "plugins/clinical/relations.hpp"

namespace clinical {
namespace {

using Words = std::span<const TextWord>;

constexpr std::size_t kNameReach = 5;  // words from a value back to its name
constexpr std::size_t kRefusedMax = 5;
constexpr double kDaysPerYear = 365.25;

struct Named {
    std::string_view word;
    Input input;
};
constexpr auto kNames = std::to_array<Named>({{"temp", Input::temperature},
                                              {"temperature", Input::temperature},
                                              {"fever", Input::temperature},
                                              {"febrile", Input::temperature},
                                              {"pulse", Input::heart_rate},
                                              {"hr", Input::heart_rate},
                                              {"heartrate", Input::heart_rate},
                                              {"rr", Input::respiratory_rate},
                                              {"sats", Input::oxygen_saturation},
                                              {"sat", Input::oxygen_saturation},
                                              {"spo2", Input::oxygen_saturation},
                                              {"o2", Input::oxygen_saturation},
                                              {"oxygen", Input::oxygen_saturation},
                                              {"saturation", Input::oxygen_saturation},
                                              {"saturations", Input::oxygen_saturation},
                                              {"sugar", Input::glucose},
                                              {"sugars", Input::glucose},
                                              {"glucose", Input::glucose},
                                              {"bp", Input::systolic},
                                              {"pressure", Input::systolic},
                                              {"weigh", Input::weight},
                                              {"weighs", Input::weight},
                                              {"weight", Input::weight}});
// What may stand between a name and its value.
constexpr auto kBetween = std::to_array<std::string_view>(
    {"is",     "was",     "of",         "at",    "around",    "about",  "over",
     "a",      "reading", "level",      "now",   "up",        "to",     "went",
     "hit",    "reached", "measured",   "my",    "the",       "rate",   "it",
     "high",   "low",     "only",       "has",   "been",      "had",    "approximately",
     "approx", "between", "saturation", "sat",   "sats",      "levels", "says",
     "said",   "shows",   "showed",     "still", "on",        "today",  "just",
     "by",     "above",   "below",      "reads", "currently", "room",   "air"});
constexpr auto kTimeUnits = std::to_array<std::string_view>(
    {"min",  "mins",  "minute", "minutes", "hour",  "hours",  "hr",   "hrs",   "day",   "days",
     "week", "weeks", "wk",     "wks",     "month", "months", "year", "years", "night", "nights"});

// The rate that `word` names together with the word before it.
std::optional<Input> rate_named(std::string_view before) {
    if (before == "heart" || before == "pulse") return Input::heart_rate;
    if (before == "respiratory" || before == "breathing" || before == "resp")
        return Input::respiratory_rate;
    return std::nullopt;
}

class Finder {
  public:
    explicit Finder(Words words) : words_(words), used_(words.size(), false) {}

    TextValues find() {
        // Ages first: "6 weeks old" is no duration, and "temp 39 at 6 weeks old" no weight.
        for (std::size_t i = 0; i < words_.size(); ++i) age_at(i);
        for (std::size_t i = 0; i < words_.size(); ++i) pregnancy_at(i);
        for (std::size_t i = 0; i < words_.size(); ++i) vital_at(i);
        for (std::size_t i = 0; i < words_.size(); ++i) {
            severity_at(i);
            duration_at(i);
        }
        return std::move(values_);
    }

  private:
    // Empty where there is no such word, or in another clause than `of`.
    [[nodiscard]] std::string_view near(std::size_t i, std::size_t of) const {
        if (i >= words_.size() || words_[i].clause != words_[of].clause) return {};
        return words_[i].text;
    }

    void take(std::size_t first, std::size_t last) {
        for (std::size_t i = first; i <= last; ++i) used_[i] = true;
        values_.taken.push_back({first, last});
    }

    void set_age(double years, std::size_t first, std::size_t last) {
        take(first, last);
        if (!values_.age && years <= info(Input::age).max) values_.age = years;
    }

    // "45 years old", "6-week-old", "45yo", "aged 45", "I am 45", "45M", "my dad, 61, …"
    void age_at(std::size_t i) {
        const auto number = number_of(words_[i].text);
        if (!number || used_[i]) return;
        const std::string_view unit = near(i + 1, i);
        const std::string_view old = near(i + 2, i);
        const bool is_old = old == "old" || old == "o" || old == "of";
        const double scale = unit_in_years(unit);
        const std::string_view before = near(i - 1, i);
        const bool named =
            before == "age" || before == "aged" || (before == "is" && near(i - 2, i) == "age");
        if (unit == "yo" || unit == "yrold") return set_age(*number, i, with_sex(i + 1));
        if (scale > 0 && (named || (is_old && old != "of") || (is_old && near(i + 3, i) == "age")))
            return set_age(*number * scale, named ? i - 1 : i, with_sex(is_old ? i + 2 : i + 1));
        if (scale > 0 && unit.starts_with("y") && sex_named(old))
            return set_age(*number, i, with_sex(i + 1));
        if (named) return set_age(*number, i - 1, with_sex(i));
        const bool initial = (unit == "m" || unit == "f") && *number >= 12 && *number <= 110 &&
                             words_[i].end == words_[i + 1].begin;
        if (initial && before != "temp" && before != "temperature") {
            values_.sex = unit == "m" ? "male" : "female";
            return set_age(*number, i, i + 1);
        }
        const bool of_me = before == "im" || before == "hes" || before == "shes" ||
                           (before == "am" && near(i - 2, i) == "i") ||
                           (before == "is" && (near(i - 2, i) == "she" || near(i - 2, i) == "he" ||
                                               relation_named(near(i - 2, i)) != nullptr)) ||
                           set_off_after_relation(i);
        const bool ends = unit.empty() || unit == "and" || unit == "with" || unit == "years" ||
                          unit == "yrs" || unit == "male" || unit == "female";
        if (of_me && ends && *number >= 1 && words_[i].text.find('/') == std::string::npos)
            set_age(*number, i, with_sex(scale > 0 ? i + 1 : i));
    }

    // A clause of its own right behind the one it is the age of.
    [[nodiscard]] bool set_off_after_relation(std::size_t i) const {
        return i > 0 && words_[i - 1].sentence == words_[i].sentence &&
               words_[i - 1].clause != words_[i].clause && near(i + 1, i).empty() &&
               relation_named(words_[i - 1].text) != nullptr;
    }

    [[nodiscard]] static double unit_in_years(std::string_view unit) {
        if (unit == "year" || unit == "years" || unit == "yr" || unit == "yrs" || unit == "y")
            return 1;
        if (unit == "month" || unit == "months" || unit == "mo" || unit == "mos") return 1.0 / 12;
        if (unit == "week" || unit == "weeks" || unit == "wk" || unit == "wks")
            return 7 / kDaysPerYear;
        if (unit == "day" || unit == "days") return 1 / kDaysPerYear;
        return 0;
    }

    [[nodiscard]] static bool sex_named(std::string_view word) { return !sex_of(word).empty(); }
    [[nodiscard]] static std::string_view sex_of(std::string_view word) {
        constexpr auto kMale =
            std::to_array<std::string_view>({"man", "male", "gentleman", "boy", "guy", "m"});
        constexpr auto kFemale =
            std::to_array<std::string_view>({"woman", "female", "lady", "girl", "f"});
        if (in(kMale, word)) return "male";
        return in(kFemale, word) ? "female" : "";
    }

    // The last word of an age that ends at `last` and may go on with "year old woman".
    std::size_t with_sex(std::size_t last) {
        std::string_view next = near(last + 1, last);
        const bool set_off = next.empty() && last + 1 < words_.size() &&
                             words_[last + 1].sentence == words_[last].sentence &&
                             words_[last + 1].text.size() > 1;
        if (set_off) next = words_[last + 1].text;  // "I'm 45, male"
        if (!sex_named(next)) return last;
        values_.sex = sex_of(next);
        return last + 1;
    }

    // "20 weeks pregnant"; and a sex without an age: "I am a woman".
    void pregnancy_at(std::size_t i) {
        const std::string_view word = words_[i].text;
        if (sex_named(word) && word.size() > 1 && values_.sex.empty()) {
            const std::string_view before = near(i - 1, i);
            const std::string_view more = near(i - 2, i);
            if ((before == "a" && (more == "am" || more == "im" || more == "is")) ||
                before == "im" || before == "am" || before == "sex" || before == "gender")
                values_.sex = sex_of(word);
        }
        const auto number = number_of(word);
        if (!number || used_[i] || *number > 45) return;
        const std::string_view unit = near(i + 1, i);
        const bool weeks = unit == "weeks" || unit == "week" || unit == "months" || unit == "month";
        if (!weeks || near(i + 2, i) != "pregnant") return;
        values_.pregnancy_weeks = unit.starts_with("m") ? *number * 4.3 : *number;
        take(i, i + 1);
    }

    [[nodiscard]] std::optional<Input> named_before(std::size_t i) const {
        for (std::size_t back = 1; back <= kNameReach && back <= i; ++back) {
            const std::string_view word = near(i - back, i);
            if (word.empty() || used_[i - back]) return std::nullopt;
            const auto named = std::ranges::find(kNames, word, &Named::word);
            if (named != kNames.end()) return named->input;
            if (word == "rate") {
                const auto rate = rate_named(near(i - back - 1, i));
                if (rate) return rate;
            }
            if (!in(kBetween, word)) return std::nullopt;
        }
        return std::nullopt;
    }

    // The unit behind the number at `i`: its text for parse_quantity and its last word.
    [[nodiscard]] std::pair<std::string, std::size_t> unit_after(std::size_t i) const {
        std::size_t at = i + 1;
        bool degrees = false;
        if (near(at, i) == "degrees" || near(at, i) == "degree" || near(at, i) == "deg") {
            degrees = true;
            ++at;
        }
        const std::string_view unit = near(at, i);
        if (unit == "c" || unit == "celsius" || unit == "centigrade") return {"c", at};
        if (unit == "f" || unit == "fahrenheit") return {"f", at};
        if (degrees) return {"", at - 1};
        if (unit == "kg" || unit == "kgs" || unit == "kilos") return {"kg", at};
        if (unit == "lb" || unit == "lbs" || unit == "pounds") return {"lb", at};
        if (unit == "mmol") return {"mmol/l", near(at + 1, i) == "l" ? at + 1 : at};
        if (unit == "mg" && near(at + 1, i) == "dl") return {"mg/dl", at + 1};
        if (unit == "bpm") return {"bpm", at};
        return {"", i};
    }

    void vital_at(std::size_t i) {
        if (used_[i]) return;
        if (words_[i].text.find('/') != std::string::npos) return pressure_at(i);
        const auto number = number_of(words_[i].text);
        if (!number || words_[i].text.front() < '0' || words_[i].text.front() > '9') return;
        const std::string_view next = near(i + 1, i);
        if (in(kTimeUnits, next) || next == "times" || next == "x") return;
        auto [unit, last] = unit_after(i);
        std::optional<Input> input = named_before(i);
        if (!input && (unit == "c" || unit == "f")) input = Input::temperature;
        if (!input && next == "degrees") input = Input::temperature;
        if (!input && unit == "bpm") input = Input::heart_rate;
        if (!input && (unit == "kg" || unit == "lb")) input = Input::weight;
        if (!input) return;
        if (input == Input::systolic && near(i + 1, i) == "over") return pressure_at(i);
        if (input == Input::systolic) return;
        if (unit == "bpm") unit.clear();
        add(*input, words_[i].text + (unit.empty() ? "" : " " + unit), i, last);
    }

    void add(Input input, const std::string& text, std::size_t first, std::size_t last) {
        const auto quantity = parse_quantity(input, text);
        if (!quantity) {
            if (values_.refused.size() < kRefusedMax)
                values_.refused.push_back(std::string(info(input).name) + " " + quantity.error());
            return take(first, last);
        }
        values_.vitals.push_back({input, quantity->value, quantity->note});
        take_with_name(first, last);
    }

    // "130/80", "130 over 80"
    void pressure_at(std::size_t i) {
        const bool over = near(i + 1, i) == "over";
        const std::size_t last = over ? i + 2 : i;
        const std::string_view unit = near(last + 1, i);
        const bool named = named_before(i) == Input::systolic || unit == "mmhg";
        if (!named) return;
        const auto pressure = parse_pressure(
            over ? words_[i].text + "/" + std::string(near(i + 2, i)) : words_[i].text);
        const std::size_t end = std::min(unit == "mmhg" ? last + 1 : last, words_.size() - 1);
        if (!pressure) {
            if (values_.refused.size() < kRefusedMax)
                values_.refused.push_back("blood pressure " + pressure.error());
            return take(i, end);
        }
        values_.vitals.push_back({Input::systolic, pressure->first, {}});
        values_.vitals.push_back({Input::diastolic, pressure->second, {}});
        take_with_name(i, end);
    }

    // The name belongs to the value, so that "temperature 36.8" is no fever.
    void take_with_name(std::size_t first, std::size_t last) {
        std::size_t from = first;
        for (std::size_t back = 1; back <= kNameReach && back <= first; ++back) {
            const std::string_view word = near(first - back, first);
            if (word.empty() || used_[first - back]) break;
            const bool name = std::ranges::find(kNames, word, &Named::word) != kNames.end();
            if (!name && !in(kBetween, word)) break;
            // "a fever of 38.5" states both.
            if (word == "fever" || word == "febrile") break;
            if (name) from = first - back;
        }
        if (from > 0 && (near(from - 1, from) == "blood" || near(from - 1, from) == "oxygen" ||
                         near(from - 1, from) == "heart"))
            --from;
        take(from, last);
    }

    // "7/10", "8 out of 10", "severe"
    void severity_at(std::size_t i) {
        if (used_[i]) return;
        const std::string& word = words_[i].text;
        constexpr auto kSevere = std::to_array<std::string_view>(
            {"severe", "severely", "intense", "bad", "badly", "terrible", "awful", "horrible",
             "strong", "agonising", "agonizing"});
        constexpr auto kWorst =
            std::to_array<std::string_view>({"worst", "unbearable", "excruciating", "extreme"});
        constexpr auto kMild =
            std::to_array<std::string_view>({"mild", "slight", "slightly", "minor"});
        const auto say = [&](std::string text, std::size_t last) {
            values_.severities.push_back({std::move(text), {i, last}});
        };
        if (in(kSevere, word)) return say("severe", i);
        if (in(kWorst, word)) return say("worst", i);
        if (in(kMild, word)) return say("mild", i);
        if (word == "moderate") return say("moderate", i);
        if (word.ends_with("/10") && parse_severity(word)) {
            say(word, i);
            return take(i, i);
        }
        const auto number = number_of(word);
        const bool of_ten = near(i + 2, i) == "of" && near(i + 3, i) == "10";
        if (number && *number <= 10 && near(i + 1, i) == "out" && of_ten) {
            say(word + "/10", i + 3);
            take(i, i + 3);
        }
    }

    void duration_at(std::size_t i) {
        if (used_[i]) return;
        const std::string& word = words_[i].text;
        const auto say = [&](std::string text, std::size_t last) {
            if (!parse_duration(text)) return;
            values_.durations.push_back({std::move(text), {i, last}});
            take(i, last);
        };
        if (word == "yesterday") return say("since yesterday", i);
        if (word == "today") return say("today", i);
        if (word == "this" && near(i + 1, i) == "morning") return say("this morning", i + 1);
        if (word == "last" && near(i + 1, i) == "night") return say("last night", i + 1);
        std::size_t at = i;
        std::string amount = word;
        if (word == "couple" && near(i + 1, i) == "of") at = i + 1;
        if (word == "half" && (near(i + 1, i) == "an" || near(i + 1, i) == "a")) {
            amount = "half an";
            at = i + 1;
        }
        constexpr auto kAmounts =
            std::to_array<std::string_view>({"few", "several", "a", "an", "couple", "half"});
        const auto number = number_of(word);
        if (!number && !in(kAmounts, word)) return;
        if (amount == "couple") amount = "couple of";
        const std::string_view unit = near(at + 1, i);
        // "a day" of "twice a day", "per day"
        const bool lone = word == "a" || word == "an";
        const std::string_view before = near(i - 1, i);
        if (lone && before != "for" && before != "since" && before != "about" && before != "than")
            return;
        if (in(kTimeUnits, unit) && unit != "night" && unit != "nights")
            say(amount + " " + std::string(unit), at + 1);
    }

    Words words_;
    std::vector<bool> used_;
    TextValues values_;
};

}  // namespace

TextValues values_in(Words words) {
    return Finder(words).find();
}

}  // namespace clinical
