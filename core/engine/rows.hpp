// The rows that the engine itself writes: names of their types, and the bytes of commands, effects
// and notes. storage/FORMAT.md, "Payloads of commands, effects and notes", has every layout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.hpp"
#include "core/engine/handler.hpp"
#include "core/events/event.hpp"

namespace chartroom::engine::rows {

// Commands.
inline constexpr std::string_view kHttp = "http";
inline constexpr std::string_view kTimer = "timer";
inline constexpr std::string_view kActivity = "activity";
inline constexpr std::string_view kEmit = "emit";  // to another session: an outbox row
// Effects.
inline constexpr std::string_view kChunk = "chunk";
inline constexpr std::string_view kDone = "done";
inline constexpr std::string_view kFired = "fired";
// Notes.
inline constexpr std::string_view kTurnOpened = "turn.opened";
inline constexpr std::string_view kTurnCancel = "turn.cancel";
inline constexpr std::string_view kTurnEnded = "turn.ended";
inline constexpr std::string_view kState = "state";
inline constexpr std::string_view kInputRefused = "input.refused";
inline constexpr std::string_view kErased = "erased";
inline constexpr std::string_view kUndelivered = "emit.undelivered";  // its target was erased

// The server as an actor: rows that the engine writes on its own behalf.
inline constexpr std::string_view kServerParty = "chartroom";

[[nodiscard]] std::string plugin_party(std::string_view plugin_id);
[[nodiscard]] std::string session_party(const base::SessionId& session);

// ---- commands: JSON ----------------------------------------------------------------------------

[[nodiscard]] std::string encode_http(const HttpRequest& request);
[[nodiscard]] std::string encode_timer(const StartTimer& timer);
[[nodiscard]] std::string encode_activity(const RunActivity& activity);
[[nodiscard]] std::string encode_emit(const Emit& emit);
// The emit of an outbox row, or nullopt if the bytes are not one.
[[nodiscard]] std::optional<Emit> decode_emit(std::string_view payload);

// What an op is known by to the world, the same before and after a crash.
[[nodiscard]] std::string idempotency_key(const base::SessionId& session, base::Offset cause,
                                          Op op);

// ---- effects: 16 bytes, an HTTP response's headers, and the outcome's own ----------------------

struct Effect {
    Op op = 0;
    bool last = false;
    Outcome outcome = Outcome::ok;
    std::int32_t status = 0;
    std::string_view bytes;
    std::string_view headers = {};  // EffectPiece::headers
};
[[nodiscard]] std::string encode_effect(const Effect& effect);
[[nodiscard]] std::optional<Effect> decode_effect(std::string_view payload);

// ---- notes -------------------------------------------------------------------------------------

[[nodiscard]] std::string encode_cancel(CancelReason reason);
[[nodiscard]] std::optional<CancelReason> decode_cancel(std::string_view payload);
// `reason` is for an auditor; never a body.
[[nodiscard]] std::string encode_ended(std::string_view result, std::string_view code,
                                       std::string_view reason);

// Never what was said: its code, the field where there is one, and its length.
[[nodiscard]] std::string encode_refused(const base::Error& error, std::size_t bytes);

// `whole`: of all rows of the session; otherwise of one person's.
[[nodiscard]] std::string encode_erased(bool whole);
[[nodiscard]] std::string encode_undelivered(base::Offset row);  // of the emit

// A state note: the row of the state before it (0: none), then the state's bytes.
struct State {
    base::Offset previous;
    std::string_view bytes;
};
[[nodiscard]] std::string encode_state(const State& state);
[[nodiscard]] std::optional<State> decode_state(std::string_view payload);

}  // namespace chartroom::engine::rows
