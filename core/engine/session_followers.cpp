// Followers: cursors into the log. Live delivery and resume are one path: what lies after the
// cursor is read from the tail if it is there, else from the store, until the window is full.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/engine/session.hpp"

namespace chartroom::engine {
namespace {

constexpr std::uint64_t kHiddenRowsMax = 256;  // then a follower is told its position
constexpr std::size_t kPageRowsMax = 512;
// Looked at in one go in the tail; a long run of hidden rows is passed in several.
constexpr std::size_t kTailRowsMax = 4'096;

}  // namespace

std::optional<ResetReason> Session::reset_reason(const Follow& request) const {
    if (!request.after) return std::nullopt;
    if (request.epoch && *request.epoch != strand_.log().epoch()) return ResetReason::epoch;
    if (request.epoch_required && request.after->value > 0 && !request.epoch) {
        return ResetReason::epoch;
    }
    if (*request.after > committed_) return ResetReason::ahead;
    if (request.after->next() < first_) return ResetReason::trimmed;
    if (*request.after >= erased_from_ && *request.after < erased_by_) return ResetReason::erased;
    return std::nullopt;
}

void Session::take(Follow& request) {
    const bool allowed =
        auth::may(strand_.setup().policy, *request.principal, auth::Action::follow, id_);
    if (!allowed) {
        strand_.notify(
            request.connection,
            Unfollowed{request.slot,
                       {base::Code::forbidden, "there is no such session, or not for you"}});
        return;
    }
    if (strand_.is_being_erased(request.principal->party())) {
        strand_.notify(
            request.connection,
            Unfollowed{request.slot, {base::Code::unavailable, "what is yours is being erased"}});
        return;
    }
    Follower follower;
    follower.holds_past = request.epoch_required;
    follower.connection = request.connection;
    follower.slot = request.slot;
    follower.principal = request.principal;
    follower.party = strand_.party(request.principal->party())->number;
    const auto reset = reset_reason(request);
    if (reset) {
        follower.cursor = {first_.value - 1};
        ++strand_.counters().resumes_reset;
    } else {
        follower.cursor = request.after.value_or(committed_);
        if (request.after) ++strand_.counters().resumes_full;
    }
    follower.told = follower.cursor;
    follower.live_at = committed_;
    if (request.whole_streams && request.after) follower.resumed_at = follower.cursor;
    Opened opened{.slot = request.slot,
                  .number = number_,
                  .epoch = strand_.log().epoch(),
                  .head = committed_,
                  .first = first_,
                  .after = follower.cursor,
                  .resumed = request.after.has_value() && !reset,
                  .reset = reset,
                  .running = {}};
    for (const auto& [cause, turn] : turns_) opened.running.push_back(cause);
    strand_.notify(request.connection, std::move(opened));
    const FollowerKey key{request.connection, request.slot};
    if (followers_.insert_or_assign(key, std::move(follower)).second) {
        ++strand_.counters().followers;
    }
    advance(followers_.at(key));
}

void Session::unfollow(base::ConnectionId connection, Slot slot) {
    ++mark_;
    // One that still waits to be taken goes too.
    std::erase_if(inbox_, [&](const Item& item) {
        const auto* follow = std::get_if<Follow>(&item);
        const bool gone =
            follow != nullptr && follow->connection == connection && follow->slot == slot;
        if (gone) strand_.taken();
        return gone;
    });
    if (followers_.erase({connection, slot}) != 0) --strand_.counters().followers;
    maybe_idle();
}

void Session::unfollow_party(std::uint64_t party) {
    std::erase_if(followers_, [&](const auto& entry) {
        const Follower& follower = entry.second;
        if (follower.party != party) return false;
        strand_.notify(follower.connection,
                       Unfollowed{follower.slot, {base::Code::erased, "you were erased"}});
        --strand_.counters().followers;
        return true;
    });
}

void Session::consumed(base::ConnectionId connection, Slot slot, std::size_t bytes) {
    const auto follower = followers_.find({connection, slot});
    if (follower == followers_.end()) return;
    const auto used = follower->second.window_used;
    follower->second.window_used = bytes >= used ? 0 : used - static_cast<std::uint32_t>(bytes);
    if (phase_ == Phase::ready || phase_ == Phase::recovering) advance(follower->second);
}

void Session::advance_all() {
    for (auto& [key, follower] : followers_) advance(follower);
}

// Moves the cursor as far as committed rows and the window allow.
void Session::advance(Follower& follower) {
    while (!follower.reading && follower.cursor < committed_) {
        if (follower.window_used >= strand_.limits().delivery_window_bytes) return;
        if (!advance_in_tail(follower)) return advance_from_store(follower);
    }
    if (!follower.reading) caught_up(follower);
}

// False: what follows the cursor is not in the tail.
bool Session::advance_in_tail(Follower& follower) {
    if (tail_.empty() || tail_.front()->offset > follower.cursor.next()) return false;
    auto at = static_cast<std::size_t>(follower.cursor.value + 1 - tail_.front()->offset.value);
    const std::size_t end = std::min(tail_.size(), at + kTailRowsMax);
    std::size_t room = strand_.limits().delivery_window_bytes - follower.window_used;
    std::vector<events::EventPtr> rows;
    for (; at < end && tail_[at]->offset <= committed_; ++at) {
        const auto& event = tail_[at];
        if (lacks_start(follower, *event)) {
            deliver(follower, rows);
            look_for_start(follower, event->cause);
            return true;
        }
        follower.cursor = event->offset;
        if (!visible(*event, *follower.principal, follower.party)) continue;
        rows.push_back(event);
        if (delivery_weight(*event) >= room) break;
        room -= delivery_weight(*event);
    }
    deliver(follower, rows);
    return true;
}

void Session::advance_from_store(Follower& follower) {
    follower.reading = true;
    const std::size_t room = strand_.limits().delivery_window_bytes - follower.window_used;
    storage::ReadRequest read{.session = number_,
                              .after = follower.cursor,
                              .before = committed_.next(),
                              .direction = storage::Direction::forward,
                              .rows_max = kPageRowsMax,
                              .bytes_max = room,
                              .visible_only = follower.principal->who != auth::Who::admin,
                              .lasting_only = false,
                              .cause = {}};
    strand_.log().read(
        read, strand_.on(),
        guarded<base::Result<storage::Page>>(
            [key = FollowerKey{follower.connection, follower.slot}, erasures = erasures_](
                Session& self, base::Result<storage::Page> page) {
                const auto entry = self.followers_.find(key);
                if (entry == self.followers_.end()) return;
                Follower& follower = entry->second;
                follower.reading = false;
                if (self.erasures_ != erasures)
                    return self.advance(follower);  // it was read before
                if (!page) {                        // the client's next resume asks again
                    self.strand_.notify(
                        follower.connection,
                        Unfollowed{follower.slot,
                                   {base::Code::unavailable, "the log cannot be read just now"}});
                    self.followers_.erase(entry);
                    --self.strand_.counters().followers;
                    return;
                }
                std::vector<events::EventPtr> rows;
                for (const auto& event : page->events) {
                    if (self.lacks_start(follower, *event)) {
                        follower.cursor = {event->offset.value - 1};
                        self.deliver(follower, rows);
                        return self.look_for_start(follower, event->cause);
                    }
                    if (self.visible(*event, *follower.principal, follower.party)) {
                        rows.push_back(event);
                    }
                }
                follower.cursor = std::max(follower.cursor, page->scanned_to);
                self.deliver(follower, rows);
                self.advance(follower);
            }));
}

// Whether the event goes on with a stream that this follower's client may not have seen begin.
bool Session::lacks_start(const Follower& follower, const events::Event& event) const {
    return event.cause && event.cause <= follower.resumed_at && OpenStream::goes_on(event) &&
           !follower.known_starts.contains(event.cause) &&
           visible(event, *follower.principal, follower.party);
}

// Reads what the turn `cause` had said by the follower's resume, from `after` on, and tells of the
// stream that stood open then. Once a resume and turn; the cursor waits.
void Session::look_for_start(Follower& follower, base::Offset cause, OpenStream seen,
                             base::Offset after) {
    follower.reading = true;
    storage::ReadRequest read{.session = number_,
                              .after = after ? after : cause,
                              .before = follower.resumed_at.next(),
                              .rows_max = kPageRowsMax,
                              .visible_only = true,
                              .cause = cause};
    strand_.log().read(
        read, strand_.on(),
        guarded<base::Result<storage::Page>>(
            [key = FollowerKey{follower.connection, follower.slot}, erasures = erasures_, cause,
             seen = std::move(seen)](Session& self, base::Result<storage::Page> page) mutable {
                const auto entry = self.followers_.find(key);
                if (entry == self.followers_.end()) return;
                Follower& follower = entry->second;
                follower.reading = false;
                if (self.erasures_ != erasures) return self.advance(follower);
                for (const auto& event : page ? page->events : std::vector<events::EventPtr>()) {
                    if (self.visible(*event, *follower.principal, follower.party)) {
                        seen.observe(event);
                    }
                }
                if (page && page->more) {
                    return self.look_for_start(follower, cause, std::move(seen), page->scanned_to);
                }
                follower.known_starts.insert(cause);
                if (seen.open() && !seen.start()->erased) {
                    self.strand_.notify(follower.connection,
                                        StreamBegan{follower.slot, seen.start()});
                }
                self.advance(follower);
            }));
}

void Session::deliver(Follower& follower, std::span<const events::EventPtr> rows) {
    const std::int64_t now = strand_.setup().world.clock.now_us();
    Delivered delivered{follower.slot, follower.told, {}};
    for (const auto& event : rows) {
        // Who was away does not need to know who was typing.
        if (event->cls == events::Class::fleeting && event->at_us + events::kFleetingUs < now) {
            continue;
        }
        follower.window_used += static_cast<std::uint32_t>(delivery_weight(*event));
        follower.told = event->offset;
        delivered.events.push_back(event);
    }
    if (!delivered.events.empty()) {
        strand_.counters().events_delivered += delivered.events.size();
        strand_.notify(follower.connection, std::move(delivered));
    }
    if (follower.cursor.value - follower.told.value >= kHiddenRowsMax) {
        strand_.notify(follower.connection,
                       Position{follower.slot, follower.told, follower.cursor});
        follower.told = follower.cursor;
    }
}

void Session::caught_up(Follower& follower) {
    if (follower.live_told || follower.cursor < follower.live_at) return;
    follower.live_told = true;
    if (follower.cursor > follower.told) {
        strand_.notify(follower.connection,
                       Position{follower.slot, follower.told, follower.cursor});
        follower.told = follower.cursor;
    }
    strand_.notify(follower.connection, Live{follower.slot, follower.cursor});
}

}  // namespace chartroom::engine
