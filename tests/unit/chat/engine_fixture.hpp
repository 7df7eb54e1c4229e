// The shipped engine, loaded once, and conversations with it.
#pragma once

#include <string>
#include <utility>

#include "plugins/chat/builtin_reply.hpp"
#include "plugins/chat/consultation.hpp"

namespace chat {

inline const Engine& shipped_engine() {
    static const Engine engine(nlohmann::json::object());
    return engine;
}

inline Conversation consulted(Conversation talk) {
    const Engine& engine = shipped_engine();
    talk.consultation.emplace(
        consult(engine, talk.profile, said_before(talk), engine.reader.read(talk.question)));
    return talk;
}

inline std::optional<Emergency> emergency_in(std::string_view message,
                                             const nlohmann::json& profile = {}) {
    const Engine& engine = shipped_engine();
    return emergency_in(engine, profile, engine.reader.read(message));
}

// What somebody asks after having said `earlier`, consulted.
inline Conversation asking(std::string question, const std::vector<std::string>& earlier = {},
                           nlohmann::json profile = {}) {
    Conversation talk;
    talk.question = std::move(question);
    talk.profile = std::move(profile);
    for (const std::string& text : earlier) talk.earlier.push_back({true, text});
    return consulted(std::move(talk));
}

inline std::string reply(const Conversation& talk) {
    return builtin_reply(shipped_engine(), talk);
}

}  // namespace chat
