// The seam between the chat protocol (handler.cpp) and whoever knows the answer.
#pragma once

#include <chartroom/plugin.hpp>

#include "plugins/chat/answer.hpp"
#include "plugins/chat/prompt.hpp"

namespace chat {

class Assistant {
  public:
    virtual ~Assistant() = default;
    // Writes the answer to `talk.question`, or the part of `talk.agent` where one is at work, and
    // says how that ended. Deterministic: no clock, no randomness and no memory but the turn's.
    // Cancelled leaves it; what was written stays. `talk` and `answer` outlive the coroutine.
    [[nodiscard]] virtual chartroom::Async<Ending> answer(chartroom::Turn turn,
                                                          const Conversation& talk,
                                                          Answer& answer) const = 0;
};

}  // namespace chat
