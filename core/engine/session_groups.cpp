// Rows into groups, groups to the store, and what follows when they are durable, or are not.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/engine/session.hpp"
#include "storage/api/chain.hpp"

namespace chartroom::engine {
namespace {

constexpr std::size_t kRowOverheadBytes = 200;  // of a row in memory, besides its payload
constexpr std::size_t kSecretsMax = 256;        // subjects whose secrets are kept between turns

}  // namespace

// Gives the row its offset and its time. It is nobody's to see before its group is durable.
std::shared_ptr<events::Event> Session::add_row(RowSpec spec) {
    auto event = std::make_shared<events::Event>();
    head_ = head_.next();
    // Times of a session do not run backwards, whatever the system's clock does.
    last_at_us_ = std::max(last_at_us_, strand_.setup().world.clock.now_us());
    event->offset = head_;
    event->at_us = last_at_us_;
    event->kind = spec.kind;
    event->cls = spec.cls;
    event->json = spec.json;
    const auto type = strand_.type(spec.type);
    CHECK(type.has_value());
    event->type = {*type, std::string(spec.type)};
    event->actor = std::move(spec.actor);
    event->subject = std::move(spec.subject);
    event->audience = std::move(spec.audience);
    event->cause = spec.cause;
    event->build = spec.build;
    event->source = spec.source;
    event->client_id = std::move(spec.client_id);
    event->payload = std::move(spec.payload);
    building_.push_back(event);
    return event;
}

std::shared_ptr<events::Event> Session::add_server_row(const events::EventPtr& inbound,
                                                       RowSpec spec) {
    spec.actor = strand_.server_name();
    spec.subject = inbound->subject;
    spec.cause = inbound->offset;
    return add_row(std::move(spec));
}

void Session::turn_left_open(base::Offset inbound, std::uint64_t plugin) {
    ++unfinished_;
    ++strand_.counters().turns_open;
    building_extra_.group.turns_left_open.push_back({inbound, plugin});
}

void Session::turn_closed(base::Offset inbound, std::uint64_t plugin) {
    CHECK(unfinished_ > 0);
    --unfinished_;
    --strand_.counters().turns_open;
    const auto begun = std::erase_if(building_extra_.group.turns_left_open,
                                     [&](const auto& turn) { return turn.inbound == inbound; });
    if (begun == 0) building_extra_.group.turns_ended.push_back({inbound, plugin});
}

// What has been built is one commit from here on.
void Session::close_group() {
    if (building_.empty()) {
        // A repeat that waits for nothing new belongs to the newest group there is.
        CHECK(building_extra_.waiters.empty());
        return;
    }
    PendingGroup pending = std::move(building_extra_);
    building_extra_ = {};
    storage::Group& group = pending.group;
    group.session = number_;
    group.owner_epoch = owner_epoch_;
    group.expected_head = {building_.front()->offset.value - 1};
    group.events.reserve(building_.size());
    for (auto& event : building_) {
        pending.bytes += event->payload.size() + kRowOverheadBytes;
        group.events.push_back(std::move(event));
    }
    building_.clear();
    hash_ = storage::chain_step(hash_, number_, group.events,
                                [this](std::uint64_t subject) -> const base::Secret& {
                                    const auto secret = secrets_.find(subject);
                                    CHECK(secret != secrets_.end());
                                    return secret->second;
                                });
    group.hash = hash_;
    for (const auto& event : group.events) add_tail(event);
    const bool held = retrying_;
    const std::size_t bytes = pending.bytes;
    pending_.push_back(std::move(pending));
    if (held) return;  // goes with the retry, in order
    ++in_flight_;
    strand_.append(*this, pending_.back().group, bytes);
}

void Session::appended(const storage::AppendAnswer& answer) {
    CHECK(in_flight_ > 0);
    --in_flight_;
    if (phase_ == Phase::crashing) {
        if (in_flight_ == 0) load();
        return;
    }
    if (retrying_) {  // an earlier group of this session was not written, so this one was not
        if (in_flight_ == 0) {
            strand_.at(strand_.setup().world.clock.monotonic_us() + kRetryUs, id_,
                       [](Session& self) { self.retry_append(); });
        }
        return;
    }
    switch (answer.status) {
        case storage::AppendStatus::ok:
        case storage::AppendStatus::duplicate: {
            PendingGroup pending = std::move(pending_.front());
            pending_.pop_front();
            commit(pending);
            return;
        }
        case storage::AppendStatus::unavailable:
            if (!std::exchange(told_unavailable_, true)) {
                base::log(base::LogLevel::error, "append.unavailable",
                          {{"session", id_.value}, {"reason", answer.reason}});
            }
            retrying_ = true;
            refuse_waiting({base::Code::unavailable,
                            "the log does not take writes just now; retry with the same id"});
            if (erasure_) give_up_erasure();
            if (in_flight_ == 0) {
                strand_.at(strand_.setup().world.clock.monotonic_us() + kRetryUs, id_,
                           [](Session& self) { self.retry_append(); });
            }
            return;
        case storage::AppendStatus::conflict:
            return crash("the head is another than expected");
        case storage::AppendStatus::fenced:
            return crash("another writer owns the session");
        case storage::AppendStatus::erased:
            return crash("the session was erased");
        case storage::AppendStatus::unknown:
            return crash("the outcome of a commit is not known: " + answer.reason);
    }
}

// The same bytes again, in order.
void Session::retry_append() {
    if (!retrying_ || phase_ == Phase::crashing || in_flight_ != 0) return;
    retrying_ = false;
    for (const auto& pending : pending_) {
        ++in_flight_;
        strand_.append(*this, pending.group, pending.bytes);
    }
    pump();
}

// The group is durable: now, and not before, somebody may see it and the world may be asked.
void Session::commit(PendingGroup& pending) {
    committed_ = pending.group.events.back()->offset;
    told_unavailable_ = false;
    for (const auto& waiter : pending.waiters) {
        strand_.notify(waiter.connection,
                       Accepted{waiter.request, waiter.offset, waiter.duplicate});
    }
    for (const auto& [cause, op] : pending.starts) {
        if (Turn* turn = turn_of(cause)) start_op(*turn, op);
    }
    for (auto& crossing : pending.crossings_out) {
        const base::SessionId target = crossing.target;
        auto& queue = outbox_[target];
        queue.push_back(std::move(crossing));
        if (queue.size() == 1 && !erasure_) send_crossing(target);
    }
    for (const auto& crossing : pending.crossings_in) {
        strand_.setup().answer(crossing.source, id_, crossing.source_offset, CrossingFate::taken);
    }
    if (unfinished_ == 0 && pending_.empty() && secrets_.size() > kSecretsMax) secrets_.clear();
    trim_tail();
    advance_all();
    if (erasure_) erase_once_quiet();
    maybe_idle();
}

// This session's memory has run ahead of what can be trusted: drop it, tell those who wait, and
// take the session up again from the log, as a start does.
void Session::crash(std::string_view why) {
    if (phase_ == Phase::crashing) return;
    base::log(base::LogLevel::error, "session.crashed", {{"session", id_.value}, {"reason", why}});
    ++strand_.counters().session_crashes;
    phase_ = Phase::crashing;
    generation_ = strand_.next_id();
    waiting_ = false;
    retrying_ = false;
    const base::Error error{base::Code::unavailable,
                            "the log does not take writes just now; retry with the same id"};
    pending_.push_back(std::move(building_extra_));
    building_extra_ = {};
    for (const auto& pending : pending_) {
        for (const auto& waiter : pending.waiters) {
            strand_.notify(waiter.connection, Refused{waiter.request, error});
        }
        for (const auto& crossing : pending.crossings_in) {
            strand_.setup().answer(crossing.source, id_, crossing.source_offset,
                                   CrossingFate::later);
        }
    }
    pending_.clear();
    building_.clear();
    refuse_waiting(error);
    inbox_.clear();
    turns_.clear();
    plugins_.clear();
    states_.clear();
    outbox_.clear();
    delivered_.clear();
    to_recover_.clear();
    outbox_to_read_.clear();
    strand_.counters().turns_open -= unfinished_;
    unfinished_ = 0;
    for (const auto& [token, op] : running_ops_) strand_.setup().world.effects.stop(token);
    running_ops_.clear();
    for (auto& [key, follower] : followers_) follower.reading = false;
    if (erasure_) end_erasure(std::unexpected(error));
    drop_tail();
    if (in_flight_ == 0) load();
}

// ---- crossings ----------------------------------------------------------------------------------

void Session::send_crossing(const base::SessionId& target) {
    const auto queue = outbox_.find(target);
    if (queue == outbox_.end() || queue->second.empty()) return;
    if (erasure_ && !erasure_->awaited.contains(target)) return;  // goes on afterwards, or goes
    strand_.setup().send(queue->second.front());
}

// The target has the event at `offset`, or not, now or for ever.
void Session::crossed(const base::SessionId& target, base::Offset offset, CrossingFate fate) {
    const auto queue = outbox_.find(target);
    if (queue == outbox_.end() || queue->second.empty() ||
        queue->second.front().source_offset != offset) {
        return;
    }
    if (erasure_) erasure_->awaited.erase(target);
    if (fate == CrossingFate::later && !erasure_) {
        strand_.at(strand_.setup().world.clock.monotonic_us() + kRetryUs, id_,
                   [target](Session& self) { self.send_crossing(target); });
        return;
    }
    if (fate != CrossingFate::later) queue->second.pop_front();
    if (queue->second.empty()) {
        outbox_.erase(queue);
    } else {
        send_crossing(target);
    }
    if (fate == CrossingFate::gone && !erasure_) this->queue(Undelivered{offset});
    if (erasure_) erase_once_quiet();
    maybe_idle();
}

void Session::take(Crossing& request) {
    const auto high = delivered_.find(request.source_number.value);
    if (high != delivered_.end() && high->second >= request.source_offset) {
        // A repeat. If its first copy is on its way to the store, that one answers.
        const bool durable = std::ranges::none_of(pending_, [&](const PendingGroup& pending) {
            return std::ranges::any_of(pending.crossings_in, [&](const Crossing& crossing) {
                return crossing.source_number == request.source_number;
            });
        });
        if (durable)
            strand_.setup().answer(request.source, id_, request.source_offset, CrossingFate::taken);
        return;
    }
    if (strand_.is_being_erased(request.subject)) {  // until its source has been gone over
        strand_.setup().answer(request.source, id_, request.source_offset, CrossingFate::later);
        return;
    }
    if (!strand_.type(request.emit.type)) {
        waiting_ = true;
        strand_.learn({{storage::NameSpace::type, request.emit.type}},
                      guarded<base::Result<void>>(
                          [request](Session& self, base::Result<void> result) mutable {
                              self.waiting_ = false;
                              if (result) {  // its turn again, with all its names looked at
                                  self.inbox_.push_front(std::move(request));
                              } else {
                                  self.strand_.setup().answer(request.source, self.id_,
                                                              request.source_offset,
                                                              CrossingFate::later);
                              }
                              self.pump();
                          }));
        return;
    }
    const auto* subject = strand_.party(request.subject);
    const auto* actor = strand_.party(request.actor);
    events::Audience audience{.scope = request.emit.scope, .party = 0, .name = {}};
    if (std::string party = request.audience_party(); !party.empty()) {
        audience.party = strand_.party(party)->number;
        if (audience.scope == events::Scope::followers_of) audience.name = std::move(party);
    }
    CHECK(actor != nullptr && subject != nullptr);
    secrets_[subject->number] = subject->secret;
    delivered_[request.source_number.value] = request.source_offset;
    add_row({.kind = events::Kind::out,
             .cls = request.emit.cls,
             .json = request.emit.json,
             .type = request.emit.type,
             .actor = {actor->number, request.actor},
             .subject = {subject->number, request.subject},
             .audience = std::move(audience),
             .source = {request.source_number, request.source_offset},
             .payload = request.emit.payload});
    building_extra_.crossings_in.push_back(request);
}

// The note takes the row out of the store's outbox, as the event's own arrival would have.
void Session::take(Undelivered& item) {
    ++strand_.counters().emits_dropped;
    add_row({.kind = events::Kind::note,
             .type = rows::kUndelivered,
             .actor = strand_.server_name(),
             .source = {number_, item.row},
             .payload = rows::encode_undelivered(item.row)});
}

// ---- the tail -----------------------------------------------------------------------------------

void Session::add_tail(const events::EventPtr& event) {
    const std::size_t bytes = event->payload.size() + kRowOverheadBytes;
    tail_.push_back(event);
    tail_bytes_ += bytes;
    strand_.tail_grew(*this, bytes);
}

// Rows that are not committed stay: they can be read nowhere else.
void Session::trim_tail() {
    std::size_t freed = 0;
    while (!tail_.empty() && tail_bytes_ > strand_.limits().tail_bytes &&
           tail_.front()->offset <= committed_) {
        const std::size_t bytes = tail_.front()->payload.size() + kRowOverheadBytes;
        tail_bytes_ -= bytes;
        freed += bytes;
        tail_.pop_front();
    }
    if (freed != 0) strand_.tail_shrank(freed);
}

void Session::drop_tail() {
    std::size_t freed = 0;
    while (!tail_.empty() &&
           (tail_.front()->offset <= committed_ || phase_ == Phase::crashing || pending_.empty())) {
        const std::size_t bytes = tail_.front()->payload.size() + kRowOverheadBytes;
        tail_bytes_ -= bytes;
        freed += bytes;
        tail_.pop_front();
    }
    if (freed != 0) strand_.tail_shrank(freed);
    if (tail_.empty() && tails_place_) {
        strand_.forget_tail(*tails_place_);
        tails_place_.reset();
    }
}

}  // namespace chartroom::engine
