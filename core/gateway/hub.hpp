// The hub: what the gateway does with connections, as plain code. Frames come in from the socket
// layer, go through the connection's dialect and become calls of the engine; notices come back,
// are encoded when the socket takes them, and leave gathered into few writes. Clock, randomness,
// engine and sockets are injected; nothing here knows libwebsockets.
//
// One thread. Work is done when it arrives, but writing: a connection with something due is marked
// dirty, and turn() writes to each dirty one once, at the end of a turn of the event loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/auth/access.hpp"
#include "core/base/clock.hpp"
#include "core/base/random.hpp"
#include "core/dialects/dialect.hpp"
#include "core/engine/notice.hpp"
#include "core/gateway/admission.hpp"
#include "core/gateway/connection.hpp"
#include "core/gateway/counters.hpp"
#include "core/gateway/options.hpp"
#include "core/gateway/shared_buckets.hpp"
#include "core/gateway/sockets.hpp"
#include "core/gateway/timer_queue.hpp"

namespace chartroom::gateway {

// What the hub stands on. All of it outlives the hub.
struct HubWorld {
    base::Clock& clock;
    base::Random& random;
    Sockets& sockets;
    EnginePort& engine;
    Admission& admission;
    Counters& counters;
};

class Hub {
  public:
    static constexpr std::size_t kPieceBytes = 8u << 10;   // of a write, or one frame
    static constexpr std::size_t kAnswersMax = 64u << 10;  // unwritten answers; reading then pauses
    static constexpr std::uint8_t kRefusedInARowMax = 20;  // then 1008
    static constexpr std::uint8_t kLimitedInARowMax = 200;  // then 4429
    static constexpr std::uint8_t kPingsUnansweredMax = 2;
    // How long before the end of its credentials a client is told; of shorter ones, at the half.
    static constexpr std::int64_t kExpiringAheadUs = 60'000'000;
    static constexpr std::int64_t kExpiryLookUs = 60'000'000;

    Hub(const Options& options, HubWorld world);

    // A connection was upgraded. `dialect` is of admitted.route. The pointer is valid until
    // closed().
    Connection* open(Admitted admitted, Socket socket, std::unique_ptr<dialects::Dialect> dialect);
    // A piece of a frame. May end the connection: what comes after is ignored.
    void received(Connection& connection, const Piece& piece);
    void pong(Connection& connection);
    void writable(Connection& connection);
    // The socket is gone.
    void closed(Connection& connection);

    void notices(std::vector<engine::Notice> batch);
    // Deadlines that are due, then everything that is due to be written.
    void turn();

    // Takes one message of what this user and this address (empty: without limits) may send, over
    // all their connections and requests; else says in how many milliseconds they may.
    [[nodiscard]] std::uint32_t rate_limit(const auth::Principal& principal,
                                           const std::string& address_key);

    // New messages are refused with `restarting` from now on.
    void begin_drain() { draining_ = true; }
    [[nodiscard]] bool draining() const { return draining_; }
    // Ends every connection by its route's drain style, once what is due to it is written.
    void close_all();
    [[nodiscard]] std::size_t size() const { return connections_.size(); }

  private:
    // ---- from the client (hub_requests.cpp)
    void take(Connection& connection, dialects::Decoded decoded, std::size_t frame_bytes);
    void count_refused(Connection& connection, const base::Error& error, std::size_t frame_bytes);
    void carry_out(Connection& connection);
    void request(Connection& connection, dialects::Join join);
    void request(Connection& connection, dialects::Leave leave);
    void request(Connection& connection, dialects::Send send);
    void request(Connection& connection, dialects::CancelTurn cancel);
    void request(Connection& connection, dialects::ReadPage read);
    void request(Connection& connection, dialects::Acknowledge acknowledge);
    void request(Connection& connection, dialects::Refresh refresh);
    void request(Connection& connection, dialects::Close close);
    [[nodiscard]] std::uint32_t rate_limit(Connection& connection);
    [[nodiscard]] bool within_rate(Connection& connection, std::uint64_t request);
    void submitted(Connection& connection, bool queued, std::uint64_t request);
    void refuse(Connection& connection, const base::Error& error, std::uint64_t request);
    void refuse_join(Connection& connection, engine::Slot slot, base::Error error);
    [[nodiscard]] auth::RouteIdentity identity_of(const Connection& connection) const;

    // ---- who the client is, and until when (hub_credentials.cpp)
    [[nodiscard]] base::Result<void> settle_principal(Connection& connection,
                                                      const dialects::Join& join);
    [[nodiscard]] base::Result<auth::Verified> authenticate(Connection& connection,
                                                            std::string_view token);
    [[nodiscard]] base::Result<void> adopt(Connection& connection, auth::Verified verified);
    void enter_pending(Connection& connection);
    void leave_pending(Connection& connection);
    void watch_expiry(Connection& connection);
    void unfollow_what_is_gone(Connection& connection);

    // ---- to the client (hub.cpp)
    void answer(Connection& connection, const std::vector<std::string>& frames);
    void answer(Connection& connection, dialects::Encoded encoded);
    void keep_alive(Connection& connection);
    void append_frame(const Connection& connection, std::string& out, std::string_view frame);
    void end(Connection& connection, std::uint16_t code, std::string reason);
    void drop(Connection& connection, std::uint16_t counted_as);
    void mark_dirty(Connection& connection);
    void write_due(Connection& connection);
    void tell_time(Connection& connection);
    [[nodiscard]] bool write_answers(Connection& connection);
    [[nodiscard]] bool write_notices(Connection& connection);
    [[nodiscard]] bool write_piece(Connection& connection);
    void encode_next(Connection& connection);
    void encoded_event(Connection& connection, engine::Slot slot, const events::Event& event);
    void tell_consumed(Connection& connection);
    [[nodiscard]] bool is_choked(Connection& connection);
    void look_at_reading(Connection& connection);
    void fire(Connection& connection, Deadline what, std::int64_t now_us);

    const Options& options_;
    HubWorld world_;
    std::unordered_map<base::ConnectionId, std::unique_ptr<Connection>> connections_;
    SharedBuckets users_;               // by party
    SharedBuckets addresses_;           // by address_key
    std::vector<Connection*> pending_;  // yet to authenticate, oldest first
    std::vector<Connection*> dirty_;
    TimerQueue timers_;
    std::uint64_t last_id_ = 0;
    bool draining_ = false;
    // One piece at a time is encoded; the first kHeadroomBytes are the socket layer's.
    std::string piece_;
    engine::NoticeBody single_;  // one event of a Delivered, as dialects take it
};

}  // namespace chartroom::gateway
