// From what somebody is allergic to, in their words, to the drugs that are out of the question.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/clinical/formulary.hpp"

namespace clinical {

// `unknown` is handled as severe: nothing is assumed.
enum class Reaction : std::uint8_t { unknown, mild, severe, scar };
[[nodiscard]] std::string_view name(Reaction reaction);

struct AllergyItem {
    std::string input;
    std::vector<std::string> groups;  // labels; a drug that is in none: its own name
    Reaction reaction = Reaction::unknown;
    std::vector<std::size_t> blocked;  // drugs, rising
    std::vector<std::size_t> warned;   // drugs, rising; none of them blocked by this item
    std::vector<std::string> notes;
    std::vector<std::string> nearest;  // known names, where the input is not known
    bool known = true;
};

struct AllergyCheck {
    std::vector<AllergyItem> items;
    std::vector<std::string> block_reason;  // by drug; empty: not blocked
    std::vector<std::string> warn_reason;   // by drug

    // Whether an item is not known: then no drug can be called clear of it.
    [[nodiscard]] bool incomplete() const;
};

[[nodiscard]] AllergyCheck check_allergies(const Formulary& formulary,
                                           const std::vector<std::string>& inputs);

// Current medication in somebody's words. Unknown: no drug and no class.
struct TakenMedicine {
    std::string input;
    std::vector<Medicine> medicines;  // empty: not known
    std::vector<std::string> nearest;
};
[[nodiscard]] std::vector<TakenMedicine> find_medicines(const Formulary& formulary,
                                                        const std::vector<std::string>& inputs);
[[nodiscard]] Medicine medicine_of(const Formulary& formulary, std::size_t drug);

}  // namespace clinical
