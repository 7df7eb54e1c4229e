#include "core/engine/turn.hpp"

#include <algorithm>

#include "core/auth/access.hpp"
#include "core/base/check.hpp"
#include "core/base/random.hpp"
#include "core/base/sha256.hpp"
#include "core/engine/engine.hpp"

namespace chartroom::engine {
namespace {

// For a person who compares two rows: type, then payload.
std::string describe(std::string_view type, bool json, std::string_view payload) {
    constexpr std::size_t kShownBytesMax = 2'000;
    std::string text(type);
    text += ' ';
    if (json) {
        text += payload.substr(0, kShownBytesMax);
    } else {
        const auto shown = payload.substr(0, kShownBytesMax / 2);
        text += base::to_hex({reinterpret_cast<const std::uint8_t*>(shown.data()), shown.size()});
    }
    return text;
}

bool same(const events::Event& row, const Draft& draft) {
    return row.kind == draft.kind && row.cls == draft.cls && row.json == draft.json &&
           row.type.text == draft.type && row.payload == draft.payload;
}

bool by_server(const events::Event& row) {
    return row.actor.text == rows::kServerParty;
}

}  // namespace

std::uint64_t turn_seed(const base::Secret& key, const base::SessionId& session,
                        base::Offset opening_row) {
    const auto digest =
        base::Sha256().add(key).add(session.value).add_u64(opening_row.value).finish();
    std::uint64_t seed = 0;
    for (std::size_t i = 0; i < 8; ++i) seed |= static_cast<std::uint64_t>(digest[i]) << (8 * i);
    return seed;
}

Turn::Turn(TurnHost& host, TurnSetup setup)
    : host_(host), setup_(std::move(setup)), recorded_(std::move(setup_.recorded)) {}

Turn::~Turn() {
    discard();
}

TurnState Turn::begin() {
    Step step;
    step.row = setup_.inbound;
    step.event.offset = setup_.opening_row;
    step.event.at_us = setup_.opened_at_us;
    step.event.body =
        MessageEvent{.type = setup_.inbound->type.text,
                     .payload = setup_.inbound->payload,
                     .json = setup_.inbound->json,
                     .actor = setup_.inbound->actor.text,
                     .message_id = message_id(setup_.session_number, setup_.inbound->offset, 0),
                     .answer_id = message_id(setup_.session_number, setup_.inbound->offset, 1),
                     .inbound = setup_.inbound->offset};
    steps_.push_back(std::move(step));
    return run();
}

TurnState Turn::effect(const events::EventPtr& row) {
    const auto effect = rows::decode_effect(row->payload);
    CHECK(effect.has_value());
    push_effect(row, *effect);
    return run();
}

void Turn::push_effect(const events::EventPtr& row, const rows::Effect& effect) {
    const auto op = ops_.find(effect.op);
    if (op == ops_.end()) return;  // stopped meanwhile: its answer is dropped
    Step step;
    step.row = row;
    step.event.offset = row->offset;
    step.event.at_us = row->at_us;
    if (row->type.text == rows::kFired) {
        step.event.body = TimerEvent{effect.op};
    } else if (effect.last) {
        step.event.body = EffectEvent{.op = effect.op,
                                      .outcome = effect.outcome,
                                      .status = effect.status,
                                      .bytes = effect.bytes,
                                      .items = {},
                                      .headers = effect.headers};
    } else {
        step.event.body = ChunkEvent{effect.op, effect.status, effect.bytes};
        op->second.has_part = true;
    }
    if (effect.last) ops_.erase(op);
    steps_.push_back(std::move(step));
}

TurnState Turn::cancel(const events::EventPtr& row, CancelReason reason) {
    push_cancel(row, reason);
    return run();
}

void Turn::push_cancel(const events::EventPtr& row, CancelReason reason) {
    cancelled_ = reason;
    Step step;
    step.row = row;
    step.event.offset = row->offset;
    step.event.at_us = row->at_us;
    step.event.body = CancelEvent{reason};
    steps_.push_back(std::move(step));
}

TurnState Turn::resume() {
    CHECK(parked_);
    parked_ = false;
    prepared_ = true;
    return run();
}

TurnState Turn::answer_history(Op op, std::vector<events::EventPtr> items) {
    CHECK(parked_);
    parked_ = false;
    Step step;
    step.items = std::move(items);
    step.event.offset = step_row_;
    step.event.at_us = step_at_us_;
    step.event.body = EffectEvent{.op = op};
    steps_.push_back(std::move(step));
    return run();
}

// One step after the other until the turn waits, is parked or is over. Not entered twice: a host
// that answers from within a call only takes the parking back.
TurnState Turn::run() {
    if (running_) return state_;
    running_ = true;
    state_ = TurnState::waiting;
    while (!ended_ && !parked_ && state_ == TurnState::waiting) {
        if (!commands_.empty()) {
            if (!prepared_) {
                const std::vector<Command> all(commands_.begin(), commands_.end());
                parked_ = !(prepared_ = host_.prepare(*this, all));
                continue;
            }
            apply_next();
        } else if (!steps_.empty()) {
            Step step = std::move(steps_.front());
            steps_.pop_front();
            run_step(std::move(step));
        } else if (!recorded_.empty()) {
            feed_recorded();
        } else {
            break;
        }
    }
    running_ = false;
    if (state_ == TurnState::waiting) {
        if (ended_) {
            state_ = TurnState::ended;
        } else if (parked_) {
            state_ = TurnState::parked;
        }
    }
    return state_;
}

void Turn::run_step(Step step) {
    StepEvent& event = step.event;
    event.turn = setup_.id;
    event.session = setup_.session;
    event.seed = setup_.seed;
    // A history is answered within its step, so what that step has set is known.
    const StateView state = host_.state(*this, std::max(event.offset, last_row_));
    event.state = state.bytes;
    event.state_row = state.row;
    if (auto* effect = std::get_if<EffectEvent>(&event.body)) effect->items = step.items;
    step_row_ = event.offset;
    step_at_us_ = event.at_us;
    last_match_ = nullptr;
    wrote_in_step_ = false;
    fan_out_ = 0;
    handler_has_it_ = true;

    auto commands = setup_.handler->step(event);
    if (!commands) {
        handler_has_it_ = false;  // a handler that failed has dropped the turn
        return fail(commands.error().code, commands.error().message);
    }
    commands_given_ += commands->size();
    if (commands->size() > kStepCommandsMax ||
        commands_given_ > setup_.handler->info().commands_max) {
        return fail(base::Code::plugin_failed, "the turn gave more commands than it may");
    }
    commands_.assign(std::make_move_iterator(commands->begin()),
                     std::make_move_iterator(commands->end()));
    prepared_ = commands_.empty();
}

void Turn::apply_next() {
    Command command = std::move(commands_.front());
    commands_.pop_front();
    std::visit([this](auto& body) { apply(body); }, command);
}

void Turn::apply(Emit& command) {
    if (command.type.empty() || command.type.size() > kTypeBytesMax) {
        return fail(base::Code::plugin_failed, "an event's type is 1 to 64 bytes");
    }
    if (command.payload.size() > kEmitBytesMax) {
        return fail(base::Code::plugin_failed, "an event's payload is at most 1 MiB");
    }
    if (!command.target.empty()) return emit_elsewhere(command);
    if (command.scope == events::Scope::followers_of) {
        return fail(base::Code::plugin_failed, "followers_of is for events in other sessions");
    }
    const auto row = put({.kind = events::Kind::out,
                          .cls = command.cls,
                          .json = command.json,
                          .type = command.type,
                          .scope = command.scope,
                          .party = command.party,
                          .payload = std::move(command.payload)});
    if (row) stream_.observe(row);
}

void Turn::emit_elsewhere(Emit& command) {
    if (!setup_.handler->info().may_broadcast) {
        return fail(base::Code::plugin_failed,
                    "emitting to another session needs the capability broadcast");
    }
    if (++fan_out_ > kFanOutMax) {
        return fail(base::Code::plugin_failed, "one step emits to at most 256 other sessions");
    }
    if (!command.owner.empty()) {
        auto target = auth::own_session(command.owner, command.target);
        if (!target) return fail(base::Code::plugin_failed, target.error().message);
        command.target = std::move(target->value);
        command.owner.clear();
    }
    const auto row = put({.kind = events::Kind::command,
                          .type = rows::kEmit,
                          .payload = rows::encode_emit(command)});
    // One that was matched is delivered already, or stands in the outbox that was loaded.
    if (row && row != last_match_) host_.emitted_elsewhere(*this, row, command);
}

events::EventPtr Turn::put_op(std::string_view type, std::string payload, Op op, OpenOp state) {
    if (op != last_op_ + 1) {
        fail(base::Code::plugin_failed, "an op is the previous + 1");
        return nullptr;
    }
    last_op_ = op;
    auto row = put({.kind = events::Kind::command, .type = type, .payload = std::move(payload)});
    if (!row) return nullptr;
    state.at_us = row->at_us;
    state.recorded = row == last_match_;
    const bool fresh = !state.recorded;
    ops_.emplace(op, std::move(state));
    if (fresh) host_.op_opened(*this, op);
    return row;
}

void Turn::apply(StartTimer& command) {
    put_op(rows::kTimer, rows::encode_timer(command), command.op, OpenOp{.what = command});
}

void Turn::apply(HttpRequest& command) {
    if (setup_.handler->info().net.empty()) {
        return fail(base::Code::plugin_failed, "HTTP needs the capability net");
    }
    const Op op = command.op;
    std::string payload = rows::encode_http(command);
    put_op(rows::kHttp, std::move(payload), op, OpenOp{.what = std::move(command)});
}

void Turn::apply(RunActivity& command) {
    const Op op = command.op;
    std::string payload = rows::encode_activity(command);
    put_op(rows::kActivity, std::move(payload), op, OpenOp{.what = std::move(command)});
}

void Turn::apply(ReadHistory& command) {
    if (!setup_.handler->info().may_read_history) {
        return fail(base::Code::plugin_failed, "HISTORY needs the capability history");
    }
    if (command.op != last_op_ + 1) {
        return fail(base::Code::plugin_failed, "an op is the previous + 1");
    }
    last_op_ = command.op;
    parked_ = true;
    host_.history(*this, command, step_row_);
}

void Turn::apply(SetState& command) {
    if (command.bytes.size() > Limits{}.state_bytes) {
        return fail(base::Code::plugin_failed, "a state is at most 64 KiB");
    }
    const base::Offset as_of =
        recorded_.empty() ? step_row_ : base::Offset{recorded_.front()->offset.value - 1};
    const StateView before = host_.state(*this, as_of);
    const auto row = put({.kind = events::Kind::note,
                          .json = false,
                          .type = rows::kState,
                          .payload = rows::encode_state({before.row, command.bytes})});
    if (row) host_.state_set(*this, row, command.bytes);
}

void Turn::apply(StopOp& command) {
    const auto op = ops_.find(command.op);
    if (op == ops_.end()) return;
    host_.op_stopped(*this, command.op, op->second);
    ops_.erase(op);
}

void Turn::apply(End& command) {
    handler_has_it_ = false;
    commands_.clear();
    if (command.failed) {
        refusal_ = command;
        return fail(base::Code::plugin_failed, command.message);
    }
    if (stream_.open()) {
        return fail(base::Code::plugin_failed, "the turn ended inside its stream");
    }
    finish();
}

// END stands as a flag on the step's last row, or as a note where the step wrote none.
void Turn::finish() {
    const bool flagged =
        last_match_ != nullptr ? last_match_->ends_turn : wrote_in_step_ && host_.flag_end(*this);
    if (!flagged) {
        const auto row = put({.kind = events::Kind::note,
                              .type = rows::kTurnEnded,
                              .payload = rows::encode_ended("ok", {}, {})});
        if (!row) return;
        if (last_match_ != row) host_.flag_end(*this);
    }
    ended_ = true;
}

events::EventPtr Turn::put(Draft draft) {
    if (!recorded_.empty()) {
        const auto row = recorded_.front();
        if (!same(*row, draft)) {
            diverge(describe(row->type.text, row->json, row->payload),
                    describe(draft.type, draft.json, draft.payload));
            return nullptr;
        }
        if (!same_audience(*row, draft)) {
            diverge("an audience of party " + std::to_string(row->audience.party),
                    "an audience of " + std::string(draft.party));
            return nullptr;
        }
        recorded_.pop_front();
        last_match_ = row;
        last_row_ = row->offset;
        return row;
    }
    last_match_ = nullptr;
    wrote_in_step_ = true;
    auto row = host_.write(*this, draft);
    if (!row) diverge(std::string(kRecordUsedUp), describe(draft.type, draft.json, draft.payload));
    return row;
}

bool Turn::same_audience(const events::Event& row, const Draft& draft) {
    if (row.audience.scope != draft.scope) return false;
    if (draft.scope == events::Scope::everyone) return true;
    const auto party = host_.party_number(draft.party);
    return !party || *party == row.audience.party;
}

// The next recorded row is no command of the handler's, or a command is missing.
void Turn::feed_recorded() {
    const auto row = recorded_.front();
    if (row->kind == events::Kind::effect) {
        const auto effect = rows::decode_effect(row->payload);
        if (!effect) return diverge("an effect that cannot be read", "");
        recorded_.pop_front();
        return push_effect(row, *effect);
    }
    if (row->kind == events::Kind::note && row->type.text == rows::kTurnCancel) {
        const auto reason = rows::decode_cancel(row->payload);
        if (!reason) return diverge("a cancel that cannot be read", "");
        recorded_.pop_front();
        return push_cancel(row, *reason);
    }
    if (by_server(*row)) {
        state_ = TurnState::host_ended;
        return;
    }
    diverge(describe(row->type.text, row->json, row->payload), "(nothing)");
}

void Turn::diverge(std::string recorded, std::string produced) {
    if (diverged_) return;
    diverged_ = true;
    divergence_ = Divergence{recorded_.empty() ? step_row_ : recorded_.front()->offset,
                             std::move(recorded), std::move(produced), step_row_};
    // The client has seen what the record says, matched or not: that is what a seal closes.
    for (const auto& row : recorded_) stream_.observe(row);
    recorded_.clear();
    commands_.clear();
    steps_.clear();
    error_ = {base::Code::interrupted, "re-execution diverged from the record at offset " +
                                           std::to_string(divergence_->at.value)};
    state_ = TurnState::diverged;
}

// A failure that the record has too was answered by the engine with the rows that follow.
void Turn::fail(base::Code code, std::string reason) {
    if (!recorded_.empty()) {
        const auto& next = *recorded_.front();
        if (!by_server(next)) {
            return diverge(describe(next.type.text, next.json, next.payload),
                           "(failed: " + reason + ")");
        }
        commands_.clear();
        state_ = TurnState::host_ended;
        return;
    }
    commands_.clear();
    steps_.clear();
    error_ = {code, std::move(reason)};
    state_ = TurnState::failed;
}

void Turn::seal(base::Code code, std::string_view reason) {
    discard();
    steps_.clear();
    commands_.clear();
    for (auto& [op, state] : ops_) host_.op_stopped(*this, op, state);
    ops_.clear();
    const std::string_view shown_code = refusal_ ? refusal_->code : base::info(code).name;
    const std::string_view shown = refusal_ ? refusal_->message : base::info(code).meaning;
    for (auto& [type, payload] : stream_.close(shown_code, shown)) {
        Draft draft{.kind = events::Kind::out,
                    .cls = events::Class::lasting,
                    .by_server = true,
                    .type = type,
                    .payload = std::move(payload)};
        host_.write(*this, draft);
    }
    Draft note{.kind = events::Kind::note,
               .by_server = true,
               .type = rows::kTurnEnded,
               .payload = rows::encode_ended("failed", shown_code, reason)};
    host_.write(*this, note);
    host_.flag_end(*this);
    ended_ = true;
    state_ = TurnState::ended;
}

void Turn::discard() {
    if (!handler_has_it_) return;
    handler_has_it_ = false;
    StepEvent event;
    event.turn = setup_.id;
    event.session = setup_.session;
    event.body = DiscardEvent{};
    // A DISCARD has no commands, and nobody is left to tell of a failure.
    [[maybe_unused]] const auto nothing = setup_.handler->step(event);
}

}  // namespace chartroom::engine
