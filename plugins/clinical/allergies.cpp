#include "plugins/clinical/allergies.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace clinical {
namespace {

constexpr std::size_t kNearest = 3;
constexpr std::size_t kWindowWords = 5;  // the longest name, in words

constexpr std::array<std::string_view, 9> kScarWords{
    "stevens", "sjs", "toxic epidermal", "dress", "agep", "blister", "lyell", "scar", "exfoliat"};
constexpr std::array<std::string_view, 12> kSevereWords{
    "anaphyla", "angioedema", "angio-oedema", "angioneurotic", "swelling", "wheez",
    "bronchos", "breath",     "collaps",      "shock",         "severe",   "throat"};
constexpr std::array<std::string_view, 10> kMildWords{
    "mild", "rash", "hives", "urticaria", "itch", "nausea", "vomit", "diarr", "stomach", "upset"};
constexpr std::array<std::string_view, 9> kNothing{
    "none", "nil",       "no", "nkda", "nka", "no known allergies", "no known drug allergies",
    "n/a",  "none known"};

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

template <std::size_t N>
bool mentions(const std::string& text, const std::array<std::string_view, N>& words) {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

Reaction reaction_in(const std::string& text) {
    if (mentions(text, kScarWords)) return Reaction::scar;
    if (mentions(text, kSevereWords)) return Reaction::severe;
    return mentions(text, kMildWords) ? Reaction::mild : Reaction::unknown;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
        const bool ends = std::string_view(" ,;()[]:+&\t\n").find(c) != std::string_view::npos;
        if (!ends)
            words.back() += c;
        else if (!words.back().empty())
            words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

// Offers `take` every run of words, the longest first; a run that it takes is not offered again.
// False: it took nothing.
bool scan(std::string_view text, const std::function<bool(const std::string&)>& take) {
    const std::vector<std::string> words = words_of(text);
    bool any = false;
    for (std::size_t at = 0; at < words.size();) {
        std::size_t taken = 0;
        for (std::size_t n = std::min(kWindowWords, words.size() - at); n > 0 && taken == 0; --n) {
            std::string run;
            for (std::size_t i = at; i < at + n; ++i) run += (i == at ? "" : " ") + words[i];
            if (take(run)) taken = n;
        }
        any = any || taken > 0;
        at += std::max<std::size_t>(taken, 1);
    }
    return any;
}

std::vector<std::string> nearest(const std::string& input, const NameIndex& drugs,
                                 const NameIndex& others) {
    std::vector<std::string> names = drugs.nearest(input, kNearest);
    for (std::string& name : others.nearest(input, 1))
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    return names;
}

void add(std::vector<std::string>& list, const std::string& text) {
    if (!text.empty() && std::ranges::find(list, text) == list.end()) list.push_back(text);
}

// What an item's text has named.
struct Named {
    std::set<std::size_t> drugs;
    std::set<std::size_t> groups;  // named themselves
};

class ItemCheck {
  public:
    ItemCheck(const Formulary& formulary, AllergyItem& item) : formulary_(formulary), item_(item) {}

    void run() {
        const std::string text = lower(item_.input);
        item_.reaction = reaction_in(text);
        Named named;
        item_.known = scan(text, [&](const std::string& run) { return take(run, named); });
        if (!item_.known)
            item_.nearest =
                nearest(item_.input, formulary_.drugs.names(), formulary_.groups.names());
        collect(named);
        for (std::size_t drug = 0; drug < formulary_.drugs.all().size(); ++drug)
            decide(named, drug);
    }

  private:
    bool take(const std::string& run, Named& named) const {
        if (const auto drug = formulary_.drugs.names().find(run)) {
            named.drugs.insert(drug->index);
            return true;
        }
        if (const auto group = formulary_.groups.names().find(run)) {
            named.groups.insert(group->index);
            return true;
        }
        return false;
    }

    void collect(const Named& named) {
        for (const std::size_t index : named.groups) {
            const AllergyGroup& group = formulary_.groups[index];
            if (!group.is_drug) add(item_.notes, "not a drug: blocks none in this list");
            enter(index);
            for (const std::size_t other : group.also_blocks) blocked_.insert(other);
        }
        for (const std::size_t drug : named.drugs) {
            for (const std::size_t group : formulary_.drugs[drug].groups)
                if (!formulary_.groups[group].broad)
                    enter(group);
                else if (item_.reaction == Reaction::scar)
                    blocked_.insert(group);
            if (item_.groups.empty()) add(item_.groups, formulary_.drugs[drug].label);
        }
    }

    void enter(std::size_t index) {
        const AllergyGroup& group = formulary_.groups[index];
        add(item_.groups, group.label);
        add(item_.notes, group.note);
        blocked_.insert(index);
        if (item_.reaction != Reaction::mild)
            warned_.insert(group.warns.begin(), group.warns.end());
        if (item_.reaction == Reaction::scar)
            blocked_.insert(group.scar_blocks.begin(), group.scar_blocks.end());
    }

    void decide(const Named& named, std::size_t drug) {
        const auto in = [&](const std::set<std::size_t>& groups) {
            return std::ranges::any_of(formulary_.drugs[drug].groups,
                                       [&](std::size_t group) { return groups.contains(group); });
        };
        if (named.drugs.contains(drug) || in(blocked_))
            item_.blocked.push_back(drug);
        else if (in(warned_))
            item_.warned.push_back(drug);
    }

    const Formulary& formulary_;
    AllergyItem& item_;
    std::set<std::size_t> blocked_;  // groups
    std::set<std::size_t> warned_;
};

}  // namespace

std::string_view name(Reaction reaction) {
    switch (reaction) {
        case Reaction::mild:
            return "mild";
        case Reaction::severe:
            return "severe";
        case Reaction::scar:
            return "severe cutaneous";
        case Reaction::unknown:
            break;
    }
    return "not stated";
}

bool AllergyCheck::incomplete() const {
    return std::ranges::any_of(items, [](const AllergyItem& item) { return !item.known; });
}

AllergyCheck check_allergies(const Formulary& formulary, const std::vector<std::string>& inputs) {
    AllergyCheck check;
    check.block_reason.resize(formulary.drugs.all().size());
    check.warn_reason.resize(formulary.drugs.all().size());
    for (const std::string& input : inputs) {
        if (std::ranges::find(kNothing, lower(input)) != kNothing.end()) continue;
        AllergyItem item{.input = input};
        ItemCheck(formulary, item).run();
        for (const std::size_t drug : item.blocked)
            if (check.block_reason[drug].empty()) check.block_reason[drug] = "allergy: " + input;
        for (const std::size_t drug : item.warned)
            if (check.warn_reason[drug].empty())
                check.warn_reason[drug] = "allergy to a relative: " + input;
        check.items.push_back(std::move(item));
    }
    return check;
}

Medicine medicine_of(const Formulary& formulary, std::size_t drug) {
    return {.label = formulary.drugs[drug].label,
            .drug = drug,
            .classes = formulary.drugs[drug].classes};
}

std::vector<TakenMedicine> find_medicines(const Formulary& formulary,
                                          const std::vector<std::string>& inputs) {
    std::vector<TakenMedicine> all;
    const Drugs& drugs = formulary.drugs;
    for (const std::string& input : inputs) {
        if (std::ranges::find(kNothing, lower(input)) != kNothing.end()) continue;
        TakenMedicine taken{.input = input, .medicines = {}, .nearest = {}};
        const bool known = scan(lower(input), [&](const std::string& run) {
            if (const auto drug = drugs.names().find(run)) {
                taken.medicines.push_back(medicine_of(formulary, drug->index));
                return true;
            }
            const auto one = drugs.class_names().find(run);
            if (one)
                taken.medicines.push_back({.label = drugs.classes()[one->index].label,
                                           .drug = std::nullopt,
                                           .classes = {one->index}});
            return one.has_value();
        });
        if (!known) taken.nearest = nearest(input, drugs.names(), drugs.class_names());
        all.push_back(std::move(taken));
    }
    return all;
}

}  // namespace clinical
