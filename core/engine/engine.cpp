// Spreads requests over the strands, and ties crossings, recovery and draining together.
#include "core/engine/engine.hpp"

#include <atomic>
#include <functional>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/engine/person_erasure.hpp"
#include "core/engine/session.hpp"
#include "core/engine/session_list.hpp"
#include "core/engine/session_strand.hpp"

namespace chartroom::engine {

struct Engine::Impl {
    explicit Impl(World outside) : world(std::move(outside)) {}

    World world;
    Counters counters;
    std::vector<std::unique_ptr<SessionStrand>> strands;
    std::atomic<std::size_t> to_drain{0};
    base::Task drained;

    SessionStrand& strand_of(const base::SessionId& session) {
        return *strands[std::hash<base::SessionId>{}(session) % strands.size()];
    }
    PersonErasureSetup person_erasure() {
        PersonErasureSetup setup{.world = world, .strands = {}, .strand_of = {}};
        for (auto& strand : strands) setup.strands.push_back(strand.get());
        setup.strand_of = [this](const base::SessionId& id) -> SessionStrand& {
            return strand_of(id);
        };
        return setup;
    }
};

Engine::Engine(World world, HandlerTable handlers, auth::AccessPolicy policy, Limits limits)
    : impl_(std::make_unique<Impl>(std::move(world))) {
    CHECK(!impl_->world.strands.empty());
    for (base::Executor* on : impl_->world.strands) {
        Impl* impl = impl_.get();
        impl_->strands.push_back(std::make_unique<SessionStrand>(StrandSetup{
            .world = impl_->world,
            .on = on,
            .handlers = handlers,
            .policy = policy,
            .limits = limits,
            .counters = &impl_->counters,
            .id_first = impl_->strands.size() + 1,
            .id_step = impl_->world.strands.size(),
            .send =
                [impl](Crossing crossing) {
                    const base::SessionId target = crossing.target;
                    impl->strand_of(target).post_reserved(
                        target, [crossing = std::move(crossing)](Session& session) mutable {
                            session.cross(std::move(crossing));
                        });
                },
            .answer =
                [impl](const base::SessionId& source, const base::SessionId& target,
                       base::Offset offset, CrossingFate fate) {
                    impl->strand_of(source).post_existing(source,
                                                          [target, offset, fate](Session& session) {
                                                              session.crossed(target, offset, fate);
                                                          });
                },
        }));
    }
    for (std::size_t i = 0; i < impl_->strands.size(); ++i) {
        impl_->world.strands[i]->post([strand = impl_->strands[i].get()] { strand->start(); });
    }
}

Engine::~Engine() {
    stop();
}

void Engine::recover(base::Task done) {
    base::Executor& on = *impl_->world.strands.front();
    on.post([impl = impl_.get(), &on, done = std::move(done)]() mutable {
        PersonErasure::resume(impl->person_erasure());
        impl->world.log.unfinished(
            on, [impl, done = std::move(done)](
                    base::Result<std::vector<base::SessionId>> sessions) mutable {
                if (!sessions) {
                    base::log(base::LogLevel::error, "recovery.failed",
                              {{"reason", sessions.error().message}});
                    return done();
                }
                if (!sessions->empty()) {
                    base::log(base::LogLevel::info, "recovery.sessions",
                              {{"count", sessions->size()}});
                }
                for (auto& session : *sessions) {
                    impl->strand_of(session).post_reserved(session,
                                                           [](Session& found) { found.wake(); });
                }
                done();
            });
    });
}

bool Engine::submit(Submission submission) {
    const base::SessionId session = submission.session;
    return impl_->strand_of(session).post(
        session, [submission = std::move(submission)](Session& found) mutable {
            found.submit(std::move(submission));
        });
}

bool Engine::follow(Follow follow) {
    const base::SessionId session = follow.session;
    return impl_->strand_of(session).post(
        session,
        [follow = std::move(follow)](Session& found) mutable { found.follow(std::move(follow)); });
}

bool Engine::cancel(Cancel cancel) {
    const base::SessionId session = cancel.session;
    return impl_->strand_of(session).post(
        session,
        [cancel = std::move(cancel)](Session& found) mutable { found.cancel(std::move(cancel)); });
}

bool Engine::history(History history) {
    const base::SessionId session = history.session;
    return impl_->strand_of(session).post(session,
                                          [history = std::move(history)](Session& found) mutable {
                                              found.history(std::move(history));
                                          });
}

void Engine::note_refused(RefusedInput input) {
    const base::SessionId session = input.session;
    // A full queue has something better to do.
    static_cast<void>(
        impl_->strand_of(session).post(session, [input = std::move(input)](Session& found) mutable {
            found.note_refused(std::move(input));
        }));
}

void Engine::list(Listing listing) {
    base::Executor& on = *impl_->world.strands.front();
    on.post([impl = impl_.get(), &on, listing = std::move(listing)]() mutable {
        const base::ConnectionId connection = listing.connection;
        list_sessions(std::move(listing), impl->strands.front()->setup().policy, impl->world.log,
                      on, [impl, connection](NoticeBody answer) {
                          impl->world.outlet.notify({{connection, std::move(answer)}});
                      });
    });
}

void Engine::consumed(base::ConnectionId connection, const base::SessionId& session, Slot slot,
                      base::Offset, std::size_t bytes) {
    impl_->strand_of(session).post_existing(session, [connection, slot, bytes](Session& found) {
        found.consumed(connection, slot, bytes);
    });
}

void Engine::unfollow(base::ConnectionId connection, const base::SessionId& session, Slot slot) {
    impl_->strand_of(session).post_existing(
        session, [connection, slot](Session& found) { found.unfollow(connection, slot); });
}

void Engine::erase(EraseSession request, EraseDone done) {
    SessionStrand& strand = impl_->strand_of(request.session);
    if (!strand.reserve()) {
        return strand.on().post([done = std::move(done)]() mutable {
            done(base::fail(base::Code::busy, "too many requests wait"));
        });
    }
    const base::SessionId session = std::move(request.session);
    SessionErasure erasure{.principal = std::move(request.principal),
                           .reason = std::move(request.reason),
                           .party = {},
                           .done = [done = std::move(done)](base::Result<void> result) mutable {
                               done(result ? base::Result<Erased>(Erased{1})
                                           : std::unexpected(std::move(result.error())));
                           }};
    strand.post_reserved(session, [erasure = std::move(erasure)](Session& found) mutable {
        found.erase(std::move(erasure));
    });
}

void Engine::erase(ErasePerson request, EraseDone done) {
    if (!auth::may_erase_person(impl_->strands.front()->setup().policy, *request.principal,
                                request.sub)) {
        return impl_->world.strands.front()->post([done = std::move(done)]() mutable {
            done(base::fail(base::Code::forbidden, "not yours to erase"));
        });
    }
    PersonErasure::begin(impl_->person_erasure(), std::move(request.sub), std::move(request.reason),
                         std::move(done));
}

void Engine::drain(base::Task idle) {
    impl_->drained = std::move(idle);
    impl_->to_drain = impl_->strands.size();
    for (std::size_t i = 0; i < impl_->strands.size(); ++i) {
        impl_->world.strands[i]->post([impl = impl_.get(), i] {
            impl->strands[i]->set_draining([impl] {
                if (--impl->to_drain == 0) impl->drained();
            });
        });
    }
}

void Engine::stop() {
    for (auto& strand : impl_->strands) strand->stop();
}

base::Epoch Engine::epoch() const {
    return impl_->world.log.epoch();
}

EngineStats Engine::stats() const {
    const Counters& c = impl_->counters;
    return {.messages = c.messages,
            .duplicates = c.duplicates,
            .refused = c.refused,
            .events_delivered = c.events_delivered,
            .turns_opened = c.turns_opened,
            .turns_ended = c.turns_ended,
            .turns_failed = c.turns_failed,
            .turns_recovered = c.turns_recovered,
            .resumes_full = c.resumes_full,
            .resumes_reset = c.resumes_reset,
            .emits_dropped = c.emits_dropped,
            .sessions_loaded = c.sessions_loaded,
            .followers = c.followers,
            .turns_open = c.turns_open,
            .session_crashes = c.session_crashes};
}

}  // namespace chartroom::engine
