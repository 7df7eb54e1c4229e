// Whom a text's complaints are of: the one who writes, or somebody whom they name ("my dad", "the
// baby"). Two people must not add up to one patient.
#pragma once

#include <span>
#include <string_view>

#include "plugins/clinical/text_words.hpp"

namespace clinical {

inline constexpr std::string_view kTheWriter = "me";

// Of the complaint that begins with the word `first`: kTheWriter, a relation in one of its forms
// ("father" also of "dad"), or empty where nothing near says ("she", nobody). Whoever is named last
// before it counts; who only tells of it ("my wife says") does not.
[[nodiscard]] std::string_view subject_of(std::span<const TextWord> words, std::size_t first);

// Whether both may be the same person: "child" may be the son or the daughter.
[[nodiscard]] bool may_be_same(std::string_view one, std::string_view other);

}  // namespace clinical
