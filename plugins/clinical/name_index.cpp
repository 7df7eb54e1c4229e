#include "plugins/clinical/name_index.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace clinical {
namespace {

constexpr std::array<std::string_view, 21> kSmallWords{
    "a",   "an", "and", "at", "for", "from", "had", "has", "have", "having", "her",
    "his", "i",  "in",  "is", "my",  "of",   "on",  "the", "to",   "with"};
constexpr std::size_t kSpellingBytesMin = 5;  // a letter wrong in "leg" is another word
constexpr std::size_t kNameBytesMax = 120;

bool is_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || byte >= 0x80 || c == '/';
}

std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words(1);
    for (char c : name.substr(0, kNameBytesMax)) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '\'') continue;
        if (is_word(c))
            words.back() += c;
        else if (!words.back().empty())
            words.emplace_back();
    }
    std::erase_if(words, [](const std::string& word) {
        return word.empty() || std::ranges::find(kSmallWords, word) != kSmallWords.end();
    });
    return words;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

// A letter more, less or other; also the same.
bool one_edit_apart(std::string_view a, std::string_view b) {
    if (a.size() < b.size()) std::swap(a, b);
    if (a.size() - b.size() > 1) return false;
    const auto same = static_cast<std::size_t>(std::ranges::mismatch(a, b).in2 - b.begin());
    if (same == b.size()) return true;
    const std::string_view rest_of_b = a.size() == b.size() ? b.substr(same + 1) : b.substr(same);
    return a.substr(same + 1) == rest_of_b;
}

// 0 for the same; words shared count more than letters.
double distance(std::string_view a, std::string_view b) {
    const auto mine = words_of(a);
    const auto its = words_of(b);
    std::size_t shared = 0;
    for (const std::string& word : mine)
        if (std::ranges::find(its, word) != its.end()) ++shared;
    const double letters = static_cast<double>(edit_distance(a, b)) /
                           static_cast<double>(std::max<std::size_t>({a.size(), b.size(), 1}));
    const double words = static_cast<double>(shared) /
                         static_cast<double>(std::max<std::size_t>({mine.size(), its.size(), 1}));
    return letters - words;
}

}  // namespace

std::string name_key(std::string_view name) {
    std::vector<std::string> words = words_of(name);
    std::ranges::sort(words);
    std::string key;
    for (const std::string& word : words) key += (key.empty() ? "" : " ") + word;
    return key;
}

bool NameIndex::add(std::string_view name, std::size_t index, MatchKind kind) {
    std::string readable(name);
    std::ranges::replace(readable, '_', ' ');
    const auto [place, fresh] =
        by_key_.try_emplace(name_key(readable), Entry{readable, {index, kind}});
    return fresh || place->second.match.index == index;
}

std::optional<Match> NameIndex::find(std::string_view name) const {
    const std::string key = name_key(name);
    if (key.empty()) return std::nullopt;
    if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second.match;
    if (key.size() < kSpellingBytesMin) return std::nullopt;
    std::optional<Match> only;
    for (const auto& [known, entry] : by_key_) {
        if (known.size() < kSpellingBytesMin || !one_edit_apart(key, known)) continue;
        if (only && only->index != entry.match.index)
            return std::nullopt;  // either: not ours to say
        only = Match{entry.match.index, MatchKind::spelling};
    }
    return only;
}

std::vector<std::string> NameIndex::nearest(std::string_view name, std::size_t limit) const {
    const std::string key = name_key(name);
    std::vector<std::tuple<double, std::string, std::size_t>> ranked;
    for (const auto& [known, entry] : by_key_)
        ranked.emplace_back(distance(key, known), entry.name, entry.match.index);
    std::ranges::sort(ranked);
    std::vector<std::string> names;
    std::set<std::size_t> named;
    for (auto& [far, readable, index] : ranked) {
        if (names.size() == limit) break;
        if (named.insert(index).second) names.push_back(std::move(readable));
    }
    return names;
}

}  // namespace clinical
