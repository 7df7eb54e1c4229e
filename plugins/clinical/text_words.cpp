#include "plugins/clinical/text_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace clinical {
namespace {

// Words that begin a clause without a comma before them.
constexpr std::array<std::string_view, 6> kTurns{"but",    "however", "although",
                                                 "though", "except",  "yet"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

enum class Mark { none, apostrophe, space, clause, sentence };
struct Special {
    std::string_view bytes;
    Mark mark;
};
// Characters of more than one byte that are no letters.
constexpr std::array<Special, 8> kSpecials{{{"\xe2\x80\x99", Mark::apostrophe},
                                            {"\xe2\x80\x98", Mark::apostrophe},
                                            {"\xe2\x80\x93", Mark::clause},
                                            {"\xe2\x80\x94", Mark::clause},
                                            {"\xe2\x80\xa6", Mark::sentence},
                                            {"\xe2\x80\x9c", Mark::space},
                                            {"\xc2\xa0", Mark::space},
                                            {"\xc2\xb0", Mark::space}}};

Mark mark_of(char c) {
    switch (c) {
        case '\'':
            return Mark::apostrophe;
        case ',':
        case '(':
        case ')':
            return Mark::clause;
        case '.':
        case ';':
        case '!':
        case '?':
        case '\n':
            return Mark::sentence;
        default:
            return Mark::space;
    }
}

class Splitter {
  public:
    explicit Splitter(std::string_view text) : text_(text) {}

    std::vector<TextWord> split() {
        for (at_ = 0; at_ < text_.size() && words_.size() < kTextWordsMax;) step();
        close();
        end_sentence(false);
        return std::move(words_);
    }

  private:
    void step() {
        char c = text_[at_];
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (static_cast<unsigned char>(c) >= 0xc2)
            for (const Special& special : kSpecials)
                if (text_.substr(at_, special.bytes.size()) == special.bytes)
                    return act(special.mark, special.bytes.size(), false);
        if (joins_number(c) || is_digit(c) || is_letter(c)) {
            if (!word_.text.empty() && is_digit(word_.text.back()) && is_letter(c) &&
                is_digit(word_.text.front()))
                close();
            if (word_.text.empty()) word_.begin = at_;
            word_.text += c;
            word_.end = ++at_;
            return;
        }
        act(mark_of(c), 1, c == '?');
    }

    // A point, a comma or a slash between two digits.
    bool joins_number(char c) const {
        return (c == '.' || c == '/') && !word_.text.empty() && is_digit(word_.text.back()) &&
               is_digit(word_.text.front()) && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    }

    void act(Mark mark, std::size_t bytes, bool asks) {
        at_ += bytes;
        if (mark == Mark::apostrophe) return;
        close();
        if (mark == Mark::clause) ++clause_;
        if (mark == Mark::sentence) end_sentence(asks);
    }

    void close() {
        if (word_.text.empty()) return;
        if (word_.text == "cant") word_.text = "cannot";
        const bool of_can = word_.text == "not" && !words_.empty() && words_.back().text == "can" &&
                            words_.back().clause == clause_;
        if (of_can) {
            words_.back().text = "cannot";
            words_.back().end = word_.end;
        } else {
            if (std::ranges::find(kTurns, word_.text) != kTurns.end()) ++clause_;
            word_.clause = clause_;
            word_.sentence = sentence_;
            words_.push_back(std::move(word_));
        }
        word_ = {};
    }

    void end_sentence(bool asks) {
        if (asks)
            for (std::size_t i = first_; i < words_.size(); ++i) words_[i].asked = true;
        first_ = words_.size();
        ++sentence_;
        ++clause_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t first_ = 0;  // word of the sentence
    unsigned clause_ = 0;
    unsigned sentence_ = 0;
    TextWord word_;
    std::vector<TextWord> words_;
};

}  // namespace

std::vector<TextWord> words_of_text(std::string_view text) {
    return Splitter(text).split();
}

std::string_view stem(std::string_view word) {
    constexpr std::array<std::string_view, 13> kEndings{
        "iness", "ness", "ing", "ful", "ied", "ies", "ed", "es", "ly", "s", "y", "e", ""};
    constexpr std::size_t kStemMin = 3;
    if ((word.ends_with("ss") && !word.ends_with("ness")) || word == "fits" || word == "hives" ||
        is_digit(word.empty() ? 'x' : word.front()))
        return word;
    for (const std::string_view ending : kEndings)
        if (word.ends_with(ending) && word.size() >= ending.size() + kStemMin)
            return word.substr(0, word.size() - ending.size());
    return word;
}

std::optional<double> number_of(std::string_view word) {
    constexpr std::array<std::string_view, 13> kNumbers{"zero", "one",    "two",   "three", "four",
                                                        "five", "six",    "seven", "eight", "nine",
                                                        "ten",  "eleven", "twelve"};
    if (word.empty()) return std::nullopt;
    if (!is_digit(word.front())) {
        if (word.size() < 3 || word.size() > 6) return std::nullopt;
        const auto named = std::ranges::find(kNumbers, word);
        if (named == kNumbers.end()) return std::nullopt;
        return static_cast<double>(named - kNumbers.begin());
    }
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return value;
}

}  // namespace clinical
