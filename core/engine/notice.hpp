// What the engine tells a connection, and the port that takes it. A connection follows any number
// of sessions; each follower has a slot, the connection's own number for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine {

using Slot = std::uint32_t;

enum class ResetReason : std::uint8_t { epoch, trimmed, erased, ahead };

// A follow() was carried out. `after` is the cursor: events above it follow.
struct Opened {
    Slot slot = 0;
    base::SessionNumber number;  // with an offset it makes message ids (message_id.hpp)
    base::Epoch epoch;
    base::Offset head;
    base::Offset first;
    base::Offset after;
    bool resumed = false;               // an `after` was given, and what follows is complete
    std::optional<ResetReason> reset;   // the `after` that was given cannot be continued
    std::vector<base::Offset> running;  // causes of the turns that are in progress
};
// What an event counts for in a follower's delivery window.
[[nodiscard]] inline std::size_t delivery_weight(const events::Event& event) {
    constexpr std::size_t kFrameOverheadBytes = 128;  // on the wire, besides the payload
    return event.payload.size() + kFrameOverheadBytes;
}

// The stream that the next event goes on with began at or before the follower's `after`: its start,
// once, for followers that asked for whole streams. Not told where the log has it no more.
struct StreamBegan {
    Slot slot = 0;
    events::EventPtr start;
};
// Events for this follower, in order. `prev` is its cursor before the first of them.
struct Delivered {
    Slot slot = 0;
    base::Offset prev;
    std::vector<events::EventPtr> events;
};
// Nothing for this follower up to `offset`.
struct Position {
    Slot slot = 0;
    base::Offset prev;
    base::Offset offset;
};
// All that the log had when the follower was opened has been delivered.
struct Live {
    Slot slot = 0;
    base::Offset offset;
};
// What a running follower was shown is not the session's past any more: rows of it were erased.
// Events from `first` on follow again.
struct Reset {
    Slot slot = 0;
    ResetReason reason = ResetReason::erased;
    base::Epoch epoch;
    base::Offset first;
    base::Offset head;
};
// A follow() or a running follower ended: refused, or erased under it.
struct Unfollowed {
    Slot slot = 0;
    base::Error error;
};
// A submit() is durable. `request` is the caller's number for it.
struct Accepted {
    std::uint64_t request = 0;
    base::Offset offset;
    bool duplicate = false;
};
// A submit(), cancel(), history() or list() was not carried out.
struct Refused {
    std::uint64_t request = 0;
    base::Error error;
};
struct HistoryPage {
    std::uint64_t request = 0;
    std::vector<events::EventPtr> events;  // visible ones, oldest first
    bool more = false;
    // How far was looked: the next page's `after` (or `before`), also where nothing was visible.
    base::Offset scanned_to = {};
};
// What list() found.
struct ListedSession {
    std::string name;  // what the principal says to come to it
    base::Offset head;
    std::int64_t created_at_us = 0;
    std::int64_t last_at_us = 0;
};
struct SessionList {
    std::uint64_t request = 0;
    std::vector<ListedSession> sessions;  // by id, bytewise
    bool more = false;
};
// A cancel() has reached its turn, or the turn had ended already.
struct CancelTaken {
    std::uint64_t request = 0;
};
// An erase() is done: no file of the log holds what was erased.
struct Erased {
    std::size_t sessions = 0;  // in which something was erased
};

using NoticeBody = std::variant<Opened, StreamBegan, Delivered, Position, Live, Reset, Unfollowed,
                                Accepted, Refused, HistoryPage, CancelTaken, SessionList, Erased>;
struct Notice {
    base::ConnectionId connection;
    NoticeBody body;
};

// The gateway's side. One batch per strand wake.
class Outlet {
  public:
    virtual ~Outlet() = default;
    // Takes a batch, from a strand's thread. What is outstanding is bounded by the engine: per
    // follower kDeliveryWindowBytes, per submission one answer. Notices of a connection that is
    // gone are dropped.
    virtual void notify(std::vector<Notice> notices) = 0;
};

}  // namespace chartroom::engine
