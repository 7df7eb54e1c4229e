// A dialect: the wire format of a route, as pure code over a small per-connection state. No socket,
// no clock, no log; it is tested and fuzzed alone. Frames in become requests, notices of the engine
// become frames out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/engine/notice.hpp"

namespace chartroom::dialects {

using engine::Slot;

// ---- what a client asks for --------------------------------------------------------------------

// Follow a session under `slot` (chosen by the dialect, never used again by this connection; 0 the
// connection's own). `name` empty: a new session. The gateway resolves the name and answers with
// joined(), or, where that is refused, with notice(Unfollowed); further requests for the slot are
// then refused with `forbidden`.
struct Join {
    Slot slot = 0;
    std::string name;
    std::optional<base::Offset> after;
    std::optional<base::Epoch> epoch;
    bool epoch_required = false;
    bool whole_streams = false;  // engine::StreamBegan where `after` lies inside a stream
    std::string participant;     // native: the key that a former connection was given
    std::string token;           // native: credentials in the first frame
};
struct Leave {
    Slot slot = 0;
};
struct Send {
    Slot slot = 0;
    std::uint64_t request = 0;  // the dialect's number; comes back in Accepted or Refused
    std::string type;
    std::string payload;  // JSON text
    std::string client_id;
    std::optional<base::Offset> since;
    std::optional<base::Epoch> since_epoch;
};
struct CancelTurn {
    Slot slot = 0;
    std::uint64_t request = 0;
    std::optional<base::Offset> cause;
};
struct ReadPage {
    Slot slot = 0;
    std::string name;  // of a session that is not followed, to be resolved; empty: the slot's
    std::uint64_t request = 0;
    std::optional<base::Offset> before;
    std::optional<base::Offset> after;
    std::optional<base::Epoch> epoch;
    std::size_t limit = 100;
    std::string type;  // only lasting events of this type; empty: all
};
struct Acknowledge {
    Slot slot = 0;
    base::Offset offset;
};
// New credentials, or on a route that asks for them in a frame the first ones. The gateway answers
// with authenticated(), or with refused() and a close.
struct Refresh {
    std::string token;
};
// Close the connection once what has been answered so far is written.
struct Close {
    std::uint16_t code = 1000;
    std::string reason;
};
using Request = std::variant<Join, Leave, Send, CancelTurn, ReadPage, Acknowledge, Refresh, Close>;

// What decoding a frame gives: requests for the gateway, to be carried out in order, and frames to
// send at once. The frames answer this frame only and never carry events.
struct Decoded {
    std::vector<Request> requests;
    std::vector<std::string> frames;
    // The frame was refused: counted by the gateway (20 in a row close with 1008) and by metrics,
    // and noted in the session.
    std::optional<base::Error> refused;
};

// What a notice or a refusal is on the wire, and what it leads to: requests that are carried out
// after the frames. The connection is closed once the frames are written.
struct Encoded {
    std::vector<std::string> frames;
    std::optional<Close> close;
    std::vector<Request> requests = {};
};

// ---- what a connection is ----------------------------------------------------------------------

// What the gateway knows at the upgrade. Values are percent-decoded once.
struct ConnectInfo {
    std::map<std::string, std::string, std::less<>> path;   // {session_id}, {user_id}
    std::map<std::string, std::string, std::less<>> query;  // session, after, epoch, envelope, …
    std::string user;                // its `sub`; empty: anonymous, or not known yet
    bool must_authenticate = false;  // a frame has to show a token before anything else
    std::string server;              // name and version, for native's session.opened
    std::size_t frame_bytes_max = 64u << 10;
    std::size_t history_max = 1'000;
};

// What the gateway answers to a Join before the engine does, so that frames can name the session.
struct Joined {
    Slot slot = 0;
    std::string name;         // what this principal says to come back
    std::string participant;  // native, anonymous: the key to give back; empty: none
};

class Dialect {
  public:
    virtual ~Dialect() = default;

    // What time it is (microseconds since 1970, UTC), for frames that carry it. Told before any
    // other call, since a dialect has no clock.
    void tell_time(std::int64_t now_us) { now_us_ = now_us; }

    // What the connection does by itself once it is open. Called once, before anything else.
    virtual Decoded connected(const ConnectInfo& info) = 0;
    // One whole text frame, valid UTF-8, at most frame_bytes_max long. Never throws.
    virtual Decoded text(std::string_view frame) = 0;
    // A text frame over the limit (its bytes are not kept).
    virtual Decoded too_long(std::size_t bytes) = 0;
    // A refusal that the gateway makes: rate_limited, restarting, busy, … `request` is that of the
    // refused Send, CancelTurn or ReadPage, or 0. Whether one refusal closes the connection is the
    // gateway's to say (sustained rate limiting, drain), but for what `close` says here.
    virtual Encoded refused(const base::Error& error, std::uint64_t request) = 0;
    // The Join of this slot was resolved; the engine's Opened or Unfollowed follows.
    virtual void joined(const Joined& joined) = 0;
    // A notice of the engine as frames, in order. For Delivered the gateway calls once an event
    // (notice.events has one element, notice.prev is the offset of the event or position before it
    // for this follower), so that it can look at the socket in between. Frames may be none: not
    // every event is sent on every dialect. A notice for a slot that was left gives none.
    // Precondition: the payload of an event with `json` is JSON text (events::is_json); it is
    // spliced into the frame as it stands. Inbound frames are checked here, emits by the plugin
    // host.
    virtual Encoded notice(const engine::NoticeBody& notice) = 0;
    // The token of a Refresh is valid, and `user` is whom the connection speaks for.
    virtual std::vector<std::string> authenticated(std::string_view user) {
        static_cast<void>(user);
        return {};
    }
    // The connection's credentials end in so many milliseconds. Only native has a frame for it.
    virtual std::vector<std::string> expiring(std::uint32_t in_ms) {
        static_cast<void>(in_ms);
        return {};
    }

  protected:
    std::int64_t now_us_ = 0;
};

// The dialects that stand, by the name that configuration uses. Null: no such dialect.
[[nodiscard]] std::unique_ptr<Dialect> make_dialect(std::string_view name);
[[nodiscard]] std::vector<std::string_view> dialect_names();

}  // namespace chartroom::dialects
