// Where one follower stands in the streams of its session, for dialects whose clients expect every
// stream whole: a start, pieces, an end.
//
// A follower that came without `after` begins with the next turn: what belongs to a turn that was
// in progress is not for it. One that came with `after` may land inside a stream: then the start is
// made up before the first piece, from the one that the engine tells of.
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/ids.hpp"
#include "core/engine/notice.hpp"
#include "core/events/event.hpp"

namespace chartroom::dialects {

// Streams open at once in one session; over it the oldest is forgotten, and its start would be made
// up a second time, or without what its own start said.
inline constexpr std::size_t kOpenStreamsMax = 64;

class StreamView {
  public:
    StreamView() = default;
    // `from_head`: the client gave no `after`.
    StreamView(const engine::Opened& opened, bool from_head);

    // Whether the event belongs to a turn that this follower does not see.
    [[nodiscard]] bool hides(const events::Event& event);

    // `start` began a stream before what this follower is shown.
    void began(events::EventPtr start);
    // That of the event's turn; null: it was not told, or is gone.
    [[nodiscard]] events::EventPtr earlier_start(const events::Event& event) const;

    // The event begins, continues or ends the stream of its turn.
    void start(const events::Event& event);
    // True: the start was never seen and has to be made up now. The stream is open afterwards.
    [[nodiscard]] bool piece(const events::Event& event);
    void end(const events::Event& event);

    [[nodiscard]] bool is_open(const events::Event& event) const;
    [[nodiscard]] bool any_open() const { return !open_.empty(); }

  private:
    std::vector<base::Offset> hidden_;       // causes; at most the turns that were in progress
    std::vector<base::Offset> open_;         // causes
    std::vector<events::EventPtr> earlier_;  // starts of streams that have not ended
};

}  // namespace chartroom::dialects
