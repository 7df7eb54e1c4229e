#include "plugins/chat/model_check.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>
#include <utility>

#include "plugins/chat/session_state.hpp"
#include "plugins/clinical/text_words.hpp"

namespace chat {
namespace {

using clinical::Medicine;
using Words = std::vector<clinical::TextWord>;

constexpr std::size_t kStemWordBytesMin = 7;

// What names of drugs that are not in the formulary end with: stems of the WHO's INN list.
constexpr auto kDrugStems = std::to_array<std::string_view>(
    {"cillin",   "mycin",  "micin",    "floxacin", "cycline", "conazole", "prazole", "tidine",
     "statin",   "sartan", "pril",     "olol",     "dipine",  "triptan",  "gliptin", "gliflozin",
     "glutide",  "azepam", "azolam",   "oxetine",  "parin",   "xaban",    "profen",  "caine",
     "vastatin", "semide", "thiazide", "setron",   "codone",  "morphone", "vir",     "mab",
     "tinib",    "sone",   "solone",   "fentanil", "barbital"});
constexpr auto kConditionEndings = std::to_array<std::string_view>(
    {"itis", "osis", "aemia", "emia", "opathy", "oma", "iasis", "ectomy"});
// These end so and name no illness.
constexpr auto kNoConditions = std::to_array<std::string_view>(
    {"diagnosis", "prognosis", "diagnoses", "hypnosis", "metamorphosis", "diploma", "stroma"});

constexpr std::string_view kDegrees = "degrees";
constexpr auto kUnits =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"mg", "mg"},
                                                                  {"milligram", "mg"},
                                                                  {"milligrams", "mg"},
                                                                  {"mcg", "mcg"},
                                                                  {"ug", "mcg"},
                                                                  {"\xc2\xb5g", "mcg"},
                                                                  {"\xce\xbcg", "mcg"},
                                                                  {"microgram", "mcg"},
                                                                  {"micrograms", "mcg"},
                                                                  {"g", "g"},
                                                                  {"gram", "g"},
                                                                  {"grams", "g"},
                                                                  {"ml", "ml"},
                                                                  {"millilitres", "ml"},
                                                                  {"milliliters", "ml"},
                                                                  {"iu", "units"},
                                                                  {"unit", "units"},
                                                                  {"units", "units"},
                                                                  {"tablet", "tablets"},
                                                                  {"tablets", "tablets"},
                                                                  {"pill", "tablets"},
                                                                  {"pills", "tablets"},
                                                                  {"capsule", "tablets"},
                                                                  {"capsules", "tablets"},
                                                                  {"puff", "puffs"},
                                                                  {"puffs", "puffs"},
                                                                  {"drop", "drops"},
                                                                  {"drops", "drops"},
                                                                  {"percent", "%"},
                                                                  {"c", kDegrees},
                                                                  {"celsius", kDegrees},
                                                                  {"f", kDegrees},
                                                                  {"fahrenheit", kDegrees},
                                                                  {"degrees", kDegrees},
                                                                  {"mmhg", "mmHg"},
                                                                  {"bpm", "/min"},
                                                                  {"mmol", "mmol/L"},
                                                                  {"kg", "kg"},
                                                                  {"times", "times"},
                                                                  {"hourly", "hourly"}});
// Of these also a number in words, or none that is read, is a dose.
constexpr auto kDoseUnits = std::to_array<std::string_view>({"mg", "mcg"});

// "%" as a word, so that it is one to the reader of words.
Words words_of(std::string_view text) {
    std::string spelt;
    for (const char c : text) {
        if (c == '%')
            spelt += " percent ";
        else
            spelt += c;
    }
    return clinical::words_of_text(spelt);
}

using Number = std::pair<std::string, std::string_view>;  // as written, its unit

std::string canonical(std::string_view word) {
    const auto value = clinical::number_of(word);
    return value ? std::to_string(*value) : std::string(word);
}

std::string_view unit_named(std::string_view word) {
    const auto found = std::ranges::find(kUnits, word, [](const auto& unit) { return unit.first; });
    return found == kUnits.end() ? std::string_view() : found->second;
}

bool is_number(std::string_view word) {
    return clinical::number_of(word).has_value() || word.find('/') != std::string_view::npos;
}

std::vector<Number> numbers_in(const Words& words) {
    std::vector<Number> numbers;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i].text;
        const std::string_view unit = unit_named(word);
        const bool counted = i > 0 && is_number(words[i - 1].text);
        const bool dose = std::ranges::find(kDoseUnits, unit) != kDoseUnits.end();
        if (!unit.empty() && (counted || dose))
            numbers.emplace_back(counted ? canonical(words[i - 1].text) : "", unit);
        if (word.find('/') != std::string_view::npos && !clinical::number_of(word) &&
            word != "24/7")
            numbers.emplace_back(std::string(word), "ratio");
        // "1 in 10", "every 6 hours", "probability of 0.8"
        const bool between =
            i > 0 && i + 1 < words.size() && counted && is_number(words[i + 1].text);
        if (word == "in" && between)
            numbers.emplace_back(canonical(words[i - 1].text) + "/" + canonical(words[i + 1].text),
                                 "probability");
        if (word == "every" && i + 2 < words.size() && is_number(words[i + 1].text) &&
            words[i + 2].text.starts_with("hour"))
            numbers.emplace_back(canonical(words[i + 1].text), "hours");
        const bool chance = word == "probability" || word == "likelihood" || word == "chance";
        for (std::size_t at = i + 1; chance && at < std::min(words.size(), i + 4); ++at)
            if (is_number(words[at].text))
                numbers.emplace_back(canonical(words[at].text), "probability");
    }
    return numbers;
}

class Given {
  public:
    Given(const Engine& engine, std::string_view text) : words_(words_of(text)) {
        for (const Medicine& medicine : engine.reader.medicines_in(text)) {
            if (medicine.drug) drugs_.insert(*medicine.drug);
            classes_.insert(medicine.classes.begin(), medicine.classes.end());
        }
        for (const std::size_t condition : engine.reader.conditions_in(text))
            conditions_.insert(condition);
        for (Number& number : numbers_in(words_)) numbers_.insert(std::move(number));
        for (const auto& word : words_) vocabulary_.insert(word.text);
    }

    // A class is given with any drug of it.
    [[nodiscard]] bool has(const Medicine& medicine) const {
        return medicine.drug ? drugs_.contains(*medicine.drug)
                             : classes_.contains(medicine.classes.front());
    }
    [[nodiscard]] bool has_condition(std::size_t index) const {
        return conditions_.contains(index);
    }
    [[nodiscard]] bool has(const Number& number) const { return numbers_.contains(number); }
    [[nodiscard]] bool has_word(std::string_view word) const { return vocabulary_.contains(word); }

  private:
    Words words_;
    std::set<std::size_t> drugs_;
    std::set<std::size_t> classes_;
    std::set<std::size_t> conditions_;
    std::set<Number> numbers_;
    std::unordered_set<std::string_view> vocabulary_;  // of words_
};

void name(std::vector<std::string>& list, std::string id) {
    if (list.size() < kUncheckedMax && std::ranges::find(list, id) == list.end())
        list.push_back(std::move(id));
}

// The ending that says what kind of word this is; empty: none of these.
template <std::size_t N>
std::string_view ending(const std::array<std::string_view, N>& endings, std::string_view word) {
    if (word.size() < kStemWordBytesMin) return {};
    for (const std::string_view each : endings)
        if (word.ends_with(each) ||
            (word.ends_with('s') && word.substr(0, word.size() - 1).ends_with(each)))
            return each;
    return {};
}

}  // namespace

Unchecked check_model_text(const Engine& engine, std::string_view text, std::string_view given) {
    const Given allowed(engine, given);
    const clinical::Drugs& drugs = engine.formulary->drugs;
    Unchecked found;
    for (const Medicine& medicine : engine.reader.medicines_in(text)) {
        if (allowed.has(medicine)) continue;
        name(found.drugs, medicine.drug ? drugs[*medicine.drug].id
                                        : drugs.classes()[medicine.classes.front()].id);
    }
    for (const std::size_t condition : engine.reader.conditions_in(text))
        if (!allowed.has_condition(condition))
            name(found.conditions, engine.knowledge->conditions[condition].id);
    const Words words = words_of(text);
    for (const Number& number : numbers_in(words))
        if (!allowed.has(number)) name(found.numbers, std::string(number.second));
    // Names that no list of ours has.
    for (const auto& word : words) {
        if (allowed.has_word(word.text)) continue;
        const std::string_view drug = ending(kDrugStems, word.text);
        if (!drug.empty() && !drugs.names().find(word.text))
            name(found.drugs, "-" + std::string(drug));
        const std::string_view illness = ending(kConditionEndings, word.text);
        const bool none = std::ranges::find(kNoConditions, word.text) != kNoConditions.end();
        if (!illness.empty() && !none && engine.reader.conditions_in(word.text).empty())
            name(found.conditions, "-" + std::string(illness));
    }
    return found;
}

void note_unchecked(const chartroom::Turn& turn, std::uint64_t answer_id,
                    const Unchecked& unchecked, bool replaced) {
    nlohmann::json note = kept(turn, "unchecked");
    if (!note.is_object() || note.value("message_id", nlohmann::json()) != answer_id)
        note = {{"message_id", answer_id}, {"replaced", replaced}};
    const auto add = [&note](const char* kind, const std::vector<std::string>& ids) {
        auto names = note.value(kind, std::vector<std::string>());
        for (const std::string& id : ids) name(names, id);
        note[kind] = names;
    };
    add("drugs", unchecked.drugs);
    add("conditions", unchecked.conditions);
    add("numbers", unchecked.numbers);
    keep(turn, "unchecked", std::move(note));
}

}  // namespace chat
