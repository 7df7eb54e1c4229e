// Turn: an author's handle to the host during a turn, and the awaitables that it hands out. A
// handle may be copied and kept; used after its turn or outside its step it throws Error, never
// worse.
#pragma once

#include <chartroom/plugin.h>

#include <algorithm>
#include <chartroom/task.hpp>
#include <chartroom/types.hpp>
#include <concepts>
#include <coroutine>
#include <deque>
#include <map>
#include <optional>

namespace chartroom {

namespace detail {

// An op that was asked for and whose answer has not been taken yet.
struct PendingOp {
    std::deque<std::string> pieces;  // of HTTP; bounded by the request's body_bytes_max
    std::vector<Row> rows;           // of a history
    std::string bytes;               // of the end
    std::vector<std::pair<std::string, std::string>> headers;  // of HTTP's end
    Outcome outcome = Outcome::ok;
    std::int32_t status = 0;
    bool done = false;
};

// One open turn, from its message to its end. Touched in its steps only.
struct TurnState {
    std::uint64_t id = 0;
    std::uint64_t last_op = 0;
    std::uint64_t random_state = 0;
    std::map<std::uint64_t, PendingOp> ops;
    std::uint64_t awaited_op = 0;
    std::coroutine_handle<> waiter;  // what awaits awaited_op
    std::optional<CancelReason> cancelled;
    Task task;  // last: destroyed first, while the rest is there
};

// The step that this thread is in.
struct Step {
    TurnState& turn;
    const chartroom_event* event;  // null while turns are being forgotten: commands go nowhere
    std::optional<std::string> written_state = {};
};
inline thread_local Step* current_step = nullptr;

inline chartroom_str str(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

// The current step, if it is one of `turn`'s. Throws Error.
inline Step& step_of(std::uint64_t turn) {
    if (current_step == nullptr) throw Error(CHARTROOM_E_THREAD, "used outside of a step");
    if (current_step->turn.id != turn) throw Error(CHARTROOM_E_GONE, "used in another turn's step");
    return *current_step;
}

// Awaits the next event of an op. `Derived` says what is ready and what comes of it.
template <typename Derived>
class OpAwait {
  public:
    OpAwait(std::uint64_t turn, std::uint64_t op) noexcept : turn_(turn), op_(op) {}

    [[nodiscard]] bool await_ready() const {
        TurnState& turn = step_of(turn_).turn;
        return turn.cancelled.has_value() || Derived::ready(turn.ops.at(op_));
    }
    void await_suspend(std::coroutine_handle<> waiter) const {
        TurnState& turn = step_of(turn_).turn;
        turn.awaited_op = op_;
        turn.waiter = waiter;
    }
    auto await_resume() const {
        TurnState& turn = step_of(turn_).turn;
        if (turn.cancelled) throw Cancelled(*turn.cancelled);
        return Derived::take(turn, op_);
    }

  private:
    std::uint64_t turn_;
    std::uint64_t op_;
};

// Awaits the one event that ends an op and forgets the op.
template <typename Derived>
struct WholeOp : OpAwait<Derived> {
    using OpAwait<Derived>::OpAwait;
    static bool ready(const PendingOp& op) noexcept { return op.done; }
    static PendingOp finished(TurnState& turn, std::uint64_t op) {
        return std::move(turn.ops.extract(op).mapped());
    }
};

}  // namespace detail

struct [[nodiscard]] Sleep : detail::WholeOp<Sleep> {
    using WholeOp::WholeOp;
    static void take(detail::TurnState& turn, std::uint64_t op) { finished(turn, op); }
};

struct [[nodiscard]] HistoryAnswer : detail::WholeOp<HistoryAnswer> {
    using WholeOp::WholeOp;
    static std::vector<Row> take(detail::TurnState& turn, std::uint64_t op) {
        return std::move(finished(turn, op).rows);
    }
};

struct [[nodiscard]] ActivityAnswer : detail::WholeOp<ActivityAnswer> {
    using WholeOp::WholeOp;
    static Answer take(detail::TurnState& turn, std::uint64_t op) {
        detail::PendingOp end = finished(turn, op);
        return {end.outcome, std::move(end.bytes)};
    }
};

// The answer to an HTTP request, piece by piece. Dropping it before its end stops the request.
class [[nodiscard]] Http {
  public:
    struct [[nodiscard]] Next : detail::OpAwait<Next> {
        using OpAwait::OpAwait;
        static bool ready(const detail::PendingOp& op) noexcept {
            return op.done || !op.pieces.empty();
        }
        static std::optional<std::string> take(detail::TurnState& turn, std::uint64_t op) {
            auto& pieces = turn.ops.at(op).pieces;
            if (pieces.empty()) return std::nullopt;
            std::optional<std::string> piece(std::move(pieces.front()));
            pieces.pop_front();
            return piece;
        }
    };

    Http(const chartroom_host* host, std::uint64_t turn, std::uint64_t op) noexcept
        : host_(host), turn_(turn), op_(op) {}
    Http(Http&& other) noexcept
        : host_(other.host_), turn_(other.turn_), op_(std::exchange(other.op_, 0)) {}
    Http& operator=(Http&&) = delete;
    ~Http() { stop(); }

    // The next piece of the body: bytes, which may split a character. Nothing after the last one;
    // then outcome() says whether that was all.
    Next next() const noexcept { return {turn_, op_}; }
    // The HTTP status, known with the first piece; 0 before it.
    [[nodiscard]] std::int32_t status() const { return op().status; }
    [[nodiscard]] Outcome outcome() const { return op().outcome; }
    // A header of the response, by its lower-case name, known after the last piece; empty if it has
    // none or the host does not keep it. A host keeps `content-type` and `retry-after`.
    [[nodiscard]] std::string_view header(std::string_view name) const {
        for (const auto& [known, value] : op().headers)
            if (known == name) return value;
        return {};
    }
    // Why there was no whole answer, for the log.
    [[nodiscard]] const std::string& reason() const { return op().bytes; }
    // Stops the request; what was not taken yet is dropped.
    void stop() noexcept {
        detail::Step* step = detail::current_step;
        if (op_ == 0 || step == nullptr || step->turn.id != turn_) return;
        const auto found = step->turn.ops.find(op_);
        if (found != step->turn.ops.end() && !found->second.done && step->event != nullptr) {
            const chartroom_command command{
                {sizeof(chartroom_command), CHARTROOM_COMMAND_STOP_OP, turn_, op_, {}, 0, 0, 0},
                nullptr};
            host_->command(host_, turn_, &command);
        }
        step->turn.ops.erase(op_);
        op_ = 0;
    }

  private:
    [[nodiscard]] detail::PendingOp& op() const { return detail::step_of(turn_).turn.ops.at(op_); }

    const chartroom_host* host_;
    std::uint64_t turn_;
    std::uint64_t op_;
};

class Turn {
  public:
    Turn(const chartroom_host* host, std::uint64_t id) noexcept : host_(host), id_(id) {}

    // Appends an event to the session. `payload` is JSON text (bytes where options.json is false).
    // Throws Error: invalid (not JSON, not UTF-8), gone, thread, budget, denied (another session
    // without the capability `broadcast`).
    void emit(std::string_view type, std::string_view payload, EmitOptions options = {}) const {
        const chartroom_emit body{sizeof body,
                                  options.json ? std::uint32_t{CHARTROOM_FLAG_JSON} : 0u,
                                  static_cast<std::uint32_t>(options.cls),
                                  options.to.scope,
                                  detail::str(type),
                                  detail::str(payload),
                                  detail::str(options.to.party),
                                  detail::str(options.owner)};
        command(CHARTROOM_COMMAND_EMIT, 0, &body, options.session);
    }
    // The same with a value of the JSON library. Needs <chartroom/json.hpp>.
    template <typename Json, typename Adapter = json_adapter>
        requires(!std::convertible_to<const Json&, std::string_view>)
    void emit(std::string_view type, const Json& value, EmitOptions options = {}) const {
        const std::string text = Adapter::dump(value);
        emit(type, std::string_view(text), options);
    }

    // Continues after `delay`, also when the server was restarted meanwhile. The timer runs from
    // the call on, not from the co_await.
    Sleep sleep(std::chrono::microseconds delay) const {
        const chartroom_timer body{
            sizeof body, 0, static_cast<std::uint64_t>(std::max<std::int64_t>(0, delay.count()))};
        return {id_, start(CHARTROOM_COMMAND_TIMER, &body)};
    }

    // Sends a request once this step is durable. Its host must be in the manifest's
    // capabilities.net.
    Http http(const HttpRequest& request) const {
        std::vector<chartroom_header> headers;
        headers.reserve(request.headers.size());
        for (const auto& [name, value] : request.headers)
            headers.push_back({detail::str(name), detail::str(value)});
        const chartroom_http body{sizeof body,
                                  request.once ? std::uint32_t{CHARTROOM_HTTP_ONCE} : 0u,
                                  detail::str(request.method),
                                  detail::str(request.url),
                                  headers.data(),
                                  headers.size(),
                                  sizeof(chartroom_header),
                                  static_cast<std::uint32_t>(request.connect_timeout.count()),
                                  static_cast<std::uint32_t>(request.idle_timeout.count()),
                                  static_cast<std::uint32_t>(request.total_timeout.count()),
                                  detail::str(request.body),
                                  request.body_bytes_max};
        return {host_, id_, start(CHARTROOM_COMMAND_HTTP, &body)};
    }

    // The newest lasting events of the session that the turn's actor may see, oldest first, as of
    // this step. Needs the capability `history`.
    HistoryAnswer history(HistoryRequest request = {}) const {
        std::vector<chartroom_str> types;
        types.reserve(request.types.size());
        for (const std::string_view type : request.types) types.push_back(detail::str(type));
        const chartroom_history body{sizeof body,  request.last,          types.data(),
                                     types.size(), sizeof(chartroom_str), 0};
        return {id_, start(CHARTROOM_COMMAND_HISTORY, &body)};
    }

    // Runs Handler::activity(name, input) where it may block.
    ActivityAnswer activity(std::string_view name, std::string_view input) const {
        const chartroom_activity body{sizeof body, 0, detail::str(name), detail::str(input)};
        return {id_, start(CHARTROOM_COMMAND_ACTIVITY, &body)};
    }

    // What set_state() last set in this session, by any turn of this plugin; empty: nothing yet.
    // What outlives a turn belongs here, not into members of the handler: members are gone after a
    // restart, and a replay would not see them.
    [[nodiscard]] std::string state() const {
        const detail::Step& step = detail::step_of(id_);
        if (step.written_state) return *step.written_state;
        return {event().state.data, event().state.size};
    }
    // At most 64 KiB. Written with this step's events, or not at all.
    void set_state(std::string_view bytes) const {
        const chartroom_set_state body{sizeof body, 0, detail::str(bytes)};
        command(CHARTROOM_COMMAND_SET_STATE, 0, &body);
        if (!forgotten()) detail::step_of(id_).written_state = std::string(bytes);
    }

    // The recorded time of the event that this step is about. The only clock that a replay repeats.
    [[nodiscard]] Time now() const { return Time(std::chrono::microseconds(event().head.at_us)); }
    // The offset of that event.
    [[nodiscard]] std::uint64_t offset() const { return event().head.offset; }
    // The session's id.
    [[nodiscard]] std::string session() const {
        return {event().head.session.data, event().head.session.size};
    }
    // What its participants call the session: its id's last part, e.g. "home".
    [[nodiscard]] std::string session_name() const {
        const std::string id = session();
        return id.substr(id.rfind('/') + 1);
    }
    // 64 bits from the turn's recorded seed (splitmix64): the same again in a replay.
    [[nodiscard]] std::uint64_t random() const {
        std::uint64_t z = detail::step_of(id_).turn.random_state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    // True once the turn was told to end; for loops without a co_await. Any thread.
    [[nodiscard]] bool cancelled() const noexcept { return host_->cancelled(host_, id_) != 0; }
    // A line in the server's log; never a message's content. Any thread.
    void log(LogLevel level, std::string_view text) const noexcept {
        host_->log(host_, static_cast<std::int32_t>(level), id_, detail::str(text));
    }

  private:
    [[nodiscard]] const chartroom_event& event() const {
        const detail::Step& step = detail::step_of(id_);
        if (step.event == nullptr) throw Error(CHARTROOM_E_GONE, "the turn is being forgotten");
        return *step.event;
    }
    // The turn's coroutine is being destroyed: its destructors may still call us, to no effect.
    [[nodiscard]] bool forgotten() const noexcept {
        return detail::current_step != nullptr && detail::current_step->event == nullptr;
    }
    void command(std::uint32_t type, std::uint64_t op, const void* body,
                 std::string_view session = {}) const {
        if (forgotten()) return;
        const chartroom_command command{
            {sizeof(chartroom_command), type, id_, op, detail::str(session), 0, 0, 0}, body};
        if (const std::int32_t code = host_->command(host_, id_, &command); code != CHARTROOM_OK)
            throw Error(code, "the host refused command " + std::to_string(type) + " with code " +
                                  std::to_string(code));
    }
    std::uint64_t start(std::uint32_t type, const void* body) const {
        detail::TurnState& turn = detail::step_of(id_).turn;
        command(type, turn.last_op + 1, body);
        turn.ops.try_emplace(++turn.last_op);
        return turn.last_op;
    }

    const chartroom_host* host_;
    std::uint64_t id_;
};

}  // namespace chartroom
