// The engine's results as sections of plain text: what an answer is made of, and what a model is
// given as context. Each ends without a line's end; one that has nothing to say is empty.
#pragma once

#include <string>
#include <string_view>

#include "plugins/chat/consultation.hpp"

namespace chat {

// What was understood of everything so far, and what of `message`, the newest, was not.
[[nodiscard]] std::string understood(const Engine& engine, const Consultation& consultation,
                                     std::string_view message);
// How soon this should be seen by somebody, and why. Needs an assessment, as the next three do.
[[nodiscard]] std::string how_soon(const Consultation& consultation);
// Scores that have a value.
[[nodiscard]] std::string scores(const Consultation& consultation);
// What may be the cause, ranked, with what speaks for and against it.
[[nodiscard]] std::string possibilities(const Engine& engine, const Consultation& consultation);
// What to ask next: at most three, by what their answers are expected to settle.
[[nodiscard]] std::string next_questions(const Engine& engine, const Consultation& consultation);
// What to watch for. Empty in an emergency.
[[nodiscard]] std::string watch_for(const Consultation& consultation);
// That all this is no diagnosis, and what it was made of.
[[nodiscard]] std::string disclaimer(const Engine& engine);

// Whether the drugs that are asked about go together, with what is taken, with the allergies and
// with what else is known. Empty: nothing was asked about a drug.
[[nodiscard]] std::string drug_answer(const Engine& engine, const Consultation& consultation);

// What guidance has for the leading possibility, for a clinician to review; or what is missing to
// look it up, or why it is not for here.
[[nodiscard]] std::string treatment(const Engine& engine, const Consultation& consultation);

}  // namespace chat
