// Whether what a text names is said of the patient now: denied ("no fever or chills"), long past,
// somebody else's ("my father had a stroke"), or only wondered about ("could this be a stroke?").
#pragma once

#include <cstdint>
#include <span>

#include "plugins/clinical/text_words.hpp"

namespace clinical {

enum class Standing : std::uint8_t {
    present,
    absent,
    past,
    other_person,
    wondered,
};

// Of the words `first` to `last`, which name something. `background`: what stays true of somebody
// (an illness, a habit) rather than a complaint, and so holds though it is of the past. Looks at a
// bounded number of words on either side. Where a text is unclear: present.
[[nodiscard]] Standing standing_of(std::span<const TextWord> words, std::size_t first,
                                   std::size_t last, bool background);

}  // namespace clinical
