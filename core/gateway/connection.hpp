// What the hub keeps for one connection. Plain data, small while the connection is idle: buffers
// have no memory when they are empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/auth/principal.hpp"
#include "core/base/ids.hpp"
#include "core/dialects/dialect.hpp"
#include "core/engine/notice.hpp"
#include "core/gateway/admission.hpp"
#include "core/gateway/frame_reader.hpp"
#include "core/gateway/options.hpp"
#include "core/gateway/shared_buckets.hpp"
#include "core/gateway/sockets.hpp"
#include "core/gateway/token_bucket.hpp"

namespace chartroom::gateway {

// A session that the connection follows.
struct Followed {
    engine::Slot slot = 0;
    base::SessionId session;
    // Encoded and handed over, not yet said to the engine.
    base::Offset written;
    std::size_t written_bytes = 0;
};

// Notices that are due to the connection, oldest first, with a cursor into them. Bounded by the
// engine: a window a follower, an answer a request.
class DueNotices {
  public:
    void push(engine::NoticeBody notice) { notices_.push_back(std::move(notice)); }
    [[nodiscard]] bool empty() const { return at_ == notices_.size(); }
    [[nodiscard]] engine::NoticeBody& front() { return notices_[at_]; }
    [[nodiscard]] std::size_t event() const { return event_; }
    void next_event() { ++event_; }
    void pop() {
        event_ = 0;
        notices_[at_] = engine::NoticeBody();  // lets go of its events now
        if (++at_ < notices_.size()) return;
        at_ = 0;
        if (notices_.capacity() > kKeptCapacity) {
            std::vector<engine::NoticeBody>().swap(notices_);
        } else {
            notices_.clear();
        }
    }
    // Gives back the memory that is kept for the next notices, if there are none.
    void release() {
        if (empty()) drop_all();
    }
    void drop_all() {
        std::vector<engine::NoticeBody>().swap(notices_);
        at_ = event_ = 0;
    }

  private:
    static constexpr std::size_t kKeptCapacity = 4;
    std::vector<engine::NoticeBody> notices_;
    std::size_t at_ = 0;
    std::size_t event_ = 0;  // of the Delivered in front: how many of its events are encoded
};

struct Connection {
    base::ConnectionId id;
    Socket socket;
    const Route* route = nullptr;
    std::unique_ptr<dialects::Dialect> dialect;
    auth::PrincipalPtr principal;     // null: nobody is known yet
    std::string participant_key;      // of an anonymous participant
    std::int64_t expires_us = 0;      // when its credentials end, on the wall clock; 0: never
    std::int64_t expiring_us = 0;     // when the client is to be told of that; 0: it was
    std::int64_t expiry_due_us = 0;   // the earliest Deadline::expiry that is set; 0: none
    SharedBucket* user = nullptr;     // in the hub's table; null: not a user
    SharedBucket* address = nullptr;  // the same; null: loopback, which has no limits by address
    std::string address_key;
    FrameReader reader;
    TokenBucket bucket{0};
    std::string answers;  // whole frames that wait for nothing but the socket
    DueNotices due;
    std::vector<Followed> followed;
    std::vector<dialects::Request> asked;    // by the dialect, not yet carried out
    std::optional<dialects::Close> closing;  // once all that is due is written
    std::int64_t progress_us = 0;            // when the socket last took something, while choked
    std::uint32_t in_flight = 0;             // requests without an answer on the wire
    std::uint8_t refused_in_a_row = 0;
    std::uint8_t limited_in_a_row = 0;
    std::uint8_t pings_unanswered = 0;
    Framing framing = Framing::websocket;
    bool must_authenticate = false;
    bool anonymous_only = false;  // takes no token (see Admitted)
    bool expired = false;         // its credentials ended: nothing more is passed on to it
    bool written = false;         // something went out
    bool choked = false;
    bool stall_timer = false;
    bool reading = true;
    bool dirty = false;  // in the hub's list for this turn
    bool ended = false;  // close() or drop() was called: nothing more goes out or comes in

    [[nodiscard]] Followed* find(engine::Slot slot) {
        for (Followed& one : followed) {
            if (one.slot == slot) return &one;
        }
        return nullptr;
    }
};

}  // namespace chartroom::gateway
