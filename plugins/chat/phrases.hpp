// Words of a text and patterns over them: what red flags and the built-in assistant recognise
// complaints by. Pure, ASCII case only, no locale.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

// Texts are looked at up to here; a longer one is cut.
inline constexpr std::size_t kWordsMax = 4'000;

// A text as lower-case words without apostrophes ("don't" is "dont"). A word knows the clause it
// stands in: `.`, `;`, `,`, `but` and the like begin a new one.
class Words {
  public:
    explicit Words(std::string_view text);

    struct Word {
        std::string text;
        unsigned clause = 0;  // a comma begins one, too
        unsigned sentence = 0;
    };
    [[nodiscard]] const std::vector<Word>& all() const { return words_; }

    // Whether `pattern` occurs and is not denied ("no chest pain", "denies fever or rash").
    // A pattern is words with spaces between:
    //     word   itself           wor*      any word that begins so
    //     ~      up to three words of the same sentence
    //     14..60 a number in this range
    [[nodiscard]] bool mention(std::string_view pattern) const;
    [[nodiscard]] bool mention_any(std::initializer_list<std::string_view> patterns) const;
    template <typename Patterns>
    [[nodiscard]] bool mention_any(const Patterns& patterns) const {
        for (const std::string_view pattern : patterns)
            if (mention(pattern)) return true;
        return false;
    }

  private:
    [[nodiscard]] bool denied(std::size_t at) const;

    std::vector<Word> words_;
};

}  // namespace chat
