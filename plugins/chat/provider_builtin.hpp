// The assistant that needs no network: builtin_reply(), streamed.
#pragma once

#include <chrono>

#include "plugins/chat/assistant.hpp"
#include "plugins/chat/engine.hpp"

namespace chat {

class BuiltinAssistant final : public Assistant {
  public:
    // `token_delay`: between words, by recorded timers; 0: none, and several words a token.
    // Keeps a reference to `engine`.
    BuiltinAssistant(const Engine& engine, std::chrono::milliseconds token_delay)
        : engine_(engine), delay_(token_delay) {}

    [[nodiscard]] chartroom::Async<Ending> answer(chartroom::Turn turn, const Conversation& talk,
                                                  Answer& answer) const override;

  private:
    const Engine& engine_;
    std::chrono::milliseconds delay_;
};

}  // namespace chat
