// The engine: sessions, turns, followers. Plain code; clock, randomness, store, effects and
// connections arrive through the constructor. Every function may be called from any thread: it puts
// a request on the strand of its session and returns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/access.hpp"
#include "core/auth/principal.hpp"
#include "core/base/clock.hpp"
#include "core/base/executor.hpp"
#include "core/base/ids.hpp"
#include "core/engine/effects.hpp"
#include "core/engine/handler.hpp"
#include "core/engine/notice.hpp"
#include "storage/api/event_log.hpp"

namespace chartroom::engine {

// Bounds. Each says what happens when it is reached.
struct Limits {
    std::size_t strand_queue = 131'072;       // requests waiting for one strand; over it: busy
    std::size_t open_turns_per_session = 64;  // unfinished messages of a session; over it: busy
    std::size_t writer_credit_groups =
        4'096;  // groups of one strand not yet answered by the store;
    std::size_t writer_credit_bytes = 32u << 20;  //   out of credit the strand takes no messages
    std::size_t delivery_window_bytes = 32u
                                        << 10;  // of one follower not yet consumed; then it waits
    std::size_t tail_bytes = 256u << 10;        // of one session's newest events kept in memory
    std::size_t tails_bytes = 64u << 20;        // of all sessions of a strand
    std::size_t client_ids = 1'024;             // newest ids of a loaded session
    std::size_t history_max = 1'000;            // rows of one page or one HISTORY
    std::size_t state_bytes = 64u << 10;        // of one plugin in one session
    std::uint64_t id_range_max =
        65'536;  // offsets searched for a client id; over it: stale_message
    std::uint64_t id_range_without_since = 16'384;
    std::int64_t idle_unload_us =
        60'000'000;  // a session with nothing to do is dropped from memory
    std::int64_t cancel_grace_us = 5'000'000;  // from CANCEL to the host ending the turn itself
};

inline constexpr std::size_t kRefusalsNotedMax = 20;

struct Follow {
    base::ConnectionId connection;
    Slot slot = 0;
    auth::PrincipalPtr principal;
    base::SessionId session;
    std::optional<base::Offset> after;  // absent: from the head
    std::optional<base::Epoch> epoch;
    bool epoch_required = false;  // native: `after` above 0 without an epoch is a reset
    bool whole_streams = false;   // StreamBegan where an `after` lies inside a stream
};

struct Submission {
    base::ConnectionId connection;
    std::uint64_t request = 0;  // comes back in Accepted or Refused
    auth::PrincipalPtr principal;
    base::SessionId session;
    std::string type;
    std::string payload;  // JSON text, already checked to be that
    std::string client_id;
    std::optional<base::Offset> since;
    std::optional<base::Epoch> since_epoch;
};

struct Cancel {
    base::ConnectionId connection;
    std::uint64_t request = 0;
    auth::PrincipalPtr principal;
    base::SessionId session;
    std::optional<base::Offset> cause;  // absent: the principal's newest open turn
};

struct History {
    base::ConnectionId connection;
    std::uint64_t request = 0;
    auth::PrincipalPtr principal;
    base::SessionId session;
    std::optional<base::Offset> before;
    std::optional<base::Offset> after;
    std::optional<base::Epoch> epoch;
    std::size_t limit = 100;
    std::string type = {};  // only lasting events of this type; empty: all
};

// A session's erasure. `reason` is kept in the log's ledger of erasures (storage/FORMAT.md) and is
// for an auditor: a case number, never a name.
struct EraseSession {
    auth::PrincipalPtr principal;
    base::SessionId session;
    std::string reason;
};
// A person's: of the user whose token says `sub`.
struct ErasePerson {
    auth::PrincipalPtr principal;
    std::string sub;
    std::string reason;
};
using EraseDone = std::move_only_function<void(base::Result<Erased>)>;

// A frame that its dialect refused. Of what it said only this much is kept.
struct RefusedInput {
    auth::PrincipalPtr principal;
    base::SessionId session;
    base::Code code = base::Code::malformed;
    std::string field;
    std::size_t bytes = 0;
};

// The sessions that auth::listed() gives the principal and that have a row.
struct Listing {
    base::ConnectionId connection;
    std::uint64_t request = 0;
    auth::PrincipalPtr principal;
    base::SessionId after;  // ids above this one; empty: all
    std::size_t limit = 100;
};

// What the engine needs of the outside. All of it outlives the engine.
struct World {
    base::Clock& clock;
    storage::EventLog& log;
    Effects& effects;
    Outlet& outlet;
    // One executor a strand, at least one; sessions are spread over them by hash.
    std::vector<base::Executor*> strands;
    // The archived copy of a plugin build (HandlerInfo::build), for turns that it began; null where
    // there is none or it does not load. May be empty: such turns go on with the build that is
    // loaded.
    std::function<HandlerPtr(std::string_view build)> archived = {};
};

// Counters since the start, for metrics. Any thread.
struct EngineStats {
    std::uint64_t messages = 0, duplicates = 0, refused = 0, events_delivered = 0;
    std::uint64_t turns_opened = 0, turns_ended = 0, turns_failed = 0, turns_recovered = 0;
    std::uint64_t resumes_full = 0, resumes_reset = 0;
    std::uint64_t emits_dropped = 0;  // for sessions that were erased
    std::uint64_t sessions_loaded = 0, followers = 0, turns_open = 0, session_crashes = 0;
};

class Engine {
  public:
    Engine(World world, HandlerTable handlers, auth::AccessPolicy policy, Limits limits);
    ~Engine();

    // Acquires every session with something unfinished and goes on with it. `done` is called on a
    // strand when each of them has been taken up (not: ended).
    void recover(base::Task done);

    // False: the strand's queue is full; nothing was queued, answer `busy`.
    [[nodiscard]] bool submit(Submission submission);
    [[nodiscard]] bool follow(Follow follow);
    [[nodiscard]] bool cancel(Cancel cancel);
    [[nodiscard]] bool history(History history);
    // Notes the refusal in a session that has rows already and that the principal may write: at
    // most kRefusalsNotedMax between two messages. Dropped where the strand's queue is full.
    void note_refused(RefusedInput input);
    // Answered by a SessionList, or Refused where the log cannot be read.
    void list(Listing listing);
    // The follower has passed on events that weigh `bytes` (delivery_weight): its window opens.
    void consumed(base::ConnectionId connection, const base::SessionId& session, Slot slot,
                  base::Offset offset, std::size_t bytes);
    void unfollow(base::ConnectionId connection, const base::SessionId& session, Slot slot);

    // Erases every row of a session, and ends it: open turns are cancelled with one terminal event
    // each, a note `erased` is its last row, followers are unfollowed with `erased` (close 4009),
    // and whoever comes later is told `erased`. Asks auth::may(Action::erase). `done` is called
    // once, on a strand's thread, when it is complete.
    // Errors: forbidden (not there, or not for this principal), not_found (no row was ever written
    // to it), erased (it was before), busy (the strand's queue is full); nothing has happened.
    // unavailable: the log does not take it now, or nobody knows whether it did; asking again does
    // no harm. What the log has taken is completed, at the next start if it must be.
    void erase(EraseSession request, EraseDone done);
    // Erases a person: the sessions `user/<sub>/…` whole (their ids too: a later use begins anew),
    // in every other session the rows whose subject the person is and what plugins keep there, and
    // the person's name. Open turns of those sessions are cancelled, their followers hold what is
    // no longer true and are reset (`erased`), the person's own are unfollowed with `erased`. Asks
    // auth::may_erase_person(). `done` as above; while it lasts the person's messages are refused
    // (`unavailable`). Errors: forbidden; not_found (the log knows nobody of that name);
    // unavailable (begun perhaps; goes on when it is asked for again, and at the next start).
    void erase(ErasePerson request, EraseDone done);

    // Takes no more messages (they are refused with `restarting`); open turns go on. `idle` is
    // called once, on a strand, when no turn is open and nothing is unwritten.
    void drain(base::Task idle);
    // Stops for good, leaving open turns open in the log. Call when no strand runs any more.
    void stop();

    // Of the log: what offsets belong to. Any thread.
    [[nodiscard]] base::Epoch epoch() const;
    [[nodiscard]] EngineStats stats() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A message's id, unique to any client and needing no index: (session mod 2^26, offset mod 2^26,
// side) in 53 bits; side 0 is the message, 1 its answer.
[[nodiscard]] constexpr std::uint64_t message_id(base::SessionNumber session, base::Offset offset,
                                                 unsigned side) {
    constexpr std::uint64_t kMask = (1u << 26) - 1;
    return ((session.value & kMask) << 27) | ((offset.value & kMask) << 1) | (side & 1u);
}

}  // namespace chartroom::engine
