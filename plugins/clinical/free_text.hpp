// From what somebody writes, in a patient's words or a clinician's, to what the engine can reason
// about. Nothing is guessed: what is not understood is reported as that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/allergies.hpp"
#include "plugins/clinical/knowledge.hpp"
#include "plugins/clinical/lexicon.hpp"
#include "plugins/clinical/standing.hpp"
#include "plugins/clinical/text_values.hpp"

namespace clinical {

// Bytes of the text, from `begin` up to `end`.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

enum class DrugRole : std::uint8_t {
    taken,
    not_taken,  // denied, or no longer
    allergy,
    asked,  // a question is about it
};

struct Reading {
    struct Mention {
        std::size_t index = 0;  // of Findings, or of Conditions
        Standing standing = Standing::present;
        Span span;
        std::string duration;  // as parse_duration() reads it; may be empty
        std::string severity;  // as parse_severity()
    };
    struct DrugMention {
        Medicine medicine;
        DrugRole role = DrugRole::taken;
        Span span;
    };

    std::vector<Mention> findings;  // by place
    std::vector<Mention> conditions;
    std::vector<DrugMention> drugs;
    std::vector<std::string> allergies;  // as written; also what is no drug ("peanuts")
    bool no_allergies = false;           // somebody said that there are none
    bool no_medication = false;          // likewise
    TextValues values;
    // Whose complaints these are, as subject_of() has it; empty: not said. Lives for ever.
    std::string_view subject;
    std::vector<Span> not_understood;  // clauses of which nothing was
    bool cut = false;                  // the text holds more than was read of it
    bool greeting = false;             // a greeting, thanks, or a question to the assistant itself

    // Whether it says anything about a patient, present or not.
    [[nodiscard]] bool says_something() const;
    [[nodiscard]] bool asks_about_drugs() const;
};

// Of one text so many findings, conditions and drugs each are looked at; a longer list is no story.
inline constexpr std::size_t kMentionsMax = 500;

class FreeText {
  public:
    // Keeps references to both.
    FreeText(const Knowledge& knowledge, const Formulary& formulary);

    // Any bytes; what follows the first kTextWordsMax words is not read. Linear. Any thread.
    [[nodiscard]] Reading read(std::string_view text) const;

    // The drugs and drug classes, and the conditions, that a text names, whatever it says of them.
    [[nodiscard]] std::vector<Medicine> medicines_in(std::string_view text) const;
    [[nodiscard]] std::vector<std::size_t> conditions_in(std::string_view text) const;

  private:
    [[nodiscard]] Medicine medicine(std::size_t name) const;

    const Knowledge& knowledge_;
    const Formulary& formulary_;
    Lexicon condition_names_;
    Lexicon drug_names_;  // drugs, and behind them the classes
};

}  // namespace clinical
