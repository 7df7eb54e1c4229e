// The words for other people that a text may speak of: one table for all who ask about them.
#pragma once

#include <string_view>

namespace clinical {

struct Relation {
    std::string_view word;
    // One name for all words that mean the same person ("father" for "dad"); empty: several people,
    // or nobody in particular.
    std::string_view who;
    // What they had is mostly told as background of somebody else's complaint ("my uncle had …"),
    // where a spouse or a child is mostly the patient.
    bool background = false;
};

// What a word says of whom; null: it is no relation.
[[nodiscard]] const Relation* relation_named(std::string_view word);

}  // namespace clinical
