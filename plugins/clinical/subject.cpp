#include "plugins/clinical/subject.hpp"

#include <array>

#include "plugins/clinical/relations.hpp"

namespace clinical {
namespace {

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

std::string_view subject_of(std::span<const TextWord> words, std::size_t first) {
    const std::size_t end = first > kReach ? first - kReach : 0;
    bool third = false;  // "he": not the writer, who may be named before
    bool own = false;    // "my pain"
    for (std::size_t i = first; i > end; --i) {
        const std::string_view word = words[i - 1].text;
        if (in(kFirst, word)) return third ? std::string_view() : kTheWriter;
        if (const Relation* relation = relation_named(word);
            relation != nullptr && !relation->who.empty()) {
            if (!only_tells(words, i - 1)) return relation->who;
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
