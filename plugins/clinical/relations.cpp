#include "plugins/clinical/relations.hpp"

#include <algorithm>
#include <array>

namespace clinical {
namespace {

constexpr bool kBackground = true;

constexpr auto kRelations = std::to_array<Relation>({
    {"dad", "father", kBackground},
    {"daddy", "father", kBackground},
    {"father", "father", kBackground},
    {"mum", "mother", kBackground},
    {"mom", "mother", kBackground},
    {"mother", "mother", kBackground},
    {"parent", "", kBackground},
    {"parents", "", kBackground},
    {"husband", "husband"},
    {"wife", "wife"},
    {"partner", "partner"},
    {"boyfriend", "boyfriend"},
    {"girlfriend", "girlfriend"},
    {"fiance", "partner"},
    {"fiancee", "partner"},
    {"son", "son"},
    {"daughter", "daughter"},
    {"child", "child"},
    {"kid", "child"},
    {"baby", "child"},
    {"infant", "child"},
    {"newborn", "child"},
    {"toddler", "child"},
    {"brother", "brother", kBackground},
    {"brothers", "", kBackground},
    {"sister", "sister", kBackground},
    {"sisters", "", kBackground},
    {"siblings", "", kBackground},
    {"grandfather", "grandfather", kBackground},
    {"grandad", "grandfather", kBackground},
    {"granddad", "grandfather", kBackground},
    {"grandpa", "grandfather", kBackground},
    {"grandmother", "grandmother", kBackground},
    {"grandma", "grandmother", kBackground},
    {"gran", "grandmother", kBackground},
    {"grandparents", "", kBackground},
    {"uncle", "uncle", kBackground},
    {"aunt", "aunt", kBackground},
    {"cousin", "cousin", kBackground},
    {"nephew", "nephew", kBackground},
    {"niece", "niece", kBackground},
    {"family", "", kBackground},
    {"relative", "", kBackground},
    {"relatives", "", kBackground},
    {"friend", "friend", kBackground},
    {"neighbour", "neighbour", kBackground},
    {"neighbor", "neighbour", kBackground},
    {"colleague", "colleague", kBackground},
    {"classmate", "classmate", kBackground},
    {"flatmate", "flatmate", kBackground},
    {"roommate", "flatmate", kBackground},
});

}  // namespace

const Relation* relation_named(std::string_view word) {
    const auto found = std::ranges::find(kRelations, word, &Relation::word);
    return found == kRelations.end() ? nullptr : &*found;
}

}  // namespace clinical
