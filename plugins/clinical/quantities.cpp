#include "plugins/clinical/quantities.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "plugins/clinical/formulas.hpp"

namespace clinical {
namespace {

constexpr std::size_t kTextBytesMax = 64;
constexpr double kGlucosePerMmol = 18.016;  // mg/dL in 1 mmol/L
constexpr double kKgPerPound = 0.45359237;
constexpr double kDaysPerYear = 365.25;

std::string lower(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, kTextBytesMax))
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.remove_suffix(1);
    return text;
}

// The number that `text` begins with, which is cut off; a comma may stand for the point.
std::optional<double> take_number(std::string_view& text) {
    text = trimmed(text);
    std::string digits(text.substr(0, text.find_first_not_of("0123456789.,")));
    if (std::ranges::count(digits, ',') == 1 && digits.find('.') == std::string::npos)
        std::ranges::replace(digits, ',', '.');
    double value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    text = trimmed(text.substr(static_cast<std::size_t>(read.ptr - digits.data())));
    return value;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, text) != names.end();
}

std::string refusal(Input input) {
    const InputInfo& known = info(input);
    return "must be " + std::string(known.accepted) + ", from " + number_text(known.min) + " to " +
           number_text(known.max) + " " + std::string(known.unit);
}

std::optional<Quantity> temperature(double value, std::string_view unit) {
    const bool fahrenheit_range = value >= 77 && value <= 113;
    if (one_of(unit, {"f", "°f", "fahrenheit", "deg f", "degf", "degrees f"}))
        return Quantity{celsius(value), "from °F"};
    if (unit.empty() && fahrenheit_range) return Quantity{celsius(value), "read as °F"};
    if (one_of(unit, {"", "c", "°c", "°", "celsius", "deg c", "degc", "degrees c"}))
        return Quantity{rounded(value, 1), ""};
    return std::nullopt;
}

std::optional<Quantity> age(double value, std::string_view unit) {
    if (one_of(unit, {"", "y", "yr", "yrs", "year", "years", "years old", "year old", "yo"}))
        return Quantity{value, ""};
    if (one_of(unit, {"m", "mo", "month", "months", "months old", "month old"}))
        return Quantity{value / 12, "from months"};
    if (one_of(unit, {"w", "wk", "week", "weeks", "weeks old", "week old"}))
        return Quantity{value * 7 / kDaysPerYear, "from weeks"};
    if (one_of(unit, {"d", "day", "days", "days old", "day old"}))
        return Quantity{value / kDaysPerYear, "from days"};
    return std::nullopt;
}

// Without a unit 30 to 70 may be either, and one of the two is an emergency: refused.
std::optional<Quantity> glucose(double value, std::string_view unit) {
    if (one_of(unit, {"mg/dl", "mg"}))
        return Quantity{rounded(value / kGlucosePerMmol, 1), "from mg/dL"};
    if (one_of(unit, {"mmol/l", "mmol"}) || (unit.empty() && value < 30))
        return Quantity{value, ""};
    if (unit.empty() && value > 70)
        return Quantity{rounded(value / kGlucosePerMmol, 1), "read as mg/dL"};
    return std::nullopt;
}

std::optional<Quantity> weight(double value, std::string_view unit) {
    if (one_of(unit, {"", "kg", "kgs"})) return Quantity{value, ""};
    if (one_of(unit, {"lb", "lbs", "pounds"}))
        return Quantity{rounded(value * kKgPerPound, 1), "from lb"};
    if (unit == "g") return Quantity{value / 1000, "from g"};
    return std::nullopt;
}

std::optional<Quantity> creatinine(double value, std::string_view unit) {
    if (one_of(unit, {"mg/dl", "mg"}) || (unit.empty() && value < 20)) return Quantity{value, ""};
    if (one_of(unit, {"umol/l", "µmol/l", "μmol/l", "umol"}) || (unit.empty() && value >= 30))
        return Quantity{value / kCreatinineUmolPerMg, "from µmol/L"};
    return std::nullopt;
}

std::optional<Quantity> converted(Input input, double value, std::string_view unit) {
    switch (input) {
        case Input::temperature:
            return temperature(value, unit);
        case Input::age:
            return age(value, unit);
        case Input::glucose:
            return glucose(value, unit);
        case Input::weight:
            return weight(value, unit);
        case Input::creatinine:
            return creatinine(value, unit);
        case Input::oxygen_saturation:
            if (unit == "%") unit = "";
            break;
        case Input::heart_rate:
        case Input::respiratory_rate:
            if (one_of(unit, {"bpm", "/min", "per minute", "breaths/min", "beats/min"})) unit = "";
            break;
        case Input::urea:
            if (unit == "mmol/l") unit = "";
            break;
        default:
            break;
    }
    if (!unit.empty()) return std::nullopt;
    return Quantity{value, ""};
}

struct TimeUnit {
    std::string_view prefix;
    double hours;
};
constexpr std::array<TimeUnit, 10> kTimeUnits{{{"min", 1.0 / 60},
                                               {"hour", 1},
                                               {"hr", 1},
                                               {"h", 1},
                                               {"day", 24},
                                               {"d", 24},
                                               {"week", 168},
                                               {"wk", 168},
                                               {"month", 730},
                                               {"year", 8766}}};

// Words that are a number: "two days", "a few hours".
std::optional<double> take_word_number(std::string_view& text) {
    constexpr std::array<std::pair<std::string_view, double>, 18> kWords{{{"a few ", 3},
                                                                          {"few ", 3},
                                                                          {"several ", 4},
                                                                          {"a couple of ", 2},
                                                                          {"couple of ", 2},
                                                                          {"half an ", .5},
                                                                          {"an ", 1},
                                                                          {"a ", 1},
                                                                          {"one ", 1},
                                                                          {"two ", 2},
                                                                          {"three ", 3},
                                                                          {"four ", 4},
                                                                          {"five ", 5},
                                                                          {"six ", 6},
                                                                          {"seven ", 7},
                                                                          {"eight ", 8},
                                                                          {"nine ", 9},
                                                                          {"ten ", 10}}};
    for (const auto& [word, value] : kWords)
        if (text.starts_with(word)) {
            text.remove_prefix(word.size());
            return value;
        }
    return std::nullopt;
}

}  // namespace

std::string number_text(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
}

std::expected<Quantity, std::string> parse_quantity(Input input, std::string_view text) {
    const std::string words = lower(text);
    std::string_view rest = words;
    const auto number = take_number(rest);
    const auto quantity = number ? converted(input, *number, rest) : std::nullopt;
    const InputInfo& known = info(input);
    if (!quantity || quantity->value < known.min || quantity->value > known.max)
        return std::unexpected(refusal(input));
    return *quantity;
}

std::expected<std::pair<double, double>, std::string> parse_pressure(std::string_view text) {
    const std::string words = lower(text);
    std::string_view rest = words;
    const std::string refused =
        "must be systolic over diastolic in mmHg (\"130/80\"), from 30 to 300 over 10 to 200, the "
        "first the higher";
    const auto systolic = take_number(rest);
    if (!systolic) return std::unexpected(refused);
    for (const std::string_view separator : {"/", "-", "over", "\\"})
        if (rest.starts_with(separator)) {
            rest.remove_prefix(separator.size());
            break;
        }
    const auto diastolic = take_number(rest);
    if (!diastolic || !one_of(rest, {"", "mmhg", "mm hg"})) return std::unexpected(refused);
    const auto fits = [](Input input, double value) {
        return value >= info(input).min && value <= info(input).max;
    };
    if (!fits(Input::systolic, *systolic) || !fits(Input::diastolic, *diastolic) ||
        *diastolic >= *systolic)
        return std::unexpected(refused);
    return std::pair(*systolic, *diastolic);
}

std::optional<double> parse_duration(std::string_view text) {
    const std::string words = lower(text);
    std::string_view rest = trimmed(words);
    for (const std::string_view opening : {"for ", "about ", "since ", "over ", "more than ", "~"})
        if (rest.starts_with(opening)) rest.remove_prefix(opening.size());
    if (rest == "yesterday") return 24;
    if (one_of(rest, {"today", "this morning", "last night"})) return 12;
    if (one_of(rest, {"now", "just now", "sudden", "acute"})) return 1;
    auto number = take_number(rest);
    if (number && rest.starts_with("-")) {  // "2-3 days": the longer
        rest.remove_prefix(1);
        number = take_number(rest);
    }
    if (!number) number = take_word_number(rest);
    if (!number) return std::nullopt;
    for (const TimeUnit& unit : kTimeUnits)
        if (rest.starts_with(unit.prefix)) return *number * unit.hours;
    return std::nullopt;
}

std::optional<double> parse_severity(std::string_view text) {
    const std::string words = lower(text);
    std::string_view rest = trimmed(words);
    if (one_of(rest, {"mild", "low", "slight", "minor"})) return 3;
    if (one_of(rest, {"moderate", "medium"})) return 5;
    if (one_of(rest, {"severe", "high", "intense", "bad"})) return 8;
    if (one_of(rest, {"very severe", "extreme", "worst", "unbearable", "critical"})) return 10;
    const auto number = take_number(rest);
    if (!number || *number < 0 || *number > 10 ||
        !one_of(rest, {"", "/10", "/ 10", "of 10", "out of 10"}))
        return std::nullopt;
    return std::max(1.0, *number);
}

}  // namespace clinical
