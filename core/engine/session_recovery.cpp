// Taking a session up from the log: at its first use, at a start, and after a failed commit. Every
// turn without an end is re-executed from its rows and goes on from there.
#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/engine/session.hpp"

namespace chartroom::engine {
namespace {

constexpr std::size_t kTurnRowsMax = 65'536;  // of one turn; one that has more is interrupted

}  // namespace

void Session::load() {
    phase_ = Phase::loading;
    waiting_ = true;
    strand_.learn({{storage::NameSpace::party, rows::session_party(id_)}},
                  guarded<base::Result<void>>([](Session& self, base::Result<void> learnt) {
                      if (!learnt) return self.load_failed(learnt.error());
                      self.own_party_ = *self.strand_.party(rows::session_party(self.id_));
                      self.strand_.log().acquire(
                          self.id_, self.strand_.on(),
                          self.guarded<base::Result<storage::Acquired>>(
                              [](Session& loading, base::Result<storage::Acquired> acquired) {
                                  loading.loaded(std::move(acquired));
                              }));
                  }));
}

// Those who wait are told; those who follow stay, and the session is tried again for them.
void Session::load_failed(const base::Error& error) {
    if (error.code == base::Code::erased) return over();
    base::log(base::LogLevel::error, "session.not_loaded",
              {{"session", id_.value}, {"reason", error.message}});
    waiting_ = false;
    phase_ = Phase::fresh;
    refuse_waiting({base::Code::unavailable, "the log cannot be read just now"});
    strand_.at(strand_.setup().world.clock.monotonic_us() + kRetryUs, id_,
               [](Session& self) { self.wake(); });
}

void Session::loaded(base::Result<storage::Acquired> acquired) {
    if (!acquired) return load_failed(acquired.error());
    number_ = acquired->number;
    owner_epoch_ = acquired->owner_epoch;
    first_ = acquired->first;
    head_ = committed_ = acquired->head;
    hash_ = acquired->head_hash;
    erased_from_ = acquired->erased_from;
    erased_by_ = acquired->erased_by;
    client_ids_.reset(head_);
    for (const auto& state : acquired->states) {
        if (const HandlerPtr handler = strand_.handler_of_party(state.plugin)) {
            const auto last = rows::decode_state(state.payload);
            if (!last) return load_failed({base::Code::corrupt, "a plugin's state is damaged"});
            states_[handler->info().id] = {{state.row, std::string(last->bytes)}};
        }
    }
    for (const auto& delivered : acquired->delivered) {
        delivered_[delivered.source.value] = delivered.offset;
    }
    to_recover_.assign(acquired->unfinished.begin(), acquired->unfinished.end());
    outbox_to_read_.assign(acquired->outbox.begin(), acquired->outbox.end());
    unfinished_ = to_recover_.size();
    strand_.counters().turns_open += unfinished_;
    phase_ = Phase::recovering;
    waiting_ = false;
    pump();
}

// What is undelivered, before turns can add to it: a target takes events in their order. Then one
// unfinished message after the other, oldest first.
void Session::recover_next() {
    if (!outbox_to_read_.empty()) {
        waiting_ = true;
        return read_outbox();
    }
    if (!to_recover_.empty()) {
        const auto open = to_recover_.front();
        to_recover_.pop_front();
        waiting_ = true;
        return read_turn(open, {open.inbound.value - 1}, {});
    }
    phase_ = Phase::ready;
    for (auto& [plugin, states] : states_) {
        if (states.size() > 1) states.erase(states.begin(), states.end() - 1);
    }
    for (auto& [cause, turn] : turns_) restart_ops(*turn);
    open_waiting();
    close_group();
    advance_all();
}

// Collects the rows of a turn, page by page.
void Session::read_turn(storage::Acquired::Unfinished open, base::Offset after,
                        std::vector<events::EventPtr> rows) {
    storage::ReadRequest read{.session = number_,
                              .after = after,
                              .before = committed_.next(),
                              .direction = storage::Direction::forward,
                              .rows_max = 4'096,
                              .bytes_max = 8u << 20,
                              .visible_only = false,
                              .lasting_only = false,
                              .cause = open.inbound};
    strand_.log().read(
        read, strand_.on(),
        guarded<base::Result<storage::Page>>(
            [open, rows = std::move(rows)](Session& self,
                                           base::Result<storage::Page> page) mutable {
                if (!page) return self.crash("a turn's rows cannot be read");
                rows.insert(rows.end(), page->events.begin(), page->events.end());
                if (page->more && rows.size() < kTurnRowsMax) {
                    return self.read_turn(open, page->scanned_to, std::move(rows));
                }
                base::Offset newest_state;
                if (const HandlerPtr handler = self.strand_.handler_of_party(open.plugin)) {
                    const auto states = self.states_.find(handler->info().id);
                    if (states != self.states_.end()) newest_state = states->second.front().row;
                }
                self.read_states(open, std::move(rows), newest_state);
            }));
}

// A re-executed step sees the state as it was then: walks back along the plugin's state rows to the
// first that is older than the turn.
void Session::read_states(storage::Acquired::Unfinished open, std::vector<events::EventPtr> rows,
                          base::Offset state_row) {
    const HandlerPtr plugin = strand_.handler_of_party(open.plugin);
    const bool complete =
        !state_row || !plugin || states_.at(plugin->info().id).front().row < open.inbound;
    if (complete) {
        waiting_ = false;
        recover_turn(open, std::move(rows));
        close_group();
        return pump();
    }
    storage::ReadRequest read{.session = number_,
                              .after = {state_row.value - 1},
                              .before = state_row.next(),
                              .direction = storage::Direction::forward,
                              .rows_max = 1,
                              .bytes_max = 1u << 20,
                              .visible_only = false,
                              .lasting_only = false,
                              .cause = {}};
    strand_.log().read(
        read, strand_.on(),
        guarded<base::Result<storage::Page>>(
            [open, rows = std::move(rows), state_row](Session& self,
                                                      base::Result<storage::Page> page) mutable {
                if (!page || page->events.size() != 1) {
                    return self.crash("a plugin's state cannot be read");
                }
                const auto state = rows::decode_state(page->events.front()->payload);
                if (!state) return self.crash("a plugin's state is damaged");
                const HandlerPtr handler = self.strand_.handler_of_party(open.plugin);
                auto& states = self.states_[handler->info().id];
                if (states.front().row > state_row) {
                    states.insert(states.begin(), {state_row, std::string(state->bytes)});
                }
                self.read_states(open, std::move(rows), state->previous);
            }));
}

void Session::recover_turn(const storage::Acquired::Unfinished& open,
                           std::vector<events::EventPtr> rows) {
    CHECK(!rows.empty() && rows.front()->offset == open.inbound);
    const events::EventPtr inbound = rows.front();
    const auto* subject = strand_.party(inbound->subject.text);
    if (subject == nullptr) {  // a subject that was not loaded with the session
        waiting_ = true;
        strand_.learn(
            {{storage::NameSpace::party, inbound->subject.text}},
            guarded<base::Result<void>>(
                [open, rows = std::move(rows)](Session& self, base::Result<void> learnt) mutable {
                    if (!learnt) return self.crash("names cannot be read");
                    self.waiting_ = false;
                    self.recover_turn(open, std::move(rows));
                    self.close_group();
                    self.pump();
                }));
        return;
    }
    secrets_[subject->number] = subject->secret;

    const HandlerPtr handler = strand_.handler_of_party(open.plugin);
    if (!handler || rows.size() >= kTurnRowsMax) {
        seal_without_handler(inbound, open.plugin, rows, base::Code::interrupted,
                             handler ? "it has too many rows" : "its plugin is not loaded");
        return;
    }
    events::EventPtr opening = inbound->build != 0 ? inbound : nullptr;
    std::deque<events::EventPtr> recorded(rows.begin() + 1, rows.end());
    if (!opening && !recorded.empty() && recorded.front()->type.text == rows::kTurnOpened) {
        opening = recorded.front();
        recorded.pop_front();
    }
    if (!opening) {
        plugins_[handler->info().id].waiting.push_back({inbound});
        return;
    }
    find_build(inbound, opening, std::move(recorded), handler);
}

// The build that began the turn goes on with it, where it is not the one that is loaded and its
// copy is still there.
void Session::find_build(const events::EventPtr& inbound, const events::EventPtr& opening,
                         std::deque<events::EventPtr> recorded, HandlerPtr loaded) {
    const auto& archived = strand_.setup().world.archived;
    if (!archived || opening->build == strand_.build(*loaded)) {
        return reexecute(inbound, opening, std::move(recorded), std::move(loaded));
    }
    waiting_ = true;
    strand_.log().name_of(
        storage::NameSpace::build, opening->build, strand_.on(),
        guarded<base::Result<std::string>>(
            [inbound, opening, recorded = std::move(recorded), loaded = std::move(loaded)](
                Session& self, base::Result<std::string> build) mutable {
                self.waiting_ = false;
                HandlerPtr began = build ? self.strand_.setup().world.archived(*build) : nullptr;
                self.reexecute(inbound, opening, std::move(recorded),
                               began ? std::move(began) : std::move(loaded));
                self.close_group();
                self.pump();
            }));
}

void Session::reexecute(const events::EventPtr& inbound, const events::EventPtr& opening,
                        std::deque<events::EventPtr> recorded, HandlerPtr handler) {
    ++strand_.counters().turns_recovered;
    ++plugins_[handler->info().id].running;
    // Deadlines count serving time: what the turn had used of its own before stands in its rows.
    const std::int64_t used_us = recorded.empty() ? 0 : recorded.back()->at_us - opening->at_us;
    const std::int64_t whole_us = std::int64_t{handler->info().deadline_ms} * 1'000;
    const std::int64_t left_us = std::max<std::int64_t>(whole_us - used_us, 1'000'000);
    auto turn = make_turn(inbound, handler, opening, std::move(recorded));
    Turn& added = *turn;
    turns_.emplace(inbound->offset, std::move(turn));
    strand_.at(strand_.setup().world.clock.monotonic_us() + left_us, id_,
               [cause = inbound->offset, id = added.setup().id](Session& self) {
                   self.deadline(cause, id);
               });
    added.begin();
    if (added.cancelled()) await_end(added);
    settle(added);
}

void Session::read_outbox() {
    const base::Offset row = outbox_to_read_.front();
    storage::ReadRequest read{.session = number_,
                              .after = {row.value - 1},
                              .before = row.next(),
                              .direction = storage::Direction::forward,
                              .rows_max = 1,
                              .bytes_max = 2u << 20,
                              .visible_only = false,
                              .lasting_only = false,
                              .cause = {}};
    strand_.log().read(
        read, strand_.on(),
        guarded<base::Result<storage::Page>>([](Session& self, base::Result<storage::Page> page) {
            if (!page || page->events.size() != 1) {
                return self.crash("an undelivered event cannot be read");
            }
            self.outbox_to_read_.pop_front();
            self.waiting_ = false;
            const events::Event& event = *page->events.front();
            if (auto emit = rows::decode_emit(event.payload)) {
                const base::SessionId target{emit->target};
                auto& queue = self.outbox_[target];
                queue.push_back({.source = self.id_,
                                 .source_number = self.number_,
                                 .source_offset = event.offset,
                                 .target = target,
                                 .emit = std::move(*emit),
                                 .actor = event.actor.text,
                                 .subject = event.subject.text});
                if (queue.size() == 1) self.send_crossing(target);
            }
            self.pump();
        }));
}

}  // namespace chartroom::engine
