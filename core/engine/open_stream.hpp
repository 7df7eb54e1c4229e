// OpenStream: what a turn has said so far on its stream, so that the engine can close it when the
// handler cannot. The one place of the engine that knows the stream events of a chat.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine {

class OpenStream {
  public:
    // Takes note of an `out` row of the turn. Cheap: payloads are read only by close().
    void observe(const events::EventPtr& row);
    [[nodiscard]] bool open() const { return start_ != nullptr; }
    // The event that began the stream; null: none is open.
    [[nodiscard]] const events::EventPtr& start() const { return start_; }
    // Whether an event of this kind stands inside a stream, or ends it.
    [[nodiscard]] static bool goes_on(const events::Event& event);

    // The type and payload of the events with which the engine ends a turn, in order: with a stream
    // `error` and `stream_end` with all that was said; without one, `error` alone. `code` and
    // `message` are the client's. What was spent and which agents were done only the handler knew:
    // the end says 0 and none.
    [[nodiscard]] std::vector<std::pair<std::string_view, std::string>> close(
        std::string_view code, std::string_view message) const;

  private:
    events::EventPtr start_;
    std::vector<events::EventPtr> tokens_;  // bounded by the turn's budget of commands
};

}  // namespace chartroom::engine
