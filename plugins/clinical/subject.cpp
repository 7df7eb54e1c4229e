#include "plugins/clinical/subject.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace clinical {
namespace {

using Form = std::pair<std::string_view, std::string_view>;
constexpr auto kForms = std::to_array<Form>({
    {"dad", "father"},
    {"daddy", "father"},
    {"father", "father"},
    {"mum", "mother"},
    {"mom", "mother"},
    {"mother", "mother"},
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
    {"brother", "brother"},
    {"sister", "sister"},
    {"grandfather", "grandfather"},
    {"grandad", "grandfather"},
    {"granddad", "grandfather"},
    {"grandpa", "grandfather"},
    {"grandmother", "grandmother"},
    {"grandma", "grandmother"},
    {"gran", "grandmother"},
    {"uncle", "uncle"},
    {"aunt", "aunt"},
    {"cousin", "cousin"},
    {"nephew", "nephew"},
    {"niece", "niece"},
    {"friend", "friend"},
    {"neighbour", "neighbour"},
    {"neighbor", "neighbour"},
    {"colleague", "colleague"},
    {"flatmate", "flatmate"},
    {"roommate", "flatmate"},
});

constexpr std::size_t kReach = 40;     // words back from a complaint
constexpr std::size_t kOccasions = 3;  // words back from a relation
constexpr auto kFirst = std::to_array<std::string_view>({"i", "im", "ive"});
constexpr auto kThird = std::to_array<std::string_view>({"he", "she", "hes", "shes", "his", "her"});
constexpr auto kTelling = std::to_array<std::string_view>(
    {"says", "said", "say", "thinks", "thought", "noticed", "notices", "told", "tells", "saw",
     "sees", "found", "wants", "suggested", "insisted", "insists", "asked"});
constexpr auto kOccasion =
    std::to_array<std::string_view>({"since", "after", "birth", "born", "delivered", "having"});

// "My wife says …", "since my baby was born": named, but not as the one who has it.
bool only_tells(std::span<const TextWord> words, std::size_t relation) {
    if (relation + 1 < words.size() && in(kTelling, words[relation + 1].text)) return true;
    for (std::size_t i = relation; i > 0 && relation - i < kOccasions; --i)
        if (in(kOccasion, words[i - 1].text)) return true;
    return false;
}

bool one_of_the_children(std::string_view who) {
    return who == "child" || who == "son" || who == "daughter";
}

}  // namespace

std::string_view relation_of(std::string_view word) {
    const auto form = std::ranges::find(kForms, word, &Form::first);
    return form == kForms.end() ? std::string_view() : form->second;
}

std::string_view subject_of(std::span<const TextWord> words, std::size_t first) {
    const std::size_t end = first > kReach ? first - kReach : 0;
    bool third = false;  // "he": not the writer, who may be named before
    bool own = false;    // "my pain"
    for (std::size_t i = first; i > end; --i) {
        const std::string_view word = words[i - 1].text;
        if (in(kFirst, word)) return third ? std::string_view() : kTheWriter;
        if (const auto relation = relation_of(word); !relation.empty()) {
            if (!only_tells(words, i - 1)) return relation;
            own = false;
            continue;
        }
        third = third || in(kThird, word);
        own = own || word == "my";
    }
    return own && !third ? kTheWriter : std::string_view();
}

bool may_be_same(std::string_view one, std::string_view other) {
    if (one == other) return true;
    return (one == "child" || other == "child") && one_of_the_children(one) &&
           one_of_the_children(other);
}

}  // namespace clinical
