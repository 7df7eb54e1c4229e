// What the engine makes of a conversation: all that its people have written of one person and,
// where that is who writes, the profile add up to one patient, who is assessed. Pure: the same
// conversation gives the same result.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "plugins/chat/emergency.hpp"
#include "plugins/chat/engine.hpp"
#include "plugins/clinical/assessment.hpp"
#include "plugins/clinical/story.hpp"

namespace chat {

// A subject that no reading names: the "I" of a message that somebody else wrote than who asks.
inline constexpr std::string_view kAnotherWriter = "another writer";

struct Consultation {
    clinical::Reading reading;  // of the newest message
    clinical::Story story;      // after it
    // Whom the story is about, as clinical::subject_of() has it, or kAnotherWriter; empty: nobody
    // said. A message
    // about somebody else begins a story of its own.
    std::string_view subject;
    bool another_person = false;  // the newest message did
    bool news = false;            // the newest message changed the story
    // Where there is a complaint.
    std::optional<clinical::Assessment> assessment;
    std::optional<Emergency> emergency;      // of all that is known
    std::optional<Emergency> new_emergency;  // its part that was not one before this message
};

// What somebody wrote before.
struct Said {
    std::string_view text;
    bool by_who_asks = true;  // otherwise another writer, who is another "I"
};

// A message by itself, before anything else is looked at.
[[nodiscard]] std::optional<Emergency> emergency_in(const Engine& engine,
                                                    const nlohmann::json& profile,
                                                    const clinical::Reading& message);

// `earlier`: what people wrote before it, oldest first. The profile is that of who asks.
[[nodiscard]] Consultation consult(const Engine& engine, const nlohmann::json& profile,
                                   std::span<const Said> earlier, clinical::Reading message);

}  // namespace chat
