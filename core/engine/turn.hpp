// Turn: a handler's work on one inbound event, from the event to exactly one end.
//
// The machine is the same wherever a turn runs. Rows that it wants go to a TurnHost, which writes
// them (a session), or has none to give (a replay). A turn that is re-executed brings the rows that
// it wrote before: as long as there are some, every command is matched with the next of them
// instead of being written, and every recorded effect is handed to the handler again. When they are
// used up the turn is live, and goes on.
//
// Threads: its session's strand. A turn may be parked: the host has something to fetch first; it
// then calls resume() or answer_history(), and nothing else meanwhile.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/engine/effects.hpp"
#include "core/engine/handler.hpp"
#include "core/engine/open_stream.hpp"
#include "core/engine/rows.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine {

inline constexpr std::size_t kStepCommandsMax = 4'000;  // a flood beyond: plugin_failed
inline constexpr std::size_t kEmitBytesMax = 1u << 20;  // of one payload
inline constexpr std::size_t kFanOutMax = 256;          // emits of one step to other sessions
inline constexpr std::size_t kTypeBytesMax = 64;        // of an event type's name

// A row that a turn wants written. `party` names the audience where there is one.
struct Draft {
    events::Kind kind = events::Kind::out;
    events::Class cls = events::Class::none;
    bool json = true;
    bool by_server = false;  // the engine's own row, not the plugin's
    std::string_view type;
    events::Scope scope = events::Scope::everyone;
    std::string_view party;
    std::string payload;
};

// A command with an answer that has not come yet.
struct OpenOp {
    std::variant<StartTimer, HttpRequest, RunActivity> what;
    std::int64_t at_us = 0;  // of the command's row: a timer is due at it + its delay
    bool has_part = false;   // a chunk of its answer is in the record
    bool recorded = false;   // asked for by the record: the host starts it again once live
    EffectToken token = 0;   // once it is started
};

struct StateView {
    base::Offset row;
    std::string bytes;
};

// What a divergence says for the record where that has no more rows.
inline constexpr std::string_view kRecordUsedUp = "(nothing more)";

class Turn;

class TurnHost {
  public:
    virtual ~TurnHost() = default;
    // Writes a row of `turn`, moving from `draft`; null: this host writes nothing (a replay, whose
    // record is used up) and has left the draft alone.
    virtual events::EventPtr write(Turn& turn, Draft& draft) = 0;
    // Marks the row that was written last as the turn's end; false: it is on its way to the store
    // already, write a note.
    virtual bool flag_end(Turn& turn) = 0;
    // Makes every name that `commands` need known. False: the turn is parked until resume().
    virtual bool prepare(Turn& turn, const std::vector<Command>& commands) = 0;
    // The number of a party that an audience names; nullopt: this host does not know it (a replay,
    // where the party did nothing else in the session).
    [[nodiscard]] virtual std::optional<std::uint64_t> party_number(std::string_view name) = 0;
    // The lasting rows that the turn's actor sees, up to the row `as_of`. Parked until
    // answer_history(), which may be called from within.
    virtual void history(Turn& turn, const ReadHistory& request, base::Offset as_of) = 0;
    // The plugin's state in the session as of the row `as_of`.
    virtual StateView state(Turn& turn, base::Offset as_of) = 0;
    virtual void state_set(Turn& turn, const events::EventPtr& row, std::string_view bytes) = 0;
    // The op's command row is written: start it once that is durable.
    virtual void op_opened(Turn& turn, Op op) = 0;
    virtual void op_stopped(Turn& turn, Op op, const OpenOp& state) = 0;
    // The row, written just now, is an emit to another session.
    virtual void emitted_elsewhere(Turn& turn, const events::EventPtr& row, const Emit& emit) = 0;
};

struct TurnSetup {
    TurnId id;
    base::SessionId session;
    base::SessionNumber session_number;
    HandlerPtr handler;
    events::EventPtr inbound;
    base::Offset opening_row;  // the inbound row, or the turn's note
    std::int64_t opened_at_us = 0;
    std::uint64_t seed = 0;
    std::deque<events::EventPtr>
        recorded;  // its rows after the opening one, in order; may be empty
};

// How a turn stands after run() and its like.
enum class TurnState : std::uint8_t {
    waiting,     // for an effect, a timer, a cancel
    parked,      // for its host
    ended,       // its END is written
    failed,      // the handler broke the contract: the host seals it
    diverged,    // re-execution asked for something that the record does not have
    host_ended,  // re-execution reached the rows with which the engine ended the turn
};

class Turn {
  public:
    Turn(TurnHost& host, TurnSetup setup);
    // Tells a handler that still holds the turn to drop it.
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // The first step. Re-executes what is recorded, then is live.
    TurnState begin();
    // An effect's row, written by the host just now; its bytes are those of rows::encode_effect.
    TurnState effect(const events::EventPtr& row);
    TurnState cancel(const events::EventPtr& row, CancelReason reason);
    // The host has what the turn was parked for.
    TurnState resume();
    TurnState answer_history(Op op, std::vector<events::EventPtr> items);

    // Ends the turn on the engine's behalf: closes an open stream with what was said so far, so
    // that exactly one terminal event reaches the client, and writes the note that ends the turn.
    // `reason` is for the record. The handler is told to drop the turn.
    void seal(base::Code code, std::string_view reason);

    [[nodiscard]] TurnState state() const { return state_; }
    [[nodiscard]] const TurnSetup& setup() const { return setup_; }
    [[nodiscard]] base::Offset cause() const { return setup_.inbound->offset; }
    [[nodiscard]] std::map<Op, OpenOp>& ops() { return ops_; }
    [[nodiscard]] bool live() const { return recorded_.empty() && !diverged_; }
    // Why state() is failed or diverged.
    [[nodiscard]] const base::Error& error() const { return error_; }
    // It failed by the handler's own END, whose code and message are the client's.
    [[nodiscard]] bool refused() const { return refusal_.has_value(); }
    // What re-execution expected (recorded) and got, for a diff; empty unless diverged.
    struct Divergence {
        base::Offset at;  // the recorded row, or the last one before
        std::string recorded;
        std::string produced;
        base::Offset after;  // the row of the step in which it happened
    };
    [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }

    // Recorded rows that re-execution has not asked for.
    [[nodiscard]] std::size_t recorded_left() const { return recorded_.size(); }
    // Why the turn was told to stop; nothing: it was not.
    [[nodiscard]] std::optional<CancelReason> cancelled() const { return cancelled_; }

  private:
    struct Step {
        StepEvent event;
        std::string bytes;  // owned by the step: state and payload views point here or into `row`
        events::EventPtr row;
        std::vector<events::EventPtr> items;
    };

    TurnState run();
    void run_step(Step step);
    void apply_next();
    void apply(Emit& command);
    void emit_elsewhere(Emit& command);
    void apply(StartTimer& command);
    void apply(HttpRequest& command);
    void apply(ReadHistory& command);
    void apply(SetState& command);
    void apply(RunActivity& command);
    void apply(StopOp& command);
    void apply(End& command);
    void finish();
    events::EventPtr put(Draft draft);
    events::EventPtr put_op(std::string_view type, std::string payload, Op op, OpenOp state);
    [[nodiscard]] bool same_audience(const events::Event& row, const Draft& draft);
    void feed_recorded();
    void diverge(std::string recorded, std::string produced);
    void fail(base::Code code, std::string reason);
    void push_effect(const events::EventPtr& row, const rows::Effect& effect);
    void push_cancel(const events::EventPtr& row, CancelReason reason);
    void discard();

    TurnHost& host_;
    TurnSetup setup_;
    std::deque<events::EventPtr> recorded_;
    std::deque<Step> steps_;
    std::deque<Command> commands_;  // of the step in progress
    std::map<Op, OpenOp> ops_;
    OpenStream stream_;
    events::EventPtr last_match_;  // the recorded row that was matched last in this step
    base::Offset step_row_;
    base::Offset last_row_;  // the newest recorded row that was matched
    std::int64_t step_at_us_ = 0;
    std::uint64_t commands_given_ = 0;
    std::size_t fan_out_ = 0;
    Op last_op_ = 0;
    bool wrote_in_step_ = false;
    std::optional<CancelReason> cancelled_;
    std::optional<End> refusal_;
    bool parked_ = false;
    bool prepared_ = true;
    bool ended_ = false;
    bool diverged_ = false;
    bool running_ = false;
    bool handler_has_it_ = false;
    TurnState state_ = TurnState::waiting;
    base::Error error_;
    std::optional<Divergence> divergence_;
};

// The seed of a turn: follows from a key of the log that never changes, the session and the row.
[[nodiscard]] std::uint64_t turn_seed(const base::Secret& key, const base::SessionId& session,
                                      base::Offset opening_row);

}  // namespace chartroom::engine
