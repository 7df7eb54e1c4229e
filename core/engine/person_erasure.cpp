#include "core/engine/person_erasure.hpp"

#include <utility>

#include "core/base/log.hpp"
#include "core/engine/session.hpp"

namespace chartroom::engine {
namespace {

constexpr std::size_t kSessionsPage = 256;
constexpr std::string_view kUser = "user/";

base::Error unavailable() {
    return {base::Code::unavailable,
            "the log does not take writes just now: what has begun goes on when it is asked for "
            "again, and at the next start"};
}

}  // namespace

PersonErasure::PersonErasure(PersonErasureSetup setup, std::string sub, EraseDone done)
    : setup_(std::move(setup)),
      party_(std::string(kUser) + sub),
      own_prefix_(auth::sessions_of_user(sub)),
      done_(std::move(done)) {}

void PersonErasure::begin(PersonErasureSetup setup, std::string sub, std::string reason,
                          EraseDone done) {
    auto self = std::make_shared<PersonErasure>(std::move(setup), std::move(sub), std::move(done));
    self->home().post(
        [self, reason = std::move(reason)]() mutable { self->ask_ledger(std::move(reason)); });
}

void PersonErasure::resume(const PersonErasureSetup& setup) {
    using Ledger = base::Result<std::vector<storage::LedgerRow>>;
    base::Executor& on = *setup.world.strands.front();
    setup.world.log.erasures(on, [setup, &on](const Ledger& ledger) {
        if (!ledger) {
            base::log(base::LogLevel::error, "erasures.not_read",
                      {{"reason", ledger.error().message}});
            return;
        }
        for (const storage::LedgerRow& row : *ledger) {
            if (row.complete || row.session.value != 0) continue;
            setup.world.log.name_of(storage::NameSpace::party, row.subject, on,
                                    [setup](const base::Result<std::string>& party) {
                                        if (!party || !party->starts_with(kUser)) return;
                                        begin(setup, party->substr(kUser.size()), {},
                                              [](const base::Result<Erased>&) {});
                                    });
        }
    });
}

void PersonErasure::ask_ledger(std::string reason) {
    setup_.world.log.begin_person(
        party_, std::move(reason), setup_.world.clock.now_us(), home(),
        [self = shared_from_this()](const base::Result<storage::PersonErasure>& begun) {
            if (!begun) {
                const bool nobody = begun.error().code == base::Code::not_found;
                return self->done_(std::unexpected(nobody ? begun.error() : unavailable()));
            }
            self->person_ = *begun;
            self->block();
        });
}

void PersonErasure::block() {
    strands_left_ = setup_.strands.size();
    for (SessionStrand* strand : setup_.strands) {
        strand->on().post([self = shared_from_this(), strand] {
            strand->begin_erasing(self->party_, self->person_.party);
            self->home().post([self] {
                if (--self->strands_left_ == 0) self->list();
            });
        });
    }
}

void PersonErasure::list() {
    setup_.world.log.sessions_of(
        person_.party, home(),
        [self = shared_from_this()](base::Result<std::vector<base::SessionId>> sessions) {
            if (!sessions) return self->end(std::unexpected(unavailable()));
            self->left_.clear();
            for (auto& session : *sessions) self->left_.insert(std::move(session));
            self->list_own({});
        });
}

// Also those in which nothing is left to erase have to be over.
void PersonErasure::list_own(std::string after) {
    setup_.world.log.sessions(own_prefix_, std::move(after), kSessionsPage, home(),
                              [self = shared_from_this()](base::Result<storage::SessionPage> page) {
                                  if (!page) return self->end(std::unexpected(unavailable()));
                                  for (const auto& session : page->sessions) {
                                      if (!session.erased) self->left_.insert(session.id);
                                  }
                                  if (page->more)
                                      return self->list_own(page->sessions.back().id.value);
                                  self->next();
                              });
}

void PersonErasure::next() {
    if (left_.empty()) return finish();
    const base::SessionId session = left_.extract(left_.begin()).value();
    const bool own = session.value.starts_with(own_prefix_);
    SessionErasure erasure{
        .principal = nullptr,
        .reason = {},
        .party = own ? std::string() : party_,
        .person = own ? 0 : person_.party,
        .part_of = person_.number,
        .done = [self = shared_from_this()](base::Result<void> result) {
            self->home().post([self, result = std::move(result)] { self->erased_one(result); });
        }};
    setup_.strand_of(session).post_reserved(session,
                                            [erasure = std::move(erasure)](Session& found) mutable {
                                                found.erase(std::move(erasure));
                                            });
}

void PersonErasure::erased_one(const base::Result<void>& result) {
    // One that is gone, or that nobody wrote to, has nothing to erase.
    const bool nothing = !result && (result.error().code == base::Code::erased ||
                                     result.error().code == base::Code::not_found);
    if (!result && !nothing) return end(std::unexpected(unavailable()));
    erased_ += nothing ? 0 : 1;
    next();
}

void PersonErasure::finish() {
    setup_.world.log.finish_person(
        person_, own_prefix_, home(),
        [self = shared_from_this()](const base::Result<void>& finished) {
            if (finished) return self->end(Erased{self->erased_});
            switch (finished.error().code) {
                case base::Code::conflict:  // something was on its way when they were listed
                    return self->home().post_at(self->setup_.world.clock.monotonic_us() + kRetryUs,
                                                [self] { self->list(); });
                case base::Code::not_found:  // asked for twice, and the other one was faster
                    return self->end(Erased{self->erased_});
                default:
                    return self->end(std::unexpected(unavailable()));
            }
        });
}

void PersonErasure::end(base::Result<Erased> result) {
    strands_left_ = setup_.strands.size();
    for (SessionStrand* strand : setup_.strands) {
        strand->on().post([self = shared_from_this(), strand, result] {
            strand->end_erasing(self->party_, self->own_prefix_, result.has_value());
            self->home().post([self, result] {
                if (--self->strands_left_ == 0) self->done_(result);
            });
        });
    }
}

}  // namespace chartroom::engine
