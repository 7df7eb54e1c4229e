// A session's turns: opening, settling, ending, and what they ask of their host.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/engine/session.hpp"

namespace chartroom::engine {
namespace {

constexpr std::size_t kHistoryPageRows = 256;

}  // namespace

Turn* Session::turn_of(base::Offset cause) {
    const auto turn = turns_.find(cause);
    return turn == turns_.end() ? nullptr : turn->second.get();
}

std::unique_ptr<Turn> Session::make_turn(const events::EventPtr& inbound, HandlerPtr handler,
                                         const events::EventPtr& opening,
                                         std::deque<events::EventPtr> recorded) {
    const std::uint64_t seed = turn_seed(strand_.log().seed_key(), id_, opening->offset);
    return std::make_unique<Turn>(*this, TurnSetup{.id = {strand_.next_id()},
                                                   .session = id_,
                                                   .session_number = number_,
                                                   .handler = std::move(handler),
                                                   .inbound = inbound,
                                                   .opening_row = opening->offset,
                                                   .opened_at_us = opening->at_us,
                                                   .seed = seed,
                                                   .recorded = std::move(recorded)});
}

// Opens the turn of `inbound`; its opening row is in the group that is being built.
void Session::open_turn(const events::EventPtr& inbound, HandlerPtr handler,
                        const events::EventPtr& opening) {
    ++strand_.counters().turns_opened;
    ++plugins_[handler->info().id].running;
    const std::uint32_t deadline_ms = handler->info().deadline_ms;
    auto turn = make_turn(inbound, std::move(handler), opening, {});
    Turn& added = *turn;
    turns_.emplace(inbound->offset, std::move(turn));
    strand_.at(strand_.setup().world.clock.monotonic_us() + std::int64_t{deadline_ms} * 1'000, id_,
               [cause = inbound->offset, id = added.setup().id](Session& self) {
                   self.deadline(cause, id);
               });
    added.begin();
    settle(added);
}

// Looks at how a turn stands after a step, and does what follows from it.
void Session::settle(Turn& turn) {
    switch (turn.state()) {
        case TurnState::waiting:
            return;
        case TurnState::parked:
            waiting_ = true;
            close_group();
            return;
        case TurnState::failed:
            base::log(turn.refused() ? base::LogLevel::debug : base::LogLevel::warn, "turn.failed",
                      {{"plugin", turn.setup().handler->info().id},
                       {"session", id_.value},
                       {"cause", turn.cause().value},
                       {"code", base::info(turn.error().code).name},
                       {"reason", turn.error().message}});
            ++strand_.counters().turns_failed;
            turn.seal(turn.error().code, turn.error().message);
            break;
        case TurnState::diverged:
        case TurnState::host_ended:
            base::log(base::LogLevel::warn, "turn.diverged",
                      {{"plugin", turn.setup().handler->info().id},
                       {"session", id_.value},
                       {"cause", turn.cause().value},
                       {"reason", turn.error().message}});
            ++strand_.counters().turns_failed;
            turn.seal(base::Code::interrupted, turn.error().message);
            break;
        case TurnState::ended:
            break;
    }
    end_turn(turn);
}

void Session::end_turn(Turn& turn) {
    ++strand_.counters().turns_ended;
    const HandlerPtr handler = turn.setup().handler;
    const std::string plugin = handler->info().id;
    for (auto& [op, state] : turn.ops()) op_stopped(turn, op, state);
    turn_closed(turn.cause(), strand_.plugin_name(plugin).number);
    turns_.erase(turn.cause());
    --plugins_[plugin].running;
    if (phase_ == Phase::ready) open_next(plugin);
}

// Opens the turn of the plugin's oldest waiting message, where one may begin.
void Session::open_next(const std::string& plugin) {
    auto& queue = plugins_[plugin];
    if (queue.waiting.empty() || waiting_) return;
    const HandlerPtr handler = strand_.setup().handlers.by_id(plugin);
    CHECK(handler != nullptr);
    if (queue.running != 0 && !handler->info().parallel_turns) return;
    const events::EventPtr inbound = queue.waiting.front().inbound;
    queue.waiting.pop_front();
    close_group();  // what ended the turn before is one commit, what begins here another
    const auto note = add_server_row(inbound, {.kind = events::Kind::note,
                                               .type = rows::kTurnOpened,
                                               .build = strand_.build(*handler),
                                               .payload = "{\"plugin\":\"" + plugin + "\"}"});
    open_turn(inbound, handler, note);
}

// After a recovery, or once a parked session goes on: whatever may begin, begins.
void Session::open_waiting() {
    std::vector<std::string> names;
    for (const auto& [plugin, queue] : plugins_) {
        if (!queue.waiting.empty()) names.push_back(plugin);
    }
    for (const auto& plugin : names) open_next(plugin);
}

void Session::begin_cancel(Turn& turn, CancelReason reason) {
    const auto row = add_server_row(turn.setup().inbound, {.kind = events::Kind::note,
                                                           .type = rows::kTurnCancel,
                                                           .payload = rows::encode_cancel(reason)});
    await_end(turn);
    turn.cancel(row, reason);
    settle(turn);
}

// A turn that was told to stop has a grace to do so.
void Session::await_end(const Turn& turn) {
    strand_.at(strand_.setup().world.clock.monotonic_us() + strand_.limits().cancel_grace_us, id_,
               [cause = turn.cause(), id = turn.setup().id](Session& self) {
                   self.grace_over(cause, id);
               });
}

// Ends a message whose turn never opened, or has no handler any more: its sender gets its one
// terminal event, and a stream that stands open in `rows` is closed with what was said.
void Session::seal_without_handler(const events::EventPtr& inbound, std::uint64_t plugin,
                                   std::span<const events::EventPtr> rows, base::Code code,
                                   std::string_view reason) {
    OpenStream stream;
    for (const auto& row : rows) stream.observe(row);
    for (auto& [type, payload] : stream.close(base::info(code).name, base::info(code).meaning)) {
        add_server_row(inbound, {.kind = events::Kind::out,
                                 .cls = events::Class::lasting,
                                 .type = type,
                                 .payload = std::move(payload)});
    }
    add_server_row(inbound,
                   {.kind = events::Kind::note,
                    .type = rows::kTurnEnded,
                    .payload = rows::encode_ended("failed", base::info(code).name, reason)})
        ->ends_turn = true;
    turn_closed(inbound->offset, plugin);
}

// ---- what arrives for a turn --------------------------------------------------------------------

void Session::take(EffectArrived& request) {
    if (request.piece.last) running_ops_.erase(request.piece.token);
    Turn* turn = turn_of(request.cause);
    if (turn == nullptr || !turn->ops().contains(request.op)) return;
    effect_happened(*turn, request.piece.last ? rows::kDone : rows::kChunk,
                    {.op = request.op,
                     .last = request.piece.last,
                     .outcome = request.piece.outcome,
                     .status = request.piece.status,
                     .bytes = request.piece.bytes,
                     .headers = request.piece.headers});
}

void Session::take(TimerDue& request) {
    Turn* turn = turn_of(request.cause);
    if (turn == nullptr || turn->setup().id != request.turn) return;
    if (!turn->ops().contains(request.op)) return;
    effect_happened(*turn, rows::kFired, {.op = request.op, .last = true});
}

// The outcome, or a piece of it, is a row; what the handler makes of it is in the same group.
void Session::effect_happened(Turn& turn, std::string_view type, const rows::Effect& effect) {
    const auto row = add_server_row(turn.setup().inbound, {.kind = events::Kind::effect,
                                                           .json = false,
                                                           .type = type,
                                                           .payload = rows::encode_effect(effect)});
    turn.effect(row);
    settle(turn);
}

void Session::take(DeadlineDue& request) {
    Turn* turn = turn_of(request.cause);
    if (turn == nullptr || turn->setup().id != request.turn) return;
    if (!request.grace) {
        if (!turn->cancelled()) begin_cancel(*turn, CancelReason::deadline);
        return;
    }
    // The handler was told to stop and has not: the engine ends the turn itself.
    turn->seal(turn->cancelled() == CancelReason::deadline ? base::Code::deadline_exceeded
                                                           : base::Code::cancelled,
               "the handler went on after it was cancelled");
    end_turn(*turn);
}

// ---- TurnHost -----------------------------------------------------------------------------------

events::EventPtr Session::write(Turn& turn, Draft& draft) {
    events::Audience audience{.scope = draft.scope, .party = 0, .name = {}};
    if (draft.scope != events::Scope::everyone) audience.party = *party_number(draft.party);
    return add_row({.kind = draft.kind,
                    .cls = draft.cls,
                    .json = draft.json,
                    .type = draft.type,
                    .actor = draft.by_server ? strand_.server_name()
                                             : strand_.plugin_name(turn.setup().handler->info().id),
                    .subject = turn.setup().inbound->subject,
                    .audience = std::move(audience),
                    .cause = turn.cause(),
                    .payload = std::move(draft.payload)});
}

bool Session::flag_end(Turn& turn) {
    if (building_.empty() || building_.back()->cause != turn.cause()) return false;
    building_.back()->ends_turn = true;
    return true;
}

bool Session::prepare(Turn& turn, const std::vector<Command>& commands) {
    std::vector<storage::NameRequest> unknown;
    for (const auto& command : commands) {
        const auto* emit = std::get_if<Emit>(&command);
        if (emit == nullptr || !emit->target.empty()) continue;
        if (emit->type.size() <= kTypeBytesMax && !strand_.type(emit->type)) {
            unknown.push_back({storage::NameSpace::type, emit->type});
        }
        if (emit->scope != events::Scope::everyone && strand_.party(emit->party) == nullptr) {
            unknown.push_back({storage::NameSpace::party, emit->party});
        }
    }
    if (unknown.empty()) return true;
    strand_.learn(std::move(unknown),
                  guarded<base::Result<void>>(
                      [cause = turn.cause()](Session& self, base::Result<void> result) {
                          Turn* parked = self.turn_of(cause);
                          CHECK(parked != nullptr);
                          if (!result) return self.crash("names cannot be read");
                          self.waiting_ = false;
                          parked->resume();
                          self.settle(*parked);
                          self.close_group();
                          self.pump();
                      }));
    return false;
}

std::optional<std::uint64_t> Session::party_number(std::string_view name) {
    const auto* party = strand_.party(name);
    CHECK(party != nullptr);  // prepare() has learnt it
    return party->number;
}

StateView Session::state(Turn& turn, base::Offset as_of) {
    const auto states = states_.find(turn.setup().handler->info().id);
    if (states == states_.end()) return {};
    if (turn.live()) return states->second.back();
    for (auto at = states->second.rbegin(); at != states->second.rend(); ++at) {
        if (at->row <= as_of) return *at;
    }
    return {};
}

void Session::state_set(Turn& turn, const events::EventPtr& row, std::string_view bytes) {
    const std::string& plugin = turn.setup().handler->info().id;
    auto& states = states_[plugin];
    if (!states.empty() && states.back().row >= row->offset) return;  // re-executed: known already
    if (phase_ == Phase::ready) states.clear();
    states.push_back({row->offset, std::string(bytes)});
    const std::uint64_t number = strand_.plugin_name(plugin).number;
    std::erase_if(building_extra_.group.states,
                  [&](const auto& state) { return state.plugin == number; });
    building_extra_.group.states.push_back({number, row->offset, {}});
}

void Session::op_opened(Turn& turn, Op op) {
    building_extra_.starts.emplace_back(turn.cause(), op);
}

void Session::op_stopped(Turn&, Op, const OpenOp& state) {
    if (state.token == 0) return;
    running_ops_.erase(state.token);
    strand_.setup().world.effects.stop(state.token);
}

void Session::emitted_elsewhere(Turn& turn, const events::EventPtr& row, const Emit& emit) {
    building_extra_.group.outbox.push_back(row->offset);
    building_extra_.crossings_out.push_back({.source = id_,
                                             .source_number = number_,
                                             .source_offset = row->offset,
                                             .target = {emit.target},
                                             .emit = emit,
                                             .actor = row->actor.text,
                                             .subject = turn.setup().inbound->subject.text});
}

// ---- ops ----------------------------------------------------------------------------------------

// The op's command is durable: asks the world for it.
void Session::start_op(Turn& turn, Op op) {
    const auto entry = turn.ops().find(op);
    if (entry == turn.ops().end()) return;  // stopped in the step that asked for it
    OpenOp& state = entry->second;
    const base::Offset cause = turn.cause();
    if (const auto* timer = std::get_if<StartTimer>(&state.what)) {
        const std::int64_t due_in = state.at_us + static_cast<std::int64_t>(timer->delay_us) -
                                    strand_.setup().world.clock.now_us();
        strand_.at(strand_.setup().world.clock.monotonic_us() + std::max<std::int64_t>(due_in, 0),
                   id_,
                   [cause, id = turn.setup().id, op](Session& self) { self.timer(cause, id, op); });
        return;
    }
    state.token = strand_.next_id();
    running_ops_[state.token] = {cause, op};
    EffectSink sink = [strand = &strand_, id = id_, cause, op](EffectPiece piece) {
        Session* session = strand->find(id);
        // A token that the session does not know was stopped, or belongs to what it was before.
        if (session == nullptr || !session->running_ops_.contains(piece.token)) return;
        session->effect(cause, op, std::move(piece));
    };
    const std::string& plugin = turn.setup().handler->info().id;
    if (const auto* http = std::get_if<HttpRequest>(&state.what)) {
        strand_.setup().world.effects.http(
            {.token = state.token,
             .request = *http,
             .plugin = plugin,
             .idempotency_key = rows::idempotency_key(id_, cause, op),
             .traceparent = {}},
            strand_.on(), std::move(sink));
    } else {
        const auto& activity = std::get<RunActivity>(state.what);
        strand_.setup().world.effects.activity({.token = state.token,
                                                .plugin = plugin,
                                                .name = activity.name,
                                                .input = activity.input},
                                               strand_.on(), std::move(sink));
    }
}

// A re-executed turn is live again: what its record asked for and has no answer to is asked for
// again, but where that cannot be done twice.
void Session::restart_ops(Turn& turn) {
    std::vector<Op> again;
    for (auto& [op, state] : turn.ops()) {
        if (!state.recorded) continue;
        state.recorded = false;
        const auto* http = std::get_if<HttpRequest>(&state.what);
        if (http != nullptr && (state.has_part || http->once)) {
            EffectPiece piece;
            piece.last = true;
            piece.outcome = Outcome::interrupted;
            inbox_.push_back(EffectArrived{turn.cause(), op, std::move(piece)});
        } else {
            again.push_back(op);
        }
    }
    for (const Op op : again) start_op(turn, op);
}

// ---- history ------------------------------------------------------------------------------------

void Session::history(Turn& turn, const ReadHistory& request, base::Offset as_of) {
    HistoryAnswer answer(request, turn.setup().inbound->actor.number, strand_.limits().history_max);
    base::Offset before = as_of.next();
    // The group that is being built begins with the step's own row, which is no history.
    if (!building_.empty() && building_.front()->offset < before) {
        before = building_.front()->offset;
    }
    for (auto at = tail_.rbegin(); at != tail_.rend() && !answer.full(); ++at) {
        if ((*at)->offset >= before) continue;
        if ((*at)->offset.next() != before) break;
        before = (*at)->offset;
        answer.look(*at);
    }
    gather_history(turn, std::move(answer), before);
}

// Goes on in the store where the tail ends. What is not committed is in the tail.
void Session::gather_history(Turn& turn, HistoryAnswer answer, base::Offset before) {
    if (answer.full() || before <= first_) {
        const Op op = answer.op();
        turn.answer_history(op, answer.take());
        return;
    }
    waiting_ = true;
    storage::ReadRequest read{.session = number_,
                              .after = {},
                              .before = before,
                              .direction = storage::Direction::backward,
                              .rows_max = kHistoryPageRows,
                              .bytes_max = kHistoryBytesMax,
                              .visible_only = false,
                              .lasting_only = true,
                              .cause = {}};
    strand_.log().read(read, strand_.on(),
                       guarded<base::Result<storage::Page>>(
                           [cause = turn.cause(), answer = std::move(answer)](
                               Session& self, base::Result<storage::Page> page) mutable {
                               Turn* parked = self.turn_of(cause);
                               CHECK(parked != nullptr);
                               if (!page) return self.crash("history cannot be read");
                               for (const auto& event : page->events) answer.look(event);
                               self.waiting_ = false;
                               const base::Offset next =
                                   page->more ? page->scanned_to : base::Offset{1};
                               self.gather_history(*parked, std::move(answer), next);
                               self.settle(*parked);
                               self.close_group();
                               self.pump();
                           }));
}

}  // namespace chartroom::engine
