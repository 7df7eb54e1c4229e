#include "plugins/chat/phrases.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace chat {
namespace {

constexpr std::size_t kGapMax = 3;       // words that a `~` may skip
constexpr std::size_t kDenialReach = 6;  // words before a finding in which a denial counts

constexpr std::array<std::string_view, 11> kDenials{
    "no", "not", "never", "without", "denies", "deny", "denied", "nor", "dont", "doesnt", "didnt"};
// What ends the reach of a denial besides punctuation.
constexpr std::array<std::string_view, 6> kTurns{"but",    "however", "although",
                                                 "though", "now",     "except"};

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view pattern) {
    std::vector<std::string_view> parts;
    while (!pattern.empty()) {
        const std::size_t space = std::min(pattern.find(' '), pattern.size());
        parts.push_back(pattern.substr(0, space));
        pattern.remove_prefix(std::min(space + 1, pattern.size()));
    }
    return parts;
}

bool matches(std::string_view part, std::string_view word) {
    if (const std::size_t dots = part.find(".."); dots != std::string_view::npos) {
        const auto low = number_of(part.substr(0, dots));
        const auto high = number_of(part.substr(dots + 2));
        const auto value = number_of(word);
        return low && high && value && *low <= *value && *value <= *high;
    }
    if (part.ends_with('*')) return word.starts_with(part.substr(0, part.size() - 1));
    return part == word;
}

// Whether parts[p...] stand at words[w...] of one sentence.
bool stands_at(const std::vector<Words::Word>& words, std::size_t w,
               const std::vector<std::string_view>& parts, std::size_t p, unsigned sentence) {
    if (p == parts.size()) return true;
    const std::size_t skips = parts[p] == "~" ? kGapMax : 0;
    if (skips != 0) ++p;
    for (std::size_t skip = 0; skip <= skips && w + skip < words.size(); ++skip) {
        const Words::Word& word = words[w + skip];
        if (word.sentence != sentence) return false;
        if (matches(parts[p], word.text) && stands_at(words, w + skip + 1, parts, p + 1, sentence))
            return true;
    }
    return false;
}

}  // namespace

Words::Words(std::string_view text) {
    Word word;
    const auto close = [&] {
        if (word.text.empty()) return;
        if (std::ranges::find(kTurns, word.text) != kTurns.end()) ++word.clause;
        words_.push_back(word);
        word.text.clear();
    };
    for (std::size_t i = 0; i < text.size() && words_.size() < kWordsMax; ++i) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '\'') continue;
        if (text.substr(i, 3) == "\xe2\x80\x99") {  // a typographic apostrophe
            i += 2;
            continue;
        }
        const bool decimal = c == '.' && !word.text.empty() && i + 1 < text.size() &&
                             word.text.back() >= '0' && word.text.back() <= '9' &&
                             text[i + 1] >= '0' && text[i + 1] <= '9';
        if (is_word_byte(c) || decimal) {
            word.text += c;
            continue;
        }
        close();
        if (c == ',' || c == ':' || c == '(' || c == ')') ++word.clause;
        if (c == '.' || c == ';' || c == '!' || c == '?' || c == '\n') {
            ++word.clause;
            ++word.sentence;
        }
    }
    close();
}

bool Words::mention(std::string_view pattern) const {
    const auto parts = split(pattern);
    for (std::size_t i = 0; i < words_.size(); ++i)
        if (stands_at(words_, i, parts, 0, words_[i].sentence) && !denied(i)) return true;
    return false;
}

bool Words::mention_any(std::initializer_list<std::string_view> patterns) const {
    return std::ranges::any_of(patterns, [&](std::string_view p) { return mention(p); });
}

bool Words::denied(std::size_t at) const {
    for (std::size_t back = 1; back <= kDenialReach && back <= at; ++back) {
        const Word& word = words_[at - back];
        if (word.clause != words_[at].clause) return false;
        if (std::ranges::find(kDenials, word.text) != kDenials.end()) {
            // "not only chest pain", "no doubt": not a denial of what follows.
            const std::string& next = words_[at - back + 1].text;
            return next != "only" && next != "doubt" && next != "just";
        }
    }
    return false;
}

}  // namespace chat
