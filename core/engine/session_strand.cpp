#include "core/engine/session_strand.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/engine/rows.hpp"
#include "core/engine/session.hpp"
#include "core/events/types.hpp"

namespace chartroom::engine {

std::string Crossing::audience_party() const {
    switch (emit.scope) {
        case events::Scope::everyone:
            return {};
        case events::Scope::followers_of:
            return rows::session_party(source);
        case events::Scope::only:
        case events::Scope::all_but:
            return emit.party;
    }
    CHECK(false);
}

SessionStrand::SessionStrand(StrandSetup setup) : setup_(std::move(setup)) {}

SessionStrand::~SessionStrand() = default;

bool SessionStrand::post(base::SessionId session, std::move_only_function<void(Session&)> work) {
    if (!reserve()) return false;
    post_reserved(std::move(session), std::move(work));
    return true;
}

bool SessionStrand::reserve() {
    if (queued_.fetch_add(1) < limits().strand_queue) return true;
    --queued_;
    return false;
}

void SessionStrand::post_reserved(base::SessionId session,
                                  std::move_only_function<void(Session&)> work) {
    setup_.on->post([this, session = std::move(session), work = std::move(work)]() mutable {
        if (!stopped_) work(get(session));
    });
}

void SessionStrand::post_existing(base::SessionId session,
                                  std::move_only_function<void(Session&)> work) {
    setup_.on->post([this, session = std::move(session), work = std::move(work)]() mutable {
        if (Session* found = stopped_ ? nullptr : find(session)) work(*found);
    });
}

// What handlers and the engine itself need is learnt once; a log that cannot be read is asked
// again.
void SessionStrand::start() {
    std::vector<storage::NameRequest> names;
    for (const auto type : {rows::kHttp, rows::kTimer, rows::kActivity, rows::kEmit, rows::kChunk,
                            rows::kDone, rows::kFired, rows::kTurnOpened, rows::kTurnCancel,
                            rows::kTurnEnded, rows::kState, rows::kInputRefused, rows::kErased,
                            rows::kUndelivered, events::types::kError, events::types::kStreamEnd}) {
        names.push_back({storage::NameSpace::type, std::string(type)});
    }
    names.push_back({storage::NameSpace::party, std::string(rows::kServerParty)});
    for (const auto& handler : setup_.handlers.all()) {
        const HandlerInfo& info = handler->info();
        for (const auto& type : info.handles) names.push_back({storage::NameSpace::type, type});
        names.push_back({storage::NameSpace::party, rows::plugin_party(info.id)});
        names.push_back({storage::NameSpace::build, info.build});
    }
    learn(std::move(names), [this](base::Result<void> learnt) {
        if (!learnt) {
            base::log(base::LogLevel::error, "engine.waits_for_log",
                      {{"reason", learnt.error().message}});
            setup_.on->post_at(setup_.world.clock.monotonic_us() + kRetryUs, [this] { start(); });
            return;
        }
        for (const auto& handler : setup_.handlers.all()) {
            handler_parties_[plugin_name(handler->info().id).number] = handler;
        }
        started_ = true;
        for (auto& [id, session] : sessions_) session->wake();
    });
}

void SessionStrand::set_draining(base::Task idle) {
    draining_ = true;
    drained_ = std::move(idle);
    check_drained();
}

// Draining ends once no turn is open and nothing is unwritten.
void SessionStrand::check_drained() {
    if (!draining_ || !drained_) return;
    if (groups_out_ != 0 || !groups_.empty() || counters().turns_open != 0) return;
    for (const auto& [id, session] : sessions_) {
        if (session->busy()) return;
    }
    auto idle = std::move(drained_);
    drained_ = nullptr;
    idle();
}

void SessionStrand::stop() {
    stopped_ = true;
    sessions_.clear();
}

Session& SessionStrand::get(const base::SessionId& id) {
    auto& session = sessions_[id];
    if (!session) session = std::make_unique<Session>(*this, id);
    return *session;
}

Session* SessionStrand::find(const base::SessionId& id) {
    const auto session = sessions_.find(id);
    return session == sessions_.end() ? nullptr : session->second.get();
}

// ---- names --------------------------------------------------------------------------------------

const storage::Interned* SessionStrand::party(std::string_view name) const {
    const auto party = parties_.find(name);
    return party == parties_.end() ? nullptr : &party->second;
}

events::Name SessionStrand::server_name() const {
    return known(std::string(rows::kServerParty));
}

events::Name SessionStrand::plugin_name(std::string_view plugin_id) const {
    return known(rows::plugin_party(plugin_id));
}

events::Name SessionStrand::known(std::string name) const {
    const storage::Interned* found = party(name);
    CHECK(found != nullptr);
    return {found->number, std::move(name)};
}

std::optional<std::uint64_t> SessionStrand::type(std::string_view name) const {
    const auto type = types_.find(name);
    if (type == types_.end()) return std::nullopt;
    return type->second;
}

std::uint64_t SessionStrand::build(const Handler& handler) const {
    const auto build = builds_.find(handler.info().build);
    CHECK(build != builds_.end());
    return build->second;
}

HandlerPtr SessionStrand::handler_of_party(std::uint64_t number) const {
    const auto handler = handler_parties_.find(number);
    return handler == handler_parties_.end() ? nullptr : handler->second;
}

void SessionStrand::learn(std::vector<storage::NameRequest> names,
                          std::move_only_function<void(base::Result<void>)> done) {
    auto asked = names;
    log().intern(std::move(names), on(),
                 [this, asked = std::move(asked), done = std::move(done)](
                     base::Result<std::vector<storage::Interned>> numbers) mutable {
                     if (stopped_) return;
                     if (!numbers) return done(std::unexpected(numbers.error()));
                     CHECK(numbers->size() == asked.size());
                     make_room_for_parties(asked.size());
                     for (std::size_t i = 0; i < asked.size(); ++i) {
                         const storage::Interned& name = (*numbers)[i];
                         switch (asked[i].space) {
                             case storage::NameSpace::type:
                                 types_[asked[i].text] = name.number;
                                 break;
                             case storage::NameSpace::party:
                                 parties_[asked[i].text] = name;
                                 break;
                             case storage::NameSpace::build:
                                 builds_[asked[i].text] = name.number;
                                 break;
                         }
                     }
                     done({});
                 });
}

void SessionStrand::begin_erasing(const std::string& party, std::uint64_t number) {
    erasing_.insert(party);
    forget_party(party);
    for (auto& [id, session] : sessions_) session->unfollow_party(number);
    flush();
}

void SessionStrand::end_erasing(const std::string& party, const std::string& own_prefix,
                                bool over) {
    erasing_.erase(party);
    forget_party(party);  // a request that was refused may have asked for it
    if (!over) return;
    std::erase_if(sessions_, [&](const auto& entry) {
        return entry.first.value.starts_with(own_prefix) && entry.second->is_gone() &&
               !entry.second->busy();
    });
}

void SessionStrand::forget_party(std::string_view name) {
    if (const auto party = parties_.find(name); party != parties_.end()) parties_.erase(party);
}

// What was learnt together stays together: room is made before, not in between.
void SessionStrand::make_room_for_parties(std::size_t count) {
    if (parties_.size() + count <= kPartiesCachedMax) return;
    // Sessions keep the secrets that they need; all but plugins and the server is asked again.
    std::erase_if(parties_, [](const auto& entry) {
        return !entry.first.starts_with("plugin/") && entry.first != rows::kServerParty;
    });
}

// ---- batches ------------------------------------------------------------------------------------

void SessionStrand::append(Session& session, storage::Group group, std::size_t bytes) {
    groups_.push_back(std::move(group));
    group_owners_.push_back({session.id(), bytes});
    bytes_out_ += bytes;
    ++groups_out_;
    schedule_flush();
}

bool SessionStrand::out_of_credit() const {
    return groups_out_ >= limits().writer_credit_groups ||
           bytes_out_ >= limits().writer_credit_bytes;
}

void SessionStrand::wait_for_credit(const base::SessionId& session) {
    creditless_.push_back(session);
}

void SessionStrand::slow_down(EffectToken token) {
    slowed_.push_back(token);
    setup_.world.effects.pause(token);
}

void SessionStrand::notify(base::ConnectionId connection, NoticeBody body) {
    notices_.push_back({connection, std::move(body)});
    schedule_flush();
}

void SessionStrand::at(std::int64_t due_us, base::SessionId session,
                       std::move_only_function<void(Session&)> work) {
    setup_.on->post_at(due_us,
                       [this, session = std::move(session), work = std::move(work)]() mutable {
                           if (Session* found = stopped_ ? nullptr : find(session)) work(*found);
                       });
}

// Behind everything that waits already, so that one flush serves all of it.
void SessionStrand::schedule_flush() {
    if (flush_scheduled_) return;
    flush_scheduled_ = true;
    setup_.on->post([this] { flush(); });
}

void SessionStrand::flush() {
    flush_scheduled_ = false;
    if (stopped_) return;
    if (!groups_.empty()) {
        log().append(std::exchange(groups_, {}), on(),
                     [this, owners = std::exchange(group_owners_, {})](
                         std::vector<storage::AppendAnswer> answers) mutable {
                         answered(std::move(owners), std::move(answers));
                     });
    }
    if (!notices_.empty()) setup_.world.outlet.notify(std::exchange(notices_, {}));
}

void SessionStrand::answered(std::vector<InFlight> batch,
                             std::vector<storage::AppendAnswer> answers) {
    if (stopped_) return;
    CHECK(batch.size() == answers.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        --groups_out_;
        bytes_out_ -= batch[i].bytes;
        Session* session = find(batch[i].session);
        CHECK(session != nullptr);  // a session with a group at the store is busy, so it stays
        session->appended(answers[i]);
    }
    // Notices go out at once: what they say has been waited for.
    if (!notices_.empty()) setup_.world.outlet.notify(std::exchange(notices_, {}));
    while (!creditless_.empty() && !out_of_credit()) {
        const base::SessionId id = std::move(creditless_.front());
        creditless_.pop_front();
        if (Session* session = find(id)) session->pump();
    }
    if (!out_of_credit()) {
        for (const EffectToken token : std::exchange(slowed_, {})) {
            setup_.world.effects.resume(token);
        }
    }
    check_drained();
}

// ---- memory -------------------------------------------------------------------------------------

void SessionStrand::tail_grew(Session& session, std::size_t bytes) {
    tails_bytes_ += bytes;
    if (session.tails_place_) {
        tails_.splice(tails_.end(), tails_, *session.tails_place_);
    } else {
        session.tails_place_ = tails_.insert(tails_.end(), &session);
    }
    while (tails_bytes_ > limits().tails_bytes && tails_.front() != &session) {
        Session* oldest = tails_.front();
        const std::size_t before = tails_bytes_;
        oldest->drop_tail();
        if (tails_bytes_ == before) break;  // nothing of it is committed yet
    }
}

void SessionStrand::forget_tail(std::list<Session*>::iterator place) {
    tails_.erase(place);
}

void SessionStrand::idle(Session& session) {
    if (std::exchange(session.idle_marked_, true)) return;
    idle_.push_back({session.id(), session.mark(), setup_.world.clock.monotonic_us()});
    schedule_sweep();
}

void SessionStrand::schedule_sweep() {
    if (sweep_scheduled_ || idle_.empty()) return;
    sweep_scheduled_ = true;
    setup_.on->post_at(setup_.world.clock.monotonic_us() + kSweepUs, [this] { sweep(); });
}

// Sessions that nothing has happened to since they became idle go from memory; those with followers
// keep the cursors only.
void SessionStrand::sweep() {
    sweep_scheduled_ = false;
    if (stopped_) return;
    const std::int64_t due = setup_.world.clock.monotonic_us() - limits().idle_unload_us;
    while (!idle_.empty() && idle_.front().since_us <= due) {
        const IdleMark idle = std::move(idle_.front());
        idle_.pop_front();
        Session* session = find(idle.session);
        if (session == nullptr) continue;
        session->idle_marked_ = false;
        if (session->busy()) continue;
        if (session->mark() != idle.mark) {
            this->idle(*session);
        } else if (session->has_followers()) {
            session->slim();
        } else {
            sessions_.erase(idle.session);
        }
    }
    schedule_sweep();
}

}  // namespace chartroom::engine
