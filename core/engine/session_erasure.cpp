// Erasing a session, or what one person said in it: the session comes to rest, the store erases,
// and everybody who holds what was there is told.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/engine/session.hpp"
#include "storage/api/chain.hpp"

namespace chartroom::engine {
namespace {

const base::Error kErased{base::Code::erased, "the session was erased"};
const base::Error kForbidden{base::Code::forbidden, "there is no such session, or not for you"};

}  // namespace

void Session::take(SessionErasure& request) {
    const bool allowed = !request.principal || auth::may(strand_.setup().policy, *request.principal,
                                                         auth::Action::erase, id_);
    if (request.principal) strand_.taken();
    if (!allowed) return request.done(std::unexpected(kForbidden));
    if (!head_) {
        return request.done(base::fail(base::Code::not_found, "nothing was ever written to it"));
    }
    erasure_ = std::move(request);
    waiting_ = true;
    cancel_turns();
    hold_crossings();
    close_group();
    erase_once_quiet();
}

// All of them, whoever began them: a handler may hold what others said before.
void Session::cancel_turns() {
    for (auto& [plugin, queue] : plugins_) {
        const std::uint64_t party = strand_.plugin_name(plugin).number;
        for (const Waiting& message : std::exchange(queue.waiting, {})) {
            seal_without_handler(message.inbound, party, {}, base::Code::cancelled, rows::kErased);
        }
    }
    while (!turns_.empty()) {
        Turn& turn = *turns_.begin()->second;
        turn.seal(base::Code::cancelled, rows::kErased);
        end_turn(turn);
    }
}

// Events for and from other sessions. Those that wait here are sent again later. One that is on its
// way elsewhere cannot be called back and is waited for; no other sets out meanwhile.
void Session::hold_crossings() {
    std::erase_if(inbox_, [&](const Item& item) {
        const auto* crossing = std::get_if<Crossing>(&item);
        if (crossing == nullptr) return false;
        strand_.setup().answer(crossing->source, id_, crossing->source_offset, CrossingFate::later);
        return true;
    });
    for (const auto& [target, queue] : outbox_) erasure_->awaited.insert(target);
}

void Session::let_crossings_go() {
    std::vector<base::SessionId> targets;
    for (const auto& [target, queue] : outbox_) targets.push_back(target);
    for (const auto& target : targets) send_crossing(target);
}

// Once nothing of the session is unwritten or on its way, its note and the erasure are one call.
void Session::erase_once_quiet() {
    const bool whole = erasure_->person == 0;
    const bool quiet =
        pending_.empty() && building_.empty() && !retrying_ && erasure_->awaited.empty();
    if (!quiet || std::exchange(erasure_->at_the_store, true)) return;
    auto note = std::make_shared<events::Event>();
    note->offset = head_.next();
    note->at_us = std::max(last_at_us_, strand_.setup().world.clock.now_us());
    note->type = {*strand_.type(rows::kErased), std::string(rows::kErased)};
    note->actor = strand_.server_name();
    note->payload = rows::encode_erased(whole);
    storage::Erasure erasure{.note = {.session = number_,
                                      .owner_epoch = owner_epoch_,
                                      .expected_head = head_,
                                      .events = {std::move(note)}},
                             .subject = erasure_->person,
                             .state_type = *strand_.type(rows::kState),
                             .own = whole ? own_party_.number : 0,
                             .part_of = erasure_->part_of,
                             .reason = erasure_->reason};
    erasure.note.hash = storage::chain_step(hash_, number_, erasure.note.events, {});
    storage::Group note_group = erasure.note;
    strand_.log().erase(
        std::move(erasure), strand_.on(),
        guarded<storage::AppendAnswer>([note_group = std::move(note_group)](
                                           Session& self, const storage::AppendAnswer& answer) {
            self.erased(note_group, answer);
        }));
}

void Session::erased(const storage::Group& note, const storage::AppendAnswer& answer) {
    using storage::AppendStatus;
    if (answer.status == AppendStatus::unavailable) {
        give_up_erasure();
        return pump();
    }
    if (answer.status != AppendStatus::ok && answer.status != AppendStatus::duplicate) {
        return crash("it is not known whether it was erased: " + answer.reason);
    }
    base::log(base::LogLevel::info, "session.erased",
              {{"session", id_.value}, {"whole", erasure_->person == 0}});
    const std::uint64_t person = erasure_->person;
    ++erasures_;
    waiting_ = false;
    head_ = committed_ = note.events.back()->offset;
    last_at_us_ = note.events.back()->at_us;
    hash_ = note.hash;
    if (person == 0) {
        over();
    } else {
        erased_person(person);
    }
    end_erasure({});
    let_crossings_go();
    pump();
}

// What memory holds of the past goes, and who was shown it is told.
void Session::erased_person(std::uint64_t person) {
    erased_from_ = first_;
    erased_by_ = committed_;
    drop_tail();
    client_ids_.reset(head_);
    states_.clear();
    secrets_.clear();
    for (auto& [target, queue] : outbox_) {
        std::erase_if(queue, [&](const auto& one) { return one.subject == erasure_->party; });
    }
    std::erase_if(outbox_, [](const auto& entry) { return entry.second.empty(); });
    unfollow_party(person);
    for (auto& [key, follower] : followers_) {
        if (!follower.holds_past || follower.cursor < first_) continue;
        follower.cursor = follower.told = {first_.value - 1};
        follower.live_at = committed_;
        follower.live_told = false;
        strand_.notify(follower.connection, Reset{.slot = follower.slot,
                                                  .reason = ResetReason::erased,
                                                  .epoch = strand_.log().epoch(),
                                                  .first = first_,
                                                  .head = committed_});
    }
    advance_all();
}

// The session is no more; whoever follows or waits is told so.
void Session::over() {
    phase_ = Phase::gone;
    waiting_ = false;
    drop_tail();
    client_ids_.reset(head_);
    states_.clear();
    secrets_.clear();
    outbox_.clear();
    delivered_.clear();
    plugins_.clear();
    strand_.forget_party(rows::session_party(id_));
    for (const auto& [key, follower] : followers_) {
        strand_.notify(follower.connection, Unfollowed{follower.slot, kErased});
    }
    strand_.counters().followers -= followers_.size();
    followers_.clear();
    pump();
}

void Session::refuse_gone() {
    for (auto& item : std::exchange(inbox_, {})) {
        const auto may = [&](const auth::PrincipalPtr& principal, auth::Action action) {
            return !principal || auth::may(strand_.setup().policy, *principal, action, id_);
        };
        bool allowed = true;
        if (const auto* follow = std::get_if<Follow>(&item)) {
            allowed = may(follow->principal, auth::Action::follow);
        } else if (const auto* message = std::get_if<Submission>(&item)) {
            allowed = may(message->principal, auth::Action::write);
        } else if (const auto* history = std::get_if<History>(&item)) {
            allowed = may(history->principal, auth::Action::history);
        } else if (const auto* cancel = std::get_if<Cancel>(&item)) {
            allowed = may(cancel->principal, auth::Action::cancel);
        } else if (const auto* erasure = std::get_if<SessionErasure>(&item)) {
            allowed = may(erasure->principal, auth::Action::erase);
        } else if (const auto* crossing = std::get_if<Crossing>(&item)) {
            // It will never be taken: its source need not try again.
            strand_.setup().answer(crossing->source, id_, crossing->source_offset,
                                   CrossingFate::gone);
            continue;
        } else if (!std::holds_alternative<RefusedInput>(item)) {
            continue;  // for a turn that is over
        }
        refuse_item(item, allowed ? kErased : kForbidden);
    }
}

// Nothing has happened but that the turns are over.
void Session::give_up_erasure() {
    waiting_ = false;
    end_erasure(
        base::fail(base::Code::unavailable, "the log does not take writes just now; ask again"));
    let_crossings_go();
}

void Session::end_erasure(base::Result<void> result) {
    auto done = std::move(erasure_->done);
    erasure_.reset();
    done(std::move(result));
}

}  // namespace chartroom::engine
