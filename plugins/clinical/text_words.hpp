// A text as words: lower case, without apostrophes, each with its place in the text and the clause
// and sentence that it stands in. What free text is read by. Pure, any bytes, linear.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clinical {

// A text is read up to here, some 30 KiB of prose; the rest is not looked at.
inline constexpr std::size_t kTextWordsMax = 6'000;

struct TextWord {
    std::string text;       // "dont" of "Don't"; "cannot" also of "can't" and "can not"
    std::size_t begin = 0;  // bytes of the text
    std::size_t end = 0;
    unsigned clause = 0;    // begins after , ( ) and with "but" and the like
    unsigned sentence = 0;  // begins after . ; ! ? and a line's end
    bool asked = false;     // the sentence ends with a question mark
};

// At most kTextWordsMax. Numbers keep their point ("38.5") and slash ("130/80") and stand apart
// from a unit ("70kg").
[[nodiscard]] std::vector<TextWord> words_of_text(std::string_view text);

// What a word shares with its other forms: "vomiting", "vomited" and "vomits" have one stem.
// A part of `word`.
[[nodiscard]] std::string_view stem(std::string_view word);

// "38.5", "3", "three"; nothing for what is no number.
[[nodiscard]] std::optional<double> number_of(std::string_view word);

// Whether a word is on one of the short lists that reading goes by.
template <std::size_t N>
[[nodiscard]] bool in(const std::array<std::string_view, N>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

}  // namespace clinical
