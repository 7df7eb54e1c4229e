#include "plugins/clinical/standing.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "plugins/clinical/relations.hpp"

namespace clinical {
namespace {

using Words = std::span<const TextWord>;

constexpr std::size_t kDenialReach = 12;  // words
constexpr std::size_t kListReach = 8;     // from a name to the "or" that ends its list
constexpr std::size_t kAfterReach = 5;
constexpr std::size_t kContextBefore = 15;
constexpr std::size_t kContextAfter = 10;
constexpr std::size_t kOpeningWords = 4;

constexpr auto kDenials = std::to_array<std::string_view>(
    {"no",      "not",   "never",  "without", "denies",   "deny",  "denied", "denying", "nor",
     "neither", "dont",  "doesnt", "didnt",   "isnt",     "arent", "wasnt",  "werent",  "havent",
     "hasnt",   "hadnt", "aint",   "stopped", "negative", "lack",  "absence"});
// These deny a whole list, however it is joined.
constexpr auto kListDenials =
    std::to_array<std::string_view>({"without", "denies", "deny", "denied", "denying", "negative"});
// After a denial: what is denied is something else ("no doubt", "not only", "does not help").
constexpr auto kNotDenied = std::to_array<std::string_view>(
    {"only",    "just",     "doubt",   "improvement", "improving",  "improved", "better",
     "relief",  "relieved", "relieve", "change",      "changed",    "sure",     "certain",
     "help",    "helping",  "helped",  "stop",        "stopped",    "stopping", "go",
     "going",   "gone",     "idea",    "well",        "good",       "getting",  "enough",
     "because", "due",      "work",    "working",     "controlled", "know",     "matter",
     "goes",    "away",     "subside", "resolved",    "settled",    "settling"});
// Between a denial and a name: here something else begins.
constexpr auto kStops = std::to_array<std::string_view>(
    {"because", "when",  "then",    "now",    "which",   "still", "apart", "instead",
     "so",      "until", "after",   "before", "with",    "only",  "while", "just",
     "where",   "who",   "despite", "rather", "whereas", "also"});
// After "and" or a comma these say that something is there.
constexpr auto kAsserters = std::to_array<std::string_view>(
    {"i",  "ive", "im",  "he",  "she",  "hes",   "shes",      "we",    "they", "it",
     "my", "his", "her", "a",   "an",   "some",  "the",       "have",  "has",  "had",
     "am", "is",  "are", "got", "feel", "feels", "developed", "there", "now"});
constexpr auto kThinkers = std::to_array<std::string_view>(
    {"think", "believe", "feel", "say", "suppose", "know", "that", "do", "did"});
constexpr auto kGone =
    std::to_array<std::string_view>({"gone", "resolved", "absent", "disappeared", "settled",
                                     "stopped", "cleared", "negative", "denied", "vanished"});
// All that may stand in "but an hour ago I did".
constexpr auto kLately = std::to_array<std::string_view>(
    {"a",      "an",      "about",  "it",      "i",         "he",    "she",  "did",
     "had",    "have",    "was",    "there",   "some",      "one",   "two",  "three",
     "few",    "half",    "couple", "of",      "hour",      "hours", "min",  "mins",
     "minute", "minutes", "ago",    "earlier", "yesterday", "this",  "last", "morning",
     "night",  "evening", "today",  "before",  "just",      "only",  "in",   "the"});
constexpr auto kLatelyTimes = std::to_array<std::string_view>(
    {"ago", "earlier", "yesterday", "morning", "night", "evening", "today", "before"});
constexpr auto kRecent = std::to_array<std::string_view>(
    {"just", "now", "today", "minutes", "minute", "hour", "hours", "morning", "tonight",
     "currently", "suddenly", "keeps", "again"});

class Around {
  public:
    Around(Words words, std::size_t first, std::size_t last)
        : words_(words), first_(first), last_(last) {
        before_ = first;
        while (before_ > 0 && first - before_ < kContextBefore && same_clause(before_ - 1))
            --before_;
        after_ = last + 1;
        while (after_ < words.size() && after_ - last <= kContextAfter && same_clause(after_))
            ++after_;
    }

    [[nodiscard]] bool denied() const { return denied_before() || gone_after() || answered_no(); }

    // "… now, but an hour ago I did": gone, and so lately that it counts.
    [[nodiscard]] bool but_lately() const {
        std::size_t i = last_ + 1;
        while (i < words_.size() && i <= last_ + kAfterReach && !turns(i)) ++i;
        if (i >= words_.size() || !turns(i)) return false;
        bool timed = false;
        for (++i; i < words_.size() && words_[i].sentence == words_[first_].sentence; ++i) {
            const std::string_view word = words_[i].text;
            if (!in(kLately, word) && !number_of(word)) return false;
            timed = timed || in(kLatelyTimes, word);
        }
        return timed;
    }

    // Of years or months ago, and not since then.
    [[nodiscard]] bool past() const {
        const std::size_t from = with_opening();
        bool old = false;
        for (std::size_t i = from; i < after_; ++i) {
            if (inside(i)) continue;
            const std::string_view word = words_[i].text;
            if (word == "since" || word == "began" || word == "started" || word == "still" ||
                word == "now" || word == "today")
                return false;
            old = old || old_time(i);
        }
        return old;
    }

    // "as a child", where the child is what is named.
    [[nodiscard]] bool once() const { return is(first_ - 1, "a") && is(first_ - 2, "as"); }

    [[nodiscard]] bool others(bool background) const {
        for (std::size_t i = first_; i > before_; --i) {
            const std::string_view word = words_[i - 1].text;
            if (word == "i" || word == "im" || word == "ive") return false;
            const Relation* relation = relation_named(word);
            if (relation != nullptr && relation->background) return background || told_of(i);
        }
        // "… runs in my family"
        for (std::size_t i = last_ + 1; i < after_; ++i)
            if (words_[i].text == "family" && is(i - 2, "in")) return true;
        return false;
    }

    [[nodiscard]] bool wondered() const {
        for (std::size_t i = first_; i > before_; --i) {
            const std::size_t at = i - 1;
            const std::string_view word = words_[at].text;
            if (word == "my" || ((word == "im" || word == "ive") && !is(at - 1, "if")))
                return false;
            if (is(at - 1, "i") && (word == "have" || word == "am" || word == "feel" ||
                                    word == "got" || word == "had"))
                return asks_whether_i(at - 1);
            if (cue(at)) return true;
        }
        return false;
    }

  private:
    [[nodiscard]] bool is(std::size_t i, std::string_view word) const {
        return i < words_.size() && words_[i].text == word;  // below 0 wraps round, and is not
    }
    [[nodiscard]] bool inside(std::size_t i) const { return i >= first_ && i <= last_; }
    [[nodiscard]] bool same_clause(std::size_t i) const {
        return words_[i].clause == words_[first_].clause;
    }
    // "Last year, I had …": a time may stand in a short clause of its own before this one.
    [[nodiscard]] std::size_t with_opening() const {
        if (before_ == 0 || same_clause(before_ - 1) ||
            words_[before_ - 1].sentence != words_[first_].sentence)
            return before_;
        const unsigned opening = words_[before_ - 1].clause;
        std::size_t from = before_;
        while (from > 0 && words_[from - 1].clause == opening) {
            if (before_ - --from > kOpeningWords) return before_;
        }
        return from;
    }

    [[nodiscard]] bool denied_before() const {
        bool comma = false;
        const std::size_t end = first_ > kDenialReach ? first_ - kDenialReach : 0;
        for (std::size_t i = first_; i > end; --i) {
            const TextWord& word = words_[i - 1];
            if (word.sentence != words_[first_].sentence) return false;
            if (i < words_.size() && word.clause != words_[i].clause) {
                if (turns(i) || asserts(i)) return false;
                comma = true;
            }
            if (in(kDenials, word.text)) {
                if (i < words_.size() && i != first_ && in(kNotDenied, words_[i].text))
                    return false;
                if (i == first_ && in(kNotDenied, words_[i].text)) return false;
                return !comma || in(kListDenials, word.text) || list_ends_with_or(i);
            }
            if (in(kStops, word.text)) return false;
            if (word.text == "and" && asserts(i)) return false;
        }
        return false;
    }

    // Whether "but" or the like begins the clause at `i`.
    [[nodiscard]] bool turns(std::size_t i) const {
        constexpr auto kTurns = std::to_array<std::string_view>(
            {"but", "however", "although", "though", "except", "yet"});
        return in(kTurns, words_[i].text);
    }
    // Whether what begins at `i` is said to be there ("I have …"), unless it is what a doubt is
    // about ("I don't think I have …").
    [[nodiscard]] bool asserts(std::size_t i) const {
        if (i >= first_ || !in(kAsserters, words_[i].text)) return false;
        return !(i > 0 && in(kThinkers, words_[i - 1].text));
    }

    [[nodiscard]] bool list_ends_with_or(std::size_t from) const {
        for (std::size_t i = from; i < words_.size() && i <= last_ + kListReach; ++i) {
            if (words_[i].sentence != words_[first_].sentence || turns(i)) return false;
            if (i > last_ && words_[i].text == "and") return false;
            if (words_[i].text == "or" || words_[i].text == "nor") return true;
        }
        return false;
    }

    [[nodiscard]] bool gone_after() const {
        bool denial = false;
        for (std::size_t i = last_ + 1; i < after_ && i <= last_ + kAfterReach; ++i) {
            const std::string_view word = words_[i].text;
            const bool away = word == "went" && is(i + 1, "away");
            if (in(kGone, word) || away) return !denial;
            denial = denial || in(kDenials, word);
            if (word == "and" || word == "or") return false;
        }
        return false;
    }

    // "Fever? No."
    [[nodiscard]] bool answered_no() const {
        const std::size_t next = last_ + 1;
        return words_[last_].asked && next < words_.size() && is(next, "no") &&
               words_[next].sentence != words_[last_].sentence &&
               (next + 1 == words_.size() || words_[next + 1].clause != words_[next].clause);
    }

    [[nodiscard]] bool old_time(std::size_t i) const {
        const std::string_view word = words_[i].text;
        constexpr auto kSpans = std::to_array<std::string_view>(
            {"year", "years", "month", "months", "decade", "decades"});
        if (word == "ago") return i > 0 && in(kSpans, words_[i - 1].text);
        if (word == "last")
            return is(i + 1, "year") || is(i + 1, "month") || is(i + 1, "summer") ||
                   is(i + 1, "winter") || is(i + 1, "spring") || is(i + 1, "autumn");
        if (word == "in") {
            const auto year = i + 1 < words_.size() ? number_of(words_[i + 1].text) : std::nullopt;
            return (year && *year >= 1900 && *year <= 2100) ||
                   (is(i + 1, "the") && is(i + 2, "past")) || is(i + 1, "childhood");
        }
        if (word == "history") return is(i + 1, "of");
        if (word == "used") return is(i + 1, "to");
        if (word == "when") return is(i + 1, "i") && is(i + 2, "was");
        if (word == "as") return is(i + 1, "a") && (is(i + 2, "child") || is(i + 2, "kid"));
        return word == "previous" || word == "previously" || word == "formerly";
    }

    // Of the relative that stands before `i`: is it told of the past or of an end?
    [[nodiscard]] bool told_of(std::size_t i) const {
        bool past = false;
        for (; i < after_; ++i) {
            const std::string_view word = words_[i].text;
            if (in(kRecent, word)) return false;
            const bool perfect = i > 0 && (is(i - 1, "has") || is(i - 1, "have"));
            past = past || (word == "had" && !perfect) || word == "died" || word == "suffered" ||
                   word == "history" || word == "diagnosed";
        }
        return past;
    }

    // "do I have", "could I have", "if I have"
    [[nodiscard]] bool asks_whether_i(std::size_t i) const {
        constexpr auto kAsking =
            std::to_array<std::string_view>({"do", "could", "might", "would", "should", "can",
                                             "may", "will", "if", "whether", "did", "once"});
        return i > 0 && in(kAsking, words_[i - 1].text);
    }

    [[nodiscard]] bool cue(std::size_t i) const {
        const std::string_view word = words_[i].text;
        const bool asked = words_[i].asked;
        constexpr auto kModals =
            std::to_array<std::string_view>({"could", "might", "may", "would", "can", "should"});
        constexpr auto kBecoming = std::to_array<std::string_view>(
            {"be", "have", "cause", "mean", "lead", "get", "become", "develop"});
        if (in(kModals, word))
            return asked || (i + 1 < words_.size() && in(kBecoming, words_[i + 1].text));
        if (word == "if")
            return asked || is(i - 1, "what") || is(i - 1, "wonder") || is(i - 1, "wondering") ||
                   is(i - 1, "sure");
        if (word == "is" || word == "was")
            return asked && (is(i + 1, "it") || is(i + 1, "this") || is(i + 1, "that"));
        if (word == "about") return is(i - 1, "worried") || is(i - 1, "worry") || is(i - 1, "read");
        if (word == "of")
            return is(i - 1, "afraid") || is(i - 1, "scared") || is(i - 1, "risk") ||
                   is(i - 1, "symptoms") || is(i - 1, "signs") || is(i - 1, "fear");
        if (word == "in") return is(i + 1, "case");
        if (word == "what")
            return asked && (is(i + 1, "is") || is(i + 1, "are") || is(i + 1, "causes") ||
                             is(i + 1, "does"));
        return word == "whether" || word == "causes" || word == "prevent" || word == "prevents";
    }

    Words words_;
    std::size_t first_;
    std::size_t last_;
    std::size_t before_ = 0;  // the first word of the clause that is looked at
    std::size_t after_ = 0;   // behind the last one
};

}  // namespace

Standing standing_of(Words words, std::size_t first, std::size_t last, bool background) {
    const Around around(words, first, last);
    if (around.denied() && !around.but_lately()) return Standing::absent;
    if (around.others(background)) return Standing::other_person;
    if (around.wondered()) return Standing::wondered;
    if (around.once() || (!background && around.past())) return Standing::past;
    return Standing::present;
}

}  // namespace clinical
