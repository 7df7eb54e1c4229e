#include "plugins/clinical/lexicon.hpp"

#include <algorithm>
#include <array>

namespace clinical {
namespace {

constexpr std::size_t kWindowWords = 10;  // from the first word of a name to its last

constexpr auto kSmall = std::to_array<std::string_view>(
    {"a",     "am",   "an",    "and",  "are", "at",  "be",   "been", "by",   "for",  "from",
     "he",    "her",  "hes",   "him",  "his", "i",   "im",   "in",   "is",   "it",   "its",
     "ive",   "me",   "my",    "of",   "on",  "or",  "our",  "she",  "shes", "that", "the",
     "their", "them", "there", "this", "to",  "was", "were", "with", "your"});
constexpr auto kFillers = std::to_array<std::string_view>(
    {"acute",    "again",      "all",        "almost",     "also",       "always",   "any",
     "awful",    "awfully",    "bad",        "badly",      "became",     "become",   "becoming",
     "big",      "bit",        "both",       "chronic",    "completely", "constant", "day",
     "days",     "constantly", "continuous", "each",       "extremely",  "feel",     "feeling",
     "feels",    "felt",       "get",        "gets",       "getting",    "going",    "gone",
     "got",      "had",        "has",        "have",       "having",     "horrible", "intense",
     "just",     "keep",       "keeps",      "kept",       "kind",       "left",     "life",
     "like",     "little",     "lot",        "lots",       "mild",       "moderate", "more",
     "much",     "new",        "now",        "occasional", "often",      "one",      "ongoing",
     "only",     "other",      "own",        "persistent", "pretty",     "quite",    "really",
     "recent",   "recurrent",  "right",      "seems",      "severe",     "severely", "slight",
     "slightly", "small",      "so",         "some",       "sometimes",  "sort",     "start",
     "started",  "starting",   "starts",     "still",      "strong",     "such",     "sudden",
     "suddenly", "terrible",   "terribly",   "these",      "those",      "totally",  "turned",
     "turning",  "type",       "very",       "week",       "weeks",      "went",     "whole"});

using WordSet = std::unordered_set<std::string_view>;

// FNV-1a, then mixed, so that sums of codes stay apart.
std::uint64_t code_of(std::string_view text) {
    std::uint64_t code = 0xcbf29ce484222325;
    for (const char c : text) code = (code ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    code ^= code >> 33;
    code *= 0xff51afd7ed558ccd;
    code ^= code >> 33;
    return code | 1;
}

}  // namespace

std::vector<WordCode> codes_of(std::span<const TextWord> words) {
    static const WordSet small(kSmall.begin(), kSmall.end());
    static const WordSet fillers(kFillers.begin(), kFillers.end());
    std::vector<WordCode> codes;
    codes.reserve(words.size());
    for (const TextWord& word : words) {
        const std::string_view text = word.text;
        if (small.contains(text))
            codes.push_back({0, true, false});
        else
            codes.push_back(
                {code_of(stem(text)), false, fillers.contains(text) || number_of(text)});
    }
    return codes;
}

bool Lexicon::add(std::string_view name, std::size_t index) {
    std::string readable(name);
    std::ranges::replace(readable, '_', ' ');
    std::uint64_t sum = 0;
    for (const WordCode& word : codes_of(words_of_text(readable))) {
        if (word.small) continue;
        known_.insert(word.code);
        sum += word.code;
    }
    if (sum == 0) return true;  // nothing to be found by
    const auto [place, fresh] = names_.try_emplace(sum, index);
    return fresh || place->second == index;
}

// Two readings of each window: with the fillers, which may be part of a name ("bad headache"), and
// without.
bool Lexicon::longest_at(std::span<const TextWord> words, std::span<const WordCode> codes,
                         std::size_t at, Found& found) const {
    if (codes[at].small || !known_.contains(codes[at].code)) return false;
    std::uint64_t all = 0, core = 0;
    bool all_known = true;
    const bool from_filler = codes[at].filler;
    bool any = false;
    const std::size_t end = std::min(words.size(), at + kWindowWords);
    for (std::size_t i = at; i < end && words[i].clause == words[at].clause; ++i) {
        const WordCode& word = codes[i];
        if (word.small) continue;
        const bool known = known_.contains(word.code);
        if (!known && !word.filler) break;
        all_known = all_known && known;
        all += word.code;
        if (!word.filler) core += word.code;
        auto name = all_known ? names_.find(all) : names_.end();
        if (name == names_.end() && !from_filler && !word.filler) name = names_.find(core);
        if (name == names_.end()) continue;
        found = {name->second, at, i};
        any = true;
    }
    return any;
}

std::vector<Lexicon::Found> Lexicon::find_all(std::span<const TextWord> words,
                                              std::span<const WordCode> codes) const {
    std::vector<Found> all;
    Found found;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!longest_at(words, codes, i, found)) continue;
        // What begins earlier and ends no earlier contains it.
        if (!all.empty() && found.last <= all.back().last) continue;
        all.push_back(found);
    }
    return all;
}

}  // namespace clinical
