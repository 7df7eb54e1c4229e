// Finds names inside a running text: every name's words, in any order, small words and common
// fillers between them ("pain in my left chest" has "chest pain"). Linear in the text.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "plugins/clinical/text_words.hpp"

namespace clinical {

// What a word counts for in names, the same for every lexicon.
struct WordCode {
    std::uint64_t code = 0;  // of its stem
    bool small = false;      // counts for nothing ("in", "my")
    bool filler = false;     // may be left out ("very", "left")
};
[[nodiscard]] std::vector<WordCode> codes_of(std::span<const TextWord> words);

class Lexicon {
  public:
    // A name, from its first word to its last.
    struct Found {
        std::size_t index = 0;  // of what was added
        std::size_t first = 0;  // words
        std::size_t last = 0;   // included
    };

    // `index` answers to `name`. False where another one does already.
    bool add(std::string_view name, std::size_t index);

    // By place. Of two names of which one lies within the other, the longer. `codes` are those of
    // `words`.
    [[nodiscard]] std::vector<Found> find_all(std::span<const TextWord> words,
                                              std::span<const WordCode> codes) const;

  private:
    [[nodiscard]] bool longest_at(std::span<const TextWord> words, std::span<const WordCode> codes,
                                  std::size_t at, Found& found) const;

    std::unordered_set<std::uint64_t> known_;               // codes of the names' words
    std::unordered_map<std::uint64_t, std::size_t> names_;  // by the sum of their words' codes
};

}  // namespace clinical
