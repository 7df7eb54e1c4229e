#include "plugins/clinical/free_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "plugins/clinical/subject.hpp"

namespace clinical {
namespace {

using Words = std::span<const TextWord>;
using Found = Lexicon::Found;

constexpr std::size_t kRoleReach = 8;      // words from a drug back to why it is named
constexpr std::size_t kSeverityReach = 6;  // from a complaint to how bad it is
constexpr std::size_t kNotUnderstoodMax = 8;
constexpr std::size_t kAllergiesMax = 20;
constexpr std::size_t kAllergyListWords = 12;
constexpr std::size_t kGreetingWords = 10;

const std::unordered_set<std::string_view>& small_talk() {
    static const std::unordered_set<std::string_view> words{
        "hello",  "hi",      "hey",  "good",  "morning", "evening", "afternoon", "thanks",
        "thank",  "you",     "ok",   "okay",  "yes",     "no",      "bye",       "goodbye",
        "please", "who",     "are",  "what",  "can",     "do",      "how",       "does",
        "this",   "work",    "is",   "there", "anyone",  "anybody", "a",         "very",
        "much",   "help",    "me",   "sure",  "great",   "fine",    "i",         "im",
        "am",     "day",     "nice", "to",    "meet",    "your",    "name",      "the",
        "test",   "testing", "chat", "bot",   "robot",   "human",   "and",       "so",
        "for",    "doctor",  "dr",   "dear",  "well",    "it",      "that"};
    return words;
}
constexpr auto kAllergyWord = std::to_array<std::string_view>(
    {"allergic", "allergy", "allergies", "intolerant", "intolerance", "anaphylaxis"});
constexpr auto kReactions = std::to_array<std::string_view>(
    {"anaphylaxis", "anaphylactic", "angioedema", "rash",      "hives",     "itching",
     "swelling",    "swelled",      "collapse",   "collapsed", "wheeze",    "wheezing",
     "breathing",   "blisters",     "nausea",     "vomiting",  "diarrhoea", "diarrhea",
     "stevens",     "shock",        "mild",       "severe"});
constexpr auto kPermission = std::to_array<std::string_view>(
    {"can", "could", "should", "may", "if", "do", "would", "might"});

// What one text says; its steps follow each other, and what one has taken the next leaves alone.
class Reader {
  public:
    explicit Reader(Words words) : words_(words), taken_(words.size(), false) {}

    // The first kMentionsMax.
    std::vector<Found> within_bound(std::vector<Found> found) {
        cut_ = cut_ || found.size() > kMentionsMax;
        if (found.size() > kMentionsMax) found.resize(kMentionsMax);
        return found;
    }

    void values() {
        reading_.values = values_in(words_);
        for (const WordRange& range : reading_.values.taken) take(range.first, range.last);
        valued_ = taken_;
        for (const StatedDuration& each : reading_.values.durations) {
            const TextWord& word = words_[each.words.first];
            by_clause_[word.clause] = &each;
            // Of a sentence with one duration it is everything's.
            const auto [place, fresh] = by_sentence_.try_emplace(word.sentence, &each);
            if (!fresh) place->second = nullptr;
        }
        for (const StatedSeverity& each : reading_.values.severities)
            severity_at_[each.words.first] = &each;
    }

    void drug(const Found& found, Medicine medicine) {
        const DrugRole role = role_of(found);
        if (role == DrugRole::allergy) add_allergy(found);
        for (std::size_t i = found.first; i <= found.last; ++i) roles_[i] = role;
        take(found.first, found.last);
        reading_.drugs.push_back({std::move(medicine), role, span(found.first, found.last)});
    }

    // After the drugs: what else somebody is allergic to.
    void other_allergies() {
        for (std::size_t i = 0; i + 2 < words_.size(); ++i) {
            const bool here = (words_[i].text == "allergic" || words_[i].text == "allergy") &&
                              words_[i + 1].text == "to" && !taken_[i + 2];
            if (!here || standing_of(words_, i, i, true) != Standing::present) continue;
            i = list_of_allergies(i);
        }
    }

    // "No known allergies", "no regular medication", "NKDA"
    void nothing_of() {
        constexpr auto kOf = std::to_array<std::string_view>(
            {"known", "drug", "regular", "current", "other", "any", "have", "take", "on"});
        constexpr auto kMedication = std::to_array<std::string_view>(
            {"medication", "medications", "medicine", "medicines", "meds", "tablets", "drugs"});
        for (std::size_t i = 0; i < words_.size(); ++i) {
            const std::string_view word = words_[i].text;
            if (word == "nkda" || word == "nka") {
                reading_.no_allergies = true;
                take(i, i);
            }
            if (word != "no" && word != "not" && word != "dont") continue;
            std::size_t at = i + 1;
            while (at < words_.size() && at < i + 4 && in(kOf, words_[at].text)) ++at;
            if (at >= words_.size() || words_[at].clause != words_[i].clause) continue;
            const bool allergies = words_[at].text == "allergies";
            if (!allergies && !in(kMedication, words_[at].text)) continue;
            (allergies ? reading_.no_allergies : reading_.no_medication) = true;
            take(i, at);
        }
    }

    void finding(const Found& found, bool background) {
        bool valued = true, only_drug = true;
        for (std::size_t i = found.first; i <= found.last; ++i) {
            valued = valued && valued_[i];
            const auto role = roles_.find(i);
            only_drug = only_drug && role != roles_.end() && role->second != DrugRole::taken;
        }
        // A word that a value took is not read again ("temperature 36.8"), nor is a drug that
        // nobody takes.
        if (valued || only_drug) return;
        reading_.findings.push_back(mention(found, background));
        if (!background && reading_.findings.back().standing == Standing::present)
            ++complaints_of_[subject_of(words_, found.first)];
        take(found.first, found.last);
    }

    void condition(const Found& found) {
        reading_.conditions.push_back(mention(found, true));
        take(found.first, found.last);
    }

    Reading done() {
        clauses();
        reading_.subject = subject();
        const bool short_talk =
            words_.size() <= kGreetingWords && std::ranges::all_of(words_, [](const TextWord& w) {
                return small_talk().contains(w.text);
            });
        reading_.cut = cut_ || words_.size() >= kTextWordsMax;
        reading_.greeting = !words_.empty() && short_talk && !reading_.says_something();
        if (reading_.greeting) reading_.not_understood.clear();
        return std::move(reading_);
    }

  private:
    [[nodiscard]] Span span(std::size_t first, std::size_t last) const {
        return {words_[first].begin, words_[last].end};
    }
    void take(std::size_t first, std::size_t last) {
        for (std::size_t i = first; i <= last; ++i) taken_[i] = true;
    }

    [[nodiscard]] Reading::Mention mention(const Found& found, bool background) const {
        Reading::Mention mention{found.index,
                                 standing_of(words_, found.first, found.last, background),
                                 span(found.first, found.last),
                                 {},
                                 {}};
        if (mention.standing != Standing::present) return mention;
        const TextWord& word = words_[found.first];
        const auto near = by_clause_.find(word.clause);
        const auto only = by_sentence_.find(word.sentence);
        if (near != by_clause_.end())
            mention.duration = near->second->text;
        else if (only != by_sentence_.end() && only->second != nullptr)
            mention.duration = only->second->text;
        mention.severity = severity_near(found);
        return mention;
    }

    // The nearest one of the clause.
    [[nodiscard]] std::string severity_near(const Found& found) const {
        const auto at = [&](std::size_t i) -> const StatedSeverity* {
            if (i >= words_.size() || words_[i].clause != words_[found.first].clause)
                return nullptr;
            const auto stated = severity_at_.find(i);
            return stated == severity_at_.end() ? nullptr : stated->second;
        };
        for (std::size_t i = found.first; i <= found.last; ++i)
            if (const auto* stated = at(i)) return stated->text;
        for (std::size_t away = 1; away <= kSeverityReach; ++away) {
            if (const auto* before = at(found.first - away)) return before->text;
            if (const auto* after = at(found.last + away)) return after->text;
        }
        return {};
    }

    [[nodiscard]] bool is(std::size_t i, std::string_view word) const {
        return i < words_.size() && words_[i].text == word;
    }

    [[nodiscard]] DrugRole role_of(const Found& found) const {
        const unsigned sentence = words_[found.first].sentence;
        if (found.last + 1 < words_.size() && words_[found.last + 1].sentence == sentence &&
            in(kAllergyWord, words_[found.last + 1].text))
            return denied(found) ? DrugRole::not_taken : DrugRole::allergy;
        bool asking = words_[found.first].asked;
        for (std::size_t back = 1; back <= kRoleReach && back <= found.first; ++back) {
            const std::size_t i = found.first - back;
            const std::string_view word = words_[i].text;
            if (words_[i].sentence != sentence) break;
            if (in(kAllergyWord, word))
                return standing_of(words_, i, i, true) == Standing::present ? DrugRole::allergy
                                                                            : DrugRole::not_taken;
            if (word.starts_with("interact")) asking = true;
            const bool takes = word == "taking" || word == "prescribed" || word == "using" ||
                               word == "on" || word == "take" || word == "took" || word == "use";
            if (!takes) continue;
            const bool own_clause = words_[i].clause == words_[found.first].clause;
            const bool permission = is(i - 1, "i") && i > 1 && in(kPermission, words_[i - 2].text);
            const bool bare = word == "take" && !is(i - 1, "i") && asking;
            if (!own_clause || permission || bare) break;
            return denied(found) ? DrugRole::not_taken : DrugRole::taken;
        }
        if (asking) return DrugRole::asked;
        return denied(found) ? DrugRole::not_taken : DrugRole::taken;
    }

    [[nodiscard]] bool denied(const Found& found) const {
        return standing_of(words_, found.first, found.last, true) == Standing::absent;
    }

    // What stands behind "allergic to" at `from`, up to where something else begins; its last word.
    std::size_t list_of_allergies(std::size_t from) {
        constexpr auto kEnds = std::to_array<std::string_view>(
            {"i",   "im", "ive", "take", "taking", "am",  "have", "has", "my", "currently",
             "use", "it", "he",  "she",  "which",  "but", "is",   "get", "so", "with"});
        std::string name;
        std::size_t at = from + 2;
        const auto close = [&] {
            if (!name.empty() && reading_.allergies.size() < kAllergiesMax)
                reading_.allergies.push_back(std::move(name));
            name.clear();
        };
        for (; at < words_.size() && at < from + kAllergyListWords; ++at) {
            const TextWord& word = words_[at];
            if (word.sentence != words_[from].sentence || taken_[at] || in(kEnds, word.text)) break;
            if (word.clause != words_[at - 1].clause) close();
            if (word.text == "and" || word.text == "or")
                close();
            else
                name += (name.empty() ? "" : " ") + word.text;
        }
        close();
        take(from, at - 1);
        return at - 1;
    }

    // The name, with what it did where the sentence says that.
    void add_allergy(const Found& found) {
        if (reading_.allergies.size() >= kAllergiesMax) return;
        std::string text;
        for (std::size_t i = found.first; i <= found.last; ++i)
            text += (text.empty() ? "" : " ") + words_[i].text;
        for (std::size_t i = found.last + 1; i < words_.size() && i <= found.last + kRoleReach &&
                                             words_[i].sentence == words_[found.first].sentence;
             ++i)
            if (in(kReactions, words_[i].text)) {
                text += " " + words_[i].text;
                valued_[i] = true;  // what it did then is no complaint of now
            }
        reading_.allergies.push_back(std::move(text));
    }

    // Whose complaints most of them are; who writes of their worry about somebody is not meant.
    [[nodiscard]] std::string_view subject() const {
        std::string_view whose;
        std::size_t most = 0;
        for (const auto& [who, complaints] : complaints_of_) {
            const bool more = complaints > most || (complaints == most && whose == kTheWriter);
            if (!who.empty() && more) {
                whose = who;
                most = complaints;
            }
        }
        return whose;
    }

    // Clauses of which no word was taken, unless they are too short to say anything.
    void clauses() {
        std::size_t first = 0;
        for (std::size_t i = 1; i <= words_.size(); ++i) {
            if (i < words_.size() && words_[i].clause == words_[first].clause) continue;
            bool known = false;
            std::size_t unknown = 0;
            for (std::size_t at = first; at < i; ++at) {
                known = known || taken_[at];
                unknown += small_talk().contains(words_[at].text) ? 0 : 1;
            }
            if (!known && unknown > 1 && reading_.not_understood.size() < kNotUnderstoodMax)
                reading_.not_understood.push_back(span(first, i - 1));
            first = i;
        }
    }

    Words words_;
    std::vector<bool> taken_;
    std::vector<bool> valued_;
    std::unordered_map<std::size_t, DrugRole> roles_;  // by word
    std::unordered_map<unsigned, const StatedDuration*> by_clause_;
    std::unordered_map<unsigned, const StatedDuration*> by_sentence_;  // null: it has several
    std::unordered_map<std::size_t, const StatedSeverity*> severity_at_;
    bool cut_ = false;
    std::map<std::string_view, std::size_t> complaints_of_;  // by subject; empty: nobody named
    Reading reading_;
};

}  // namespace

bool Reading::says_something() const {
    return !findings.empty() || !conditions.empty() || !drugs.empty() || !allergies.empty() ||
           !values.vitals.empty() || values.age || !values.sex.empty() || !values.durations.empty();
}

bool Reading::asks_about_drugs() const {
    return std::ranges::find(drugs, DrugRole::asked, &DrugMention::role) != drugs.end();
}

FreeText::FreeText(const Knowledge& knowledge, const Formulary& formulary)
    : knowledge_(knowledge), formulary_(formulary) {
    knowledge.conditions.names().each(
        [this](const std::string& name, std::size_t index) { condition_names_.add(name, index); });
    const Drugs& drugs = formulary.drugs;
    drugs.names().each(
        [this](const std::string& name, std::size_t index) { drug_names_.add(name, index); });
    drugs.class_names().each([this, &drugs](const std::string& name, std::size_t index) {
        drug_names_.add(name, drugs.all().size() + index);
    });
}

Medicine FreeText::medicine(std::size_t name) const {
    const Drugs& drugs = formulary_.drugs;
    if (name < drugs.all().size()) return medicine_of(formulary_, name);
    const std::size_t index = name - drugs.all().size();
    return {.label = drugs.classes()[index].label, .drug = std::nullopt, .classes = {index}};
}

Reading FreeText::read(std::string_view text) const {
    const std::vector<TextWord> words = words_of_text(text);
    Reader reader(words);
    reader.values();
    const std::vector<WordCode> codes = codes_of(words);
    for (const Found& found : reader.within_bound(drug_names_.find_all(words, codes)))
        reader.drug(found, medicine(found.index));
    reader.other_allergies();
    reader.nothing_of();
    for (const Found& found :
         reader.within_bound(knowledge_.finding_phrases.find_all(words, codes)))
        reader.finding(found, knowledge_.findings[found.index].type == Finding::Type::risk);
    for (const Found& found : reader.within_bound(condition_names_.find_all(words, codes)))
        reader.condition(found);
    return reader.done();
}

std::vector<Medicine> FreeText::medicines_in(std::string_view text) const {
    std::vector<Medicine> all;
    const std::vector<TextWord> words = words_of_text(text);
    for (const Found& found : drug_names_.find_all(words, codes_of(words)))
        all.push_back(medicine(found.index));
    return all;
}

std::vector<std::size_t> FreeText::conditions_in(std::string_view text) const {
    std::vector<std::size_t> all;
    const std::vector<TextWord> words = words_of_text(text);
    for (const Found& found : condition_names_.find_all(words, codes_of(words)))
        all.push_back(found.index);
    return all;
}

}  // namespace clinical
