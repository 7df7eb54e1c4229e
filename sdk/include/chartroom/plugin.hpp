// The C++20 wrapper of plugin.h, header only. A handler is a class with a coroutine:
//
//     struct Echo : chartroom::Handler {
//         chartroom::Task on_message(chartroom::Turn turn, chartroom::Message message) override {
//             turn.emit("echo", message.bytes());
//             co_return;
//         }
//     };
//     CHARTROOM_PLUGIN(Echo, R"({"id":"org.example.echo","version":"1.0.0","handles":["echo"]})")
//
// This file keeps the open turns of an instance and turns events into resumptions; turn.hpp is what
// authors call, types.hpp what they are given, task.hpp what they return.
#pragma once

#include <chartroom/plugin.h>

#include <algorithm>
#include <chartroom/task.hpp>
#include <chartroom/turn.hpp>
#include <chartroom/types.hpp>
#include <cstring>
#include <memory>
#include <mutex>
#include <type_traits>
#include <unordered_map>

namespace chartroom {

// What an author derives from. May have a constructor that takes a `const chartroom::Config&`; an
// exception from it refuses the plugin, with what() as the reason.
class Handler {
  public:
    virtual ~Handler() = default;

    // One turn: from the message to the coroutine's return. Runs on the session's strand and must
    // not block; turns of different sessions run in parallel. Members may hold what was configured,
    // but nothing that a command depends on (Turn::state).
    virtual Task on_message(Turn turn, Message message) = 0;

    // A function that may block, for Turn::activity. On a pool thread, in parallel to everything
    // else, at least once for each call. What it throws comes back as Outcome::failed.
    virtual std::string activity(std::string_view name, std::string_view input) {
        static_cast<void>(input);
        throw std::invalid_argument("there is no activity " + std::string(name));
    }
};

namespace detail {

inline void write_error(chartroom_error* error, const char* text) noexcept {
    if (error == nullptr || error->text == nullptr) return;
    error->length =
        static_cast<std::uint32_t>(std::min<std::size_t>(std::strlen(text), error->capacity));
    std::memcpy(error->text, text, error->length);
}

// Runs `body`; whatever it throws becomes a code and a text. What keeps exceptions inside.
template <typename Body>
std::int32_t guarded(chartroom_error* error, Body&& body) noexcept {
    try {
        body();
        return CHARTROOM_OK;
    } catch (const std::exception& e) {
        write_error(error, e.what());
    } catch (...) {
        write_error(error, "an exception that is no std::exception");
    }
    return CHARTROOM_E_FAILED;
}

// Makes `step` this thread's for a scope.
class StepScope {
  public:
    explicit StepScope(Step& step) noexcept : outer_(std::exchange(current_step, &step)) {}
    ~StepScope() { current_step = outer_; }
    StepScope(const StepScope&) = delete;
    StepScope& operator=(const StepScope&) = delete;

  private:
    Step* outer_;
};

// One instance: the author's handler and the turns that outlived their first step.
class Instance {
  public:
    Instance(const chartroom_host* host, std::unique_ptr<Handler> handler) noexcept
        : host_(host), handler_(std::move(handler)) {}
    ~Instance() {
        for (auto& [id, turn] : turns_) forget(std::move(turn));
    }

    Handler& handler() noexcept { return *handler_; }

    // What a step's exception leaves with: the step has failed.
    void event(const chartroom_event& event) {
        switch (event.head.type) {
            case CHARTROOM_EVENT_MESSAGE:
                return open(event);
            case CHARTROOM_EVENT_DISCARD:
                return forget(take(event.head.turn));
            default:
                if (TurnState* turn = find(event.head.turn)) go_on(*turn, event);
        }
    }

  private:
    void open(const chartroom_event& event) {
        auto turn = std::make_unique<TurnState>();
        turn->id = event.head.turn;
        turn->random_state = event.head.seed;
        Step step{*turn, &event};
        const StepScope scope(step);
        turn->task = handler_->on_message(
            Turn(host_, turn->id), Message(*static_cast<const chartroom_message*>(event.body)));
        turn->task.resume();
        if (turn->task.done()) return close(*turn);
        const std::lock_guard lock(mutex_);
        turns_.emplace(turn->id, std::move(turn));
    }

    void go_on(TurnState& turn, const chartroom_event& event) {
        Step step{turn, &event};
        const StepScope scope(step);
        if (!deliver(turn, event) || !turn.waiter) return;
        std::exchange(turn.waiter, {}).resume();
        if (!turn.task.done()) return;
        const std::unique_ptr<TurnState> done = take(turn.id);
        close(turn);
    }

    // Puts the event where its awaiter looks. True: what the turn waits for has happened.
    static bool deliver(TurnState& turn, const chartroom_event& event) {
        if (event.head.type == CHARTROOM_EVENT_CANCEL) {
            const auto& cancel = *static_cast<const chartroom_cancel*>(event.body);
            turn.cancelled = static_cast<CancelReason>(cancel.reason);
            return true;
        }
        const auto found = turn.ops.find(event.head.op);
        if (found == turn.ops.end()) return false;
        PendingOp& op = found->second;
        if (event.head.type == CHARTROOM_EVENT_CHUNK) {
            const auto& chunk = *static_cast<const chartroom_chunk*>(event.body);
            op.status = chunk.status;
            op.pieces.emplace_back(chunk.bytes.data, chunk.bytes.size);
        } else if (event.head.type == CHARTROOM_EVENT_EFFECT) {
            deliver_end(op, *static_cast<const chartroom_effect*>(event.body));
        } else if (event.head.type == CHARTROOM_EVENT_TIMER) {
            op.done = true;
        } else {
            return false;
        }
        return turn.awaited_op == event.head.op;
    }

    static void deliver_end(PendingOp& op, const chartroom_effect& effect) {
        op.done = true;
        op.outcome = static_cast<Outcome>(effect.outcome);
        if (effect.status != 0) op.status = effect.status;
        op.bytes.assign(effect.bytes.data, effect.bytes.size);
        deliver_headers(op, effect);
        op.rows.reserve(effect.row_count);
        const auto* bytes = reinterpret_cast<const char*>(effect.rows);
        for (std::uint64_t i = 0; i < effect.row_count; ++i)
            op.rows.emplace_back(
                *reinterpret_cast<const chartroom_row*>(bytes + i * effect.row_stride));
    }

    static void deliver_headers(PendingOp& op, const chartroom_effect& effect) {
        if (effect.size < offsetof(chartroom_effect, reserved)) return;  // a host of 1.0
        const auto* bytes = reinterpret_cast<const char*>(effect.headers);
        for (std::uint64_t i = 0; i < effect.header_count; ++i) {
            const auto& header =
                *reinterpret_cast<const chartroom_header*>(bytes + i * effect.header_stride);
            op.headers.emplace_back(std::string(header.name.data, header.name.size),
                                    std::string(header.value.data, header.value.size));
        }
    }

    // The coroutine is done: the turn's one END, or the fault that ended it.
    void close(TurnState& turn) {
        const std::exception_ptr error = turn.task.error();
        if (!error) return end(turn, 0, "", "");
        try {
            std::rethrow_exception(error);
        } catch (const Failure& failure) {
            end(turn, 1, failure.code(), failure.what());
        } catch (const Cancelled& cancelled) {
            const bool late = cancelled.reason() == CancelReason::deadline;
            end(turn, 1, late ? "deadline_exceeded" : "cancelled", cancelled.what());
        }
    }

    void end(TurnState& turn, std::uint32_t failed, std::string_view code,
             std::string_view message) {
        const chartroom_end body{sizeof body, failed, str(code), str(message)};
        const chartroom_command command{
            {sizeof(chartroom_command), CHARTROOM_COMMAND_END, turn.id, 0, {}, 0, 0, 0}, &body};
        if (const std::int32_t refused = host_->command(host_, turn.id, &command))
            throw Error(refused, "the host refused to end the turn");
    }

    // Destroys a turn without a word to the host.
    static void forget(std::unique_ptr<TurnState> turn) {
        if (!turn) return;
        Step step{*turn, nullptr};
        const StepScope scope(step);
        turn.reset();
    }

    // The mutex guards the table; a turn itself is touched by its session's strand alone.
    TurnState* find(std::uint64_t id) {
        const std::lock_guard lock(mutex_);
        const auto found = turns_.find(id);
        return found == turns_.end() ? nullptr : found->second.get();
    }
    std::unique_ptr<TurnState> take(std::uint64_t id) {
        const std::lock_guard lock(mutex_);
        auto node = turns_.extract(id);
        return node ? std::move(node.mapped()) : nullptr;
    }

    const chartroom_host* host_;
    std::unique_ptr<Handler> handler_;
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::unique_ptr<TurnState>> turns_;
};

// The C functions of a handler class.
template <typename T>
struct Binding {
    static std::int32_t create(const chartroom_host* host, chartroom_str config, void** self,
                               chartroom_error* error) noexcept {
        return guarded(error, [&] {
            std::unique_ptr<Handler> handler;
            if constexpr (std::is_constructible_v<T, const Config&>) {
                handler = std::make_unique<T>(Config(std::string_view(config.data, config.size)));
            } else {
                handler = std::make_unique<T>();
            }
            *self = new Instance(host, std::move(handler));
        });
    }
    static void destroy(void* self) noexcept {
        guarded(nullptr, [&] { delete static_cast<Instance*>(self); });
    }
    static std::int32_t event(void* self, const chartroom_event* event,
                              chartroom_error* error) noexcept {
        return guarded(error, [&] { static_cast<Instance*>(self)->event(*event); });
    }
    static std::int32_t run(void* self, chartroom_str name, chartroom_str input,
                            const chartroom_sink* sink, chartroom_error* error) noexcept {
        return guarded(error, [&] {
            const std::string result = static_cast<Instance*>(self)->handler().activity(
                {name.data, name.size}, {input.data, input.size});
            sink->write(sink->context, str(result));
        });
    }
    static const void* extension(void*, const char* id) noexcept {
        return std::strcmp(id, CHARTROOM_EXT_ACTIVITY) == 0 ? &activities : nullptr;
    }

    static constexpr chartroom_activity_runner activities{sizeof(chartroom_activity_runner), 0,
                                                          run};
    static constexpr chartroom_handler table{
        sizeof(chartroom_handler), 0, create, destroy, event, extension};
};

}  // namespace detail
}  // namespace chartroom

// Makes the file a plugin whose handler is `Type`; once a plugin, outside of any namespace.
// `manifest` is a string literal.
#define CHARTROOM_PLUGIN(Type, manifest)                                           \
    extern "C" {                                                                   \
    CHARTROOM_DEFINE_PLUGIN(manifest, &::chartroom::detail::Binding<Type>::table); \
    }
