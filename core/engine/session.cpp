// A session's life and its requests. session.hpp says what stands where.
#include "core/engine/session.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/log.hpp"

namespace chartroom::engine {
namespace {

// Of a history of one type: rows of a page, and pages that are looked at, so that a long session
// without such events does not keep the store busy for ever.
constexpr std::size_t kTypedPageRows = 512;
constexpr std::size_t kTypedPagesMax = 64;

// The name under which the log knows who asks.
std::string party_of(const auth::PrincipalPtr& principal) {
    return principal->party();
}

}  // namespace

Session::Session(SessionStrand& strand, base::SessionId id)
    : strand_(strand),
      id_(std::move(id)),
      generation_(strand.next_id()),
      client_ids_(strand.limits().client_ids) {
    ++strand_.counters().sessions_loaded;
}

Session::~Session() {
    strand_.counters().turns_open -= unfinished_;
    strand_.counters().followers -= followers_.size();
    --strand_.counters().sessions_loaded;
    turns_.clear();
    for (const auto& [token, op] : running_ops_) strand_.setup().world.effects.stop(token);
    drop_tail();
}

// ---- queueing -----------------------------------------------------------------------------------

void Session::follow(Follow request) {
    queue(std::move(request));
}
void Session::cancel(Cancel request) {
    queue(std::move(request));
}
void Session::history(History request) {
    queue(std::move(request));
}
void Session::note_refused(RefusedInput input) {
    queue(std::move(input));
}
void Session::cross(Crossing crossing) {
    // Two sessions that are being erased must not wait for each other.
    if (erasure_) {
        return strand_.setup().answer(crossing.source, id_, crossing.source_offset,
                                      CrossingFate::later);
    }
    queue(std::move(crossing));
}
void Session::erase(SessionErasure request) {
    queue(std::move(request));
}
// A piece has its place in the inbox, whatever else waits there; more of them would not.
void Session::effect(base::Offset cause, Op op, EffectPiece piece) {
    if (!piece.last && strand_.out_of_credit()) strand_.slow_down(piece.token);
    queue(EffectArrived{cause, op, std::move(piece)});
}
void Session::timer(base::Offset cause, TurnId turn, Op op) {
    queue(TimerDue{cause, turn, op});
}
void Session::deadline(base::Offset cause, TurnId turn) {
    queue(DeadlineDue{cause, turn, false});
}
void Session::grace_over(base::Offset cause, TurnId turn) {
    queue(DeadlineDue{cause, turn, true});
}

void Session::submit(Submission request) {
    if (retrying_ || phase_ == Phase::crashing) {
        strand_.taken();
        return refuse(request, {base::Code::unavailable,
                                "the log does not take writes just now; retry with the same id"});
    }
    queue(std::move(request));
}

void Session::queue(Item item) {
    ++mark_;
    inbox_.push_back(std::move(item));
    pump();
}

// Takes requests until one has to wait. Not entered twice: what is queued from within is taken by
// the loop that runs already.
void Session::pump() {
    if (pumping_) return;
    pumping_ = true;
    if (phase_ == Phase::fresh && strand_.started()) load();
    if (phase_ == Phase::gone) refuse_gone();
    while (!waiting_) {
        if (phase_ == Phase::recovering) {
            recover_next();
            continue;
        }
        if (phase_ != Phase::ready || inbox_.empty() || retrying_) break;
        if (strand_.out_of_credit() && std::holds_alternative<Submission>(inbox_.front())) {
            strand_.wait_for_credit(id_);
            break;
        }
        if (const std::string* name = unknown_party(inbox_.front())) {
            waiting_ = true;
            strand_.learn({{storage::NameSpace::party, *name}},
                          guarded<base::Result<void>>([](Session& self, base::Result<void> result) {
                              self.waiting_ = false;
                              if (!result) self.refuse_waiting(result.error());
                              self.pump();
                          }));
            break;
        }
        Item item = std::move(inbox_.front());
        inbox_.pop_front();
        take(std::move(item));
        close_group();
    }
    pumping_ = false;
    maybe_idle();
}

// The party that an item is about, if its number is not known here yet.
const std::string* Session::unknown_party(const Item& item) const {
    const auth::PrincipalPtr* principal = nullptr;
    if (const auto* follow = std::get_if<Follow>(&item)) principal = &follow->principal;
    if (const auto* message = std::get_if<Submission>(&item)) principal = &message->principal;
    if (const auto* history = std::get_if<History>(&item)) principal = &history->principal;
    if (const auto* input = std::get_if<RefusedInput>(&item)) principal = &input->principal;
    if (principal != nullptr) {
        scratch_ = party_of(*principal);
        return strand_.party(scratch_) != nullptr ? nullptr : &scratch_;
    }
    if (const auto* crossing = std::get_if<Crossing>(&item)) {
        if (strand_.party(crossing->actor) == nullptr) return &crossing->actor;
        if (!crossing->subject.empty() && strand_.party(crossing->subject) == nullptr) {
            return &crossing->subject;
        }
        scratch_ = crossing->audience_party();
        if (!scratch_.empty() && strand_.party(scratch_) == nullptr) return &scratch_;
    }
    return nullptr;
}

void Session::take(Item item) {
    std::visit(
        [this](auto& request) {
            using T = std::decay_t<decltype(request)>;
            if constexpr (std::is_same_v<T, Follow> || std::is_same_v<T, Submission> ||
                          std::is_same_v<T, Cancel> || std::is_same_v<T, History> ||
                          std::is_same_v<T, RefusedInput>) {
                strand_.taken();
            }
            take(request);
        },
        item);
}

// Nothing can be done for those who wait: says so to each.
void Session::refuse_waiting(const base::Error& error) {
    std::deque<Item> waiting = std::exchange(inbox_, {});
    for (auto& item : waiting) {
        const bool of_a_turn = std::holds_alternative<EffectArrived>(item) ||
                               std::holds_alternative<TimerDue>(item) ||
                               std::holds_alternative<DeadlineDue>(item);
        if (of_a_turn) {
            inbox_.push_back(std::move(item));
        } else {
            refuse_item(item, error);
        }
    }
}

void Session::refuse_item(Item& item, const base::Error& error) {
    if (auto* crossing = std::get_if<Crossing>(&item)) {
        return strand_.setup().answer(crossing->source, id_, crossing->source_offset,
                                      CrossingFate::later);
    }
    if (std::holds_alternative<Undelivered>(item)) return;  // found out again by the next start
    if (auto* erasure = std::get_if<SessionErasure>(&item)) {
        if (erasure->principal) strand_.taken();
        return erasure->done(std::unexpected(error));
    }
    strand_.taken();
    if (auto* follow = std::get_if<Follow>(&item)) {
        strand_.notify(follow->connection, Unfollowed{follow->slot, error});
    } else if (auto* message = std::get_if<Submission>(&item)) {
        refuse(*message, error);
    } else if (auto* cancel = std::get_if<Cancel>(&item)) {
        strand_.notify(cancel->connection, Refused{cancel->request, error});
    } else if (auto* history = std::get_if<History>(&item)) {
        strand_.notify(history->connection, Refused{history->request, error});
    }
}

void Session::refuse(const Submission& request, base::Error error) {
    ++strand_.counters().refused;
    strand_.notify(request.connection, Refused{request.request, std::move(error)});
}

// Input that can never be taken, whoever sends it again, leaves a note.
void Session::refuse_input(const Submission& request, base::Error error) {
    add_refusal(*request.principal, error, request.payload.size());
    refuse(request, std::move(error));
}

void Session::take(RefusedInput& input) {
    if (!auth::may(strand_.setup().policy, *input.principal, auth::Action::write, id_)) return;
    add_refusal(*input.principal, {input.code, {}, input.field}, input.bytes);
}

// A session begins with a message, not with what was no message.
void Session::add_refusal(const auth::Principal& sender, const base::Error& error,
                          std::size_t bytes) {
    if (head_.value == 0 || refusals_noted_ == kRefusalsNotedMax) return;
    std::string name = sender.party();
    const storage::Interned* party = strand_.party(name);
    if (party == nullptr) return;  // forgotten while the store was asked
    if (strand_.is_being_erased(name)) return;
    ++refusals_noted_;
    const Sender known{std::move(name), *party};
    add_row({.kind = events::Kind::note,
             .type = rows::kInputRefused,
             .actor = known.actor(),
             .subject = subject_of(sender, known),
             .payload = rows::encode_refused(error, bytes)});
}

// ---- messages -----------------------------------------------------------------------------------

void Session::take(Submission& request) {
    if (!auth::may(strand_.setup().policy, *request.principal, auth::Action::write, id_)) {
        return refuse(request, {base::Code::forbidden, "there is no such session, or not for you"});
    }
    if (strand_.draining()) {
        return refuse(request, {base::Code::restarting, "the server is restarting; retry soon"});
    }
    std::string name = party_of(request.principal);
    if (strand_.is_being_erased(name)) {
        return refuse(request, {base::Code::unavailable, "what is yours is being erased"});
    }
    if (!strand_.setup().handlers.find(request.type)) {
        return refuse_input(
            request, {base::Code::unknown_type,
                      "Unknown message type: " + request.type.substr(0, kTypeBytesMax), "type"});
    }
    const storage::Interned party = *strand_.party(name);
    Sender sender{std::move(name), party};
    if (request.client_id.empty()) return admit(std::move(request), sender);

    const std::uint64_t scope = client_id_scope(sender);
    if (const auto entry = client_ids_.find(scope, request.client_id)) {
        return repeated(request, entry->offset,
                        entry->content == ClientIds::content_of(request.type, request.payload));
    }
    const auto back = [this](std::uint64_t n) {
        return base::Offset{head_.value > n ? head_.value - n : 0};
    };
    const Limits& limits = strand_.limits();
    base::Offset since;
    if (request.since && request.since_epoch && *request.since_epoch != strand_.log().epoch()) {
        since = back(limits.id_range_max);
    } else if (request.since) {
        since = *request.since;
        if (since >= client_ids_.complete_from()) return admit(std::move(request), sender);
        if (head_.value - since.value > limits.id_range_max) {
            return refuse_input(request,
                                {base::Code::stale_message,
                                 "`since` is too far back to tell whether this is a repeat; "
                                 "nothing was done",
                                 "since"});
        }
    } else {
        since = back(limits.id_range_without_since);
    }
    if (since >= client_ids_.complete_from()) return admit(std::move(request), sender);
    look_up(std::move(request), std::move(sender), since);
}

// Asks the store whether the message is a repeat; the session waits.
void Session::look_up(Submission request, Sender sender, base::Offset since) {
    waiting_ = true;
    std::string client_id = request.client_id;
    const std::uint64_t scope = client_id_scope(sender);
    strand_.log().find_client_id(
        number_, scope, std::move(client_id), since, strand_.on(),
        guarded<base::Result<std::optional<storage::ClientIdHit>>>(
            [request = std::move(request), sender = std::move(sender)](
                Session& self, base::Result<std::optional<storage::ClientIdHit>> hit) mutable {
                self.waiting_ = false;
                if (!hit) {
                    self.refuse(request,
                                {base::Code::unavailable,
                                 "the log cannot be read just now; retry with the same id"});
                } else if (*hit) {
                    const auto& event = *(*hit)->event;
                    self.repeated(
                        request, (*hit)->offset,
                        event.type.text == request.type && event.payload == request.payload);
                } else {
                    self.admit(std::move(request), sender);
                }
                self.close_group();
                self.pump();
            }));
}

// A message that is here already is answered as its first copy was, once that is durable.
void Session::repeated(const Submission& request, base::Offset offset, bool same) {
    if (!same) {
        return refuse_input(request,
                            {base::Code::id_reused,
                             "this id was used with another message; nothing was done", "id"});
    }
    ++strand_.counters().duplicates;
    if (offset <= committed_) {
        strand_.notify(request.connection, Accepted{request.request, offset, true});
        return;
    }
    for (auto& pending : pending_) {
        if (offset <= pending.group.events.back()->offset) {
            pending.waiters.push_back({request.connection, request.request, offset, true});
            return;
        }
    }
    building_extra_.waiters.push_back({request.connection, request.request, offset, true});
}

void Session::admit(Submission request, const Sender& sender) {
    if (unfinished_ >= strand_.limits().open_turns_per_session) {
        return refuse(request, {base::Code::busy, "too many unfinished messages in this session"});
    }
    ++strand_.counters().messages;
    refusals_noted_ = 0;

    const HandlerPtr handler = strand_.setup().handlers.find(request.type);
    auto& queue = plugins_[handler->info().id];
    const bool opens = handler->info().parallel_turns || queue.running == 0;
    const std::size_t content = ClientIds::content_of(request.type, request.payload);

    const auto row = add_row({.kind = events::Kind::in,
                              .cls = events::Class::lasting,
                              .json = true,
                              .type = request.type,
                              .actor = sender.actor(),
                              .subject = subject_of(*request.principal, sender),
                              .build = opens ? strand_.build(*handler) : 0,
                              .client_id = request.client_id,
                              .payload = std::move(request.payload)});
    if (!request.client_id.empty()) {
        client_ids_.add(client_id_scope(sender), request.client_id, {row->offset, content});
    }
    building_extra_.waiters.push_back({request.connection, request.request, row->offset, false});
    turn_left_open(row->offset, strand_.plugin_name(handler->info().id).number);
    if (opens) {
        open_turn(row, handler, row);
    } else {
        queue.waiting.push_back({row});
    }
}

// An anonymous sender's content belongs to the session, a user's to the user. The subject's secret
// is kept for the group that is being built.
events::Name Session::subject_of(const auth::Principal& principal, const Sender& sender) {
    const bool anonymous = principal.who == auth::Who::anonymous;
    const storage::Interned& subject = anonymous ? own_party_ : sender.party;
    secrets_[subject.number] = subject.secret;
    return anonymous ? events::Name{subject.number, rows::session_party(id_)} : sender.actor();
}

// Within what a client id is used once: the session, or in it what its sender sent.
std::uint64_t Session::client_id_scope(const Sender& sender) const {
    return auth::client_ids_are_shared(id_) ? 0 : sender.party.number;
}

// ---- cancel and history -------------------------------------------------------------------------

void Session::take(Cancel& request) {
    const std::string asker = party_of(request.principal);
    const bool admin = request.principal->who == auth::Who::admin;
    const auto refuse_cancel = [&](base::Code code, std::string message) {
        strand_.notify(request.connection,
                       Refused{request.request, {code, std::move(message), "cause"}});
    };
    if (!auth::may(strand_.setup().policy, *request.principal, auth::Action::cancel, id_)) {
        return refuse_cancel(base::Code::forbidden, "there is no such session, or not for you");
    }
    const auto mine = [&](const events::EventPtr& inbound) {
        return admin || inbound->actor.text == asker;
    };
    // A waiting message first: the newest of one's own is the newest of all unfinished ones.
    for (auto& [plugin, queue] : plugins_) {
        for (auto at = queue.waiting.rbegin(); at != queue.waiting.rend(); ++at) {
            const auto inbound = at->inbound;
            if (!mine(inbound) || (request.cause && *request.cause != inbound->offset)) continue;
            queue.waiting.erase(std::next(at).base());
            seal_without_handler(inbound, strand_.plugin_name(plugin).number, {},
                                 base::Code::cancelled, "client_stop");
            strand_.notify(request.connection, CancelTaken{request.request});
            return;
        }
    }
    Turn* turn = nullptr;
    for (auto& [cause, candidate] : turns_) {
        const bool asked = !request.cause || *request.cause == cause;
        if (asked && mine(candidate->setup().inbound)) turn = candidate.get();
        if (request.cause && *request.cause == cause && turn == nullptr) {
            return refuse_cancel(base::Code::forbidden, "this turn was begun by somebody else");
        }
    }
    // A turn that has ended meanwhile was stopped soon enough.
    if (turn != nullptr && !turn->cancelled()) begin_cancel(*turn, CancelReason::client_stop);
    strand_.notify(request.connection, CancelTaken{request.request});
}

void Session::take(History& request) {
    const auto refuse_history = [&](base::Code code, std::string message, std::string field) {
        strand_.notify(request.connection,
                       Refused{request.request, {code, std::move(message), std::move(field)}});
    };
    if (!auth::may(strand_.setup().policy, *request.principal, auth::Action::history, id_)) {
        return refuse_history(base::Code::forbidden, "there is no such session, or not for you",
                              "");
    }
    if (request.epoch && *request.epoch != strand_.log().epoch()) {
        return refuse_history(base::Code::resume_impossible, "the log has begun anew", "epoch");
    }
    if (request.after && request.after->value > committed_.value) {
        return refuse_history(base::Code::resume_impossible, "the session is not that long",
                              "after");
    }
    if (committed_.value == 0) {
        strand_.notify(request.connection, HistoryPage{request.request, {}, false});
        return;
    }
    const bool backward = !request.after.has_value();
    const bool typed = !request.type.empty();
    storage::ReadRequest read{
        .session = number_,
        .after = request.after.value_or(base::Offset{}),
        .before = request.before.value_or(base::Offset{}),
        .direction = backward ? storage::Direction::backward : storage::Direction::forward,
        .rows_max = typed ? kTypedPageRows : std::min(request.limit, strand_.limits().history_max),
        .bytes_max = strand_.limits().history_max * 1'024,
        .visible_only = true,
        .lasting_only = typed,
        .cause = {}};
    HistoryPage reply{request.request, {}, false};
    read_history({.party = strand_.party(party_of(request.principal))->number,
                  .request = std::move(request),
                  .read = read,
                  .reply = std::move(reply),
                  .pages = 0,
                  .erasures = erasures_});
}

void Session::read_history(HistoryReading reading) {
    const storage::ReadRequest read = reading.read;
    strand_.log().read(read, strand_.on(),
                       guarded<base::Result<storage::Page>>(
                           [reading = std::move(reading)](
                               Session& self, const base::Result<storage::Page>& page) mutable {
                               if (self.erasures_ != reading.erasures) {
                                   return self.history_again(std::move(reading.request));
                               }
                               self.reply_history(std::move(reading), page);
                           }));
}

// What was read before an erasure is not shown after it.
void Session::history_again(History request) {
    if (phase_ != Phase::gone) return take(request);
    strand_.notify(request.connection,
                   Refused{request.request, {base::Code::erased, "the session was erased"}});
}

// Of one type, there may be few among many: then it is looked for over several pages.
void Session::reply_history(HistoryReading reading, const base::Result<storage::Page>& page) {
    const History& request = reading.request;
    if (!page) {
        strand_.notify(
            request.connection,
            Refused{request.request, {base::Code::unavailable, "the log cannot be read just now"}});
        return;
    }
    const bool typed = !request.type.empty();
    HistoryPage& reply = reading.reply;
    reply.more = page->more;
    reply.scanned_to = page->scanned_to;
    for (const auto& event : page->events) {
        if (typed && reply.events.size() >= request.limit) {
            reply.more = true;
            reply.scanned_to = reply.events.back()->offset;
            break;
        }
        if ((!typed || event->type.text == request.type) &&
            visible(*event, *request.principal, reading.party)) {
            reply.events.push_back(event);
        }
    }
    if (typed && page->more && reply.events.size() < request.limit &&
        ++reading.pages < kTypedPagesMax) {
        (request.after ? reading.read.after : reading.read.before) = page->scanned_to;
        return read_history(std::move(reading));
    }
    if (!request.after) std::ranges::reverse(reply.events);
    strand_.notify(request.connection, std::move(reply));
}

// ---- rest ---------------------------------------------------------------------------------------

bool Session::busy() const {
    if (phase_ == Phase::gone) return !inbox_.empty();
    return unfinished_ != 0 || !pending_.empty() || !building_.empty() || !inbox_.empty() ||
           waiting_ || !outbox_.empty() || phase_ != Phase::ready || !to_recover_.empty();
}

void Session::maybe_idle() {
    if (busy()) return;
    strand_.idle(*this);
    strand_.check_drained();
}

void Session::slim() {
    if (busy()) return;
    drop_tail();
    client_ids_.reset(head_);
    secrets_.clear();
}

}  // namespace chartroom::engine
