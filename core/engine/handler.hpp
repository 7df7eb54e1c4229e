// The port through which the engine runs a plugin: events in, commands out. core/plugin_host
// implements it over the C ABI; tests implement it directly.
//
// One call of step() is one step: one event, and the commands that the handler answers it with.
// Threads: a session's steps come from its strand, one at a time; steps of different sessions may
// run in parallel on different strands unless info().serial.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine {

// Names a turn towards a handler; unique within the process, never 0, never used again.
struct TurnId {
    std::uint64_t value = 0;
    auto operator<=>(const TurnId&) const = default;
};

// Numbers a command of a turn that has an answer: chosen by the handler, the previous + 1, from 1.
using Op = std::uint64_t;

// ---- what a handler asks for -------------------------------------------------------------------

struct Emit {
    std::string type;
    std::string payload;
    bool json = true;
    events::Class cls = events::Class::lasting;
    events::Scope scope = events::Scope::everyone;
    std::string party;   // for scope only and all_but: the party's name, as events give it
    std::string target;  // another session's id; empty: the turn's own
    std::string owner;   // not empty: `target` is what this party calls a session of its own
};
struct StartTimer {
    Op op = 0;
    std::uint64_t delay_us = 0;
};
struct HttpRequest {
    Op op = 0;
    std::string method;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;  // values may hold {{secret:NAME}}
    std::string body;
    std::uint32_t connect_timeout_ms = 10'000;
    std::uint32_t idle_timeout_ms = 60'000;    // without a byte
    std::uint32_t total_timeout_ms = 0;        // 0: the turn's deadline only
    std::uint64_t body_bytes_max = 16u << 20;  // of the answer
    bool once = false;  // never issued again after a crash: comes back as interrupted
};
struct ReadHistory {
    Op op = 0;
    std::vector<std::string> types;  // empty: any
    std::uint32_t limit = 50;        // the newest so many; at most kHistoryMax
};
struct SetState {
    std::string bytes;
};
struct RunActivity {
    Op op = 0;
    std::string name;
    std::string input;
};
struct StopOp {
    Op op = 0;
};
struct End {
    bool failed = false;
    std::string code;     // of a failure: a client-visible code, e.g. plugin_failed
    std::string message;  // of a failure: for the client; never a stack or a secret
};
using Command =
    std::variant<Emit, StartTimer, HttpRequest, ReadHistory, SetState, RunActivity, StopOp, End>;

// ---- what a handler is told --------------------------------------------------------------------

enum class CancelReason : std::uint8_t { client_stop = 1, deadline = 2, drain = 3, disabled = 4 };

// How an op came out, or how far it has come.
enum class Outcome : std::uint8_t {
    ok = 0,      // done; of HTTP: the whole answer arrived, status says what it was
    failed = 1,  // could not be done; bytes hold the reason as text
    timed_out = 2,
    interrupted = 3,  // the server died meanwhile; what had arrived came before
    too_large = 4,    // a bound was reached; what came before it was handed over
};

struct MessageEvent {
    std::string_view type;
    std::string_view payload;
    bool json = true;
    std::string_view actor;        // the sender's party name
    std::uint64_t message_id = 0;  // for the message; + 1 for its answer
    std::uint64_t answer_id = 0;
    base::Offset inbound;  // the row of the message, which may be older than the turn
};
struct TimerEvent {
    Op op = 0;
};
// The end of an op. For HTTP `status` is the response's, for history `items` are the rows.
struct EffectEvent {
    Op op = 0;
    Outcome outcome = Outcome::ok;
    std::int32_t status = 0;
    std::string_view bytes;
    std::span<const events::EventPtr> items;  // of a history, oldest first
    std::string_view headers = {};            // of an HTTP response: EffectPiece::headers
};
// A piece of an answer before its end; bytes, not UTF-8. `status` is the HTTP status.
struct ChunkEvent {
    Op op = 0;
    std::int32_t status = 0;
    std::string_view bytes;
};
struct CancelEvent {
    CancelReason reason = CancelReason::client_stop;
};
struct DiscardEvent {};  // drop the turn: no commands, no END

struct StepEvent {
    TurnId turn;
    base::SessionId session;
    base::Offset offset;     // of the row that records this event
    std::int64_t at_us = 0;  // that row's time
    std::uint64_t seed = 0;  // the turn's
    std::string_view state;  // the plugin's state in this session as of this step
    base::Offset state_row;  // the row that set it; 0: never
    std::variant<MessageEvent, TimerEvent, EffectEvent, ChunkEvent, CancelEvent, DiscardEvent> body;
};

struct HandlerInfo {
    std::string id;  // reverse domain, of the manifest
    std::string version;
    std::string build;  // canonical JSON: id, version, sha256 of the file, redacted configuration
    std::vector<std::string> handles;  // message types
    bool parallel_turns = false;       // "turns":"parallel"
    bool deterministic = true;
    bool serial = false;            // never on two strands at once
    bool may_broadcast = false;     // capability: emit to other sessions
    bool may_read_history = false;  // capability
    std::vector<std::string> net;   // capability: allowed hosts
    std::uint32_t deadline_ms = 60'000;
    std::uint32_t commands_max = 10'000;  // of one turn
};

class Handler {
  public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual const HandlerInfo& info() const = 0;
    // Runs one step and returns its commands in order. Never throws. An Error (plugin_failed) says
    // that the handler threw or broke the contract; its message is for the log, not the client.
    // Commands given before the failure are dropped with it.
    [[nodiscard]] virtual base::Result<std::vector<Command>> step(const StepEvent& event) = 0;
};

// Shared because open turns keep the instance that began them after a reload.
using HandlerPtr = std::shared_ptr<Handler>;

// Which handler takes a message type. Immutable once built; replaced whole on a reload.
class HandlerTable {
  public:
    // Errors: bad_config if two handlers take one type, naming both.
    [[nodiscard]] static base::Result<HandlerTable> make(std::vector<HandlerPtr> handlers);
    [[nodiscard]] HandlerPtr find(std::string_view type) const;  // null: nobody
    [[nodiscard]] HandlerPtr by_id(std::string_view id) const;   // null: not loaded
    [[nodiscard]] const std::vector<HandlerPtr>& all() const { return handlers_; }

  private:
    std::vector<HandlerPtr> handlers_;
    std::vector<std::pair<std::string, HandlerPtr>> by_type_;  // sorted
};

}  // namespace chartroom::engine
