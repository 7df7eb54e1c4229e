// From a session's history to what a model is asked. Pure.
#pragma once

#include <chartroom/types.hpp>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/chat/agents.hpp"
#include "plugins/chat/consultation.hpp"
#include "plugins/chat/request.hpp"
#include "plugins/chat/settings.hpp"

namespace chat {

// Bytes of earlier messages that are shown; the oldest are left out above it.
inline constexpr std::size_t kHistoryBytesMax = 48u << 10;
// Of an earlier agent's part; the rest is left out.
inline constexpr std::size_t kPartBytesMax = 24u << 10;

// All that an assistant knows when it answers.
struct Conversation {
    struct Line {
        bool from_person = true;  // otherwise an answer
        std::string text;
        bool by_who_asks = true;  // of a person's: the one whose question this is
    };
    struct Part {
        const Agent* agent;
        std::string text;
    };
    std::vector<Line> earlier;  // oldest first
    std::string question;
    nlohmann::json profile;                    // null: none
    std::string assistant;                     // who is asked, as Request::assistant
    std::optional<Consultation> consultation;  // what the engine makes of it all
    const Agent* agent = nullptr;              // at work now; null: the assistant answers by itself
    std::vector<Part> parts;                   // what the agents before it have said
};

// `rows` are a session's `message` and `stream_end` events, oldest first; the message `own_id`
// itself, notes, and what was erased or is empty are left out. `asker`: the sender of `own_id`.
[[nodiscard]] Conversation make_conversation(std::span<const chartroom::Row> rows,
                                             std::uint64_t own_id, const Request& request,
                                             std::string_view asker);

// What the people wrote before the question, oldest first; parts of `talk`.
[[nodiscard]] std::vector<Said> said_before(const Conversation& talk);

// The body of a completion request. `context`: the engine's results, may be empty. `so_far`: what
// the model had said when the stream was cut; it is asked to go on from there.
[[nodiscard]] std::string completion_body(const Settings& settings, const Conversation& talk,
                                          std::string_view context, std::string_view so_far);

}  // namespace chat
