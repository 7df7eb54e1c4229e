// The hub's incoming half: what a decoded frame asks for becomes calls of the engine, or a refusal
// in the words of the dialect.
#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "core/base/log.hpp"
#include "core/gateway/hub.hpp"

namespace chartroom::gateway {

using base::Code;
using base::Error;

void Hub::take(Connection& connection, dialects::Decoded decoded, std::size_t frame_bytes) {
    answer(connection, decoded.frames);
    if (decoded.refused) {
        count_refused(connection, *decoded.refused, frame_bytes);
    } else {
        connection.refused_in_a_row = 0;
    }
    std::ranges::move(decoded.requests, std::back_inserter(connection.asked));
    carry_out(connection);
}

// All that the dialect asks for, in order; a refusal may lead it to ask for more.
void Hub::carry_out(Connection& connection) {
    while (!connection.asked.empty()) {
        auto batch = std::exchange(connection.asked, {});
        for (dialects::Request& one : batch) {
            if (connection.ended || connection.closing) return;
            std::visit([&](auto& asked) { request(connection, std::move(asked)); }, one);
        }
    }
}

// A frame that nobody could read belongs, as far as anybody can tell, to the connection's first
// session.
void Hub::count_refused(Connection& connection, const Error& error, std::size_t frame_bytes) {
    world_.counters.refused_frame(error.code);
    if (connection.principal && !connection.followed.empty()) {
        world_.engine.note_refused({connection.principal, connection.followed.front().session,
                                    error.code, error.field, frame_bytes});
    }
    if (++connection.refused_in_a_row >= kRefusedInARowMax) {
        end(connection, 1008, "too many refused frames");
    }
}

// ---- who is asking -----------------------------------------------------------------------------

void Hub::adopt(Connection& connection, auth::Principal principal) {
    release_user(connection);
    if (principal.who != auth::Who::anonymous) {
        const auto [entry, made] = users_.try_emplace(principal.party());
        if (made) entry->second.bucket = TokenBucket(options_.limits.user_burst);
        connection.user = &entry->second;
        ++connection.user->connections;
    }
    connection.principal = std::make_shared<const auth::Principal>(std::move(principal));
    if (connection.must_authenticate) {
        connection.must_authenticate = false;
        world_.admission.authenticated(connection.address_key);
    }
}

void Hub::release_user(Connection& connection) {
    if (connection.user == nullptr) return;
    if (--connection.user->connections == 0) users_.erase(connection.principal->party());
    connection.user = nullptr;
}

// Makes sure that the connection has a principal, from what the join brings or made up.
base::Result<void> Hub::settle_principal(Connection& connection, const dialects::Join& join) {
    if (!join.token.empty()) {
        if (connection.route->auth == RouteAuth::none || !world_.authenticate) {
            return base::fail(Code::unauthenticated, "this route takes no token", "token");
        }
        auto principal = world_.authenticate(join.token);
        if (!principal) return std::unexpected(principal.error());
        if (connection.principal && connection.principal->party() != principal->party() &&
            !connection.followed.empty()) {
            return base::fail(Code::forbidden, "the connection speaks for another user", "token");
        }
        connection.participant_key.clear();
        adopt(connection, std::move(*principal));
        return {};
    }
    if (connection.must_authenticate) {
        return base::fail(Code::unauthenticated, "a token is required", "token");
    }
    if (connection.principal) return {};
    std::string key =
        join.participant.empty() ? auth::make_participant_key(world_.random) : join.participant;
    auto principal = auth::anonymous_participant(key);
    if (!principal) return std::unexpected(principal.error());
    connection.participant_key = std::move(key);
    adopt(connection, std::move(*principal));
    return {};
}

auth::RouteIdentity Hub::identity_of(const Connection& connection) const {
    return {connection.route->dialect, connection.route->dialect == "broadcast"};
}

// ---- refusals ----------------------------------------------------------------------------------

void Hub::refuse(Connection& connection, const Error& error, std::uint64_t request) {
    world_.counters.refused_frame(error.code);
    answer(connection, connection.dialect->refused(error, request));
}

void Hub::refuse_join(Connection& connection, engine::Slot slot, Error error) {
    world_.counters.refused_frame(error.code);
    const bool no_credentials = error.code == Code::unauthenticated;
    answer(connection, connection.dialect->notice(engine::Unfollowed{slot, std::move(error)}));
    if (no_credentials) end(connection, 4001, "Invalid token");
}

// Milliseconds until the connection and its user may send again; 0: now.
std::uint32_t Hub::rate_limit(Connection& connection) {
    const Limits& limits = options_.limits;
    const std::int64_t now_us = world_.clock.monotonic_us();
    const BucketRate own{limits.messages_per_second, limits.burst};
    if (const std::uint32_t wait_ms = connection.bucket.take(own, now_us)) return wait_ms;
    if (connection.user == nullptr) return 0;
    const BucketRate shared{limits.user_messages_per_second, limits.user_burst};
    return connection.user->bucket.take(shared, now_us);
}

void Hub::submitted(Connection& connection, bool queued, std::uint64_t request) {
    if (queued) {
        ++connection.in_flight;
    } else {
        refuse(connection, {Code::busy, "the server is busy", {}, 1'000}, request);
    }
}

// ---- requests ----------------------------------------------------------------------------------

void Hub::request(Connection& connection, dialects::Join join) {
    if (connection.followed.size() >= options_.limits.sessions_per_connection) {
        refuse_join(connection, join.slot, {Code::busy, "too many sessions on this connection"});
        return;
    }
    if (auto settled = settle_principal(connection, join); !settled) {
        refuse_join(connection, join.slot, settled.error());
        return;
    }
    auto resolved = auth::resolve(options_.access, *connection.principal, identity_of(connection),
                                  join.name, world_.random);
    if (!resolved) {
        refuse_join(connection, join.slot, resolved.error());
        return;
    }
    connection.dialect->joined({join.slot, resolved->name, connection.participant_key});
    connection.followed.push_back({join.slot, resolved->id, {}, 0});
    const bool queued =
        world_.engine.follow({connection.id, join.slot, connection.principal, resolved->id,
                              join.after, std::move(join.epoch), join.epoch_required});
    if (queued) return;
    connection.followed.pop_back();
    refuse_join(connection, join.slot, {Code::busy, "the server is busy", {}, 1'000});
}

void Hub::request(Connection& connection, dialects::Leave leave) {
    const Followed* followed = connection.find(leave.slot);
    if (followed == nullptr) return;
    world_.engine.unfollow(connection.id, followed->session, leave.slot);
    std::erase_if(connection.followed, [&](const Followed& one) { return one.slot == leave.slot; });
}

void Hub::request(Connection& connection, dialects::Send send) {
    if (draining_) {
        refuse(connection, {Code::restarting, "the server is restarting", {}, 1'000}, send.request);
        return;
    }
    if (const std::uint32_t wait_ms = rate_limit(connection)) {
        refuse(connection, {Code::rate_limited, "too many messages", {}, wait_ms}, send.request);
        if (++connection.limited_in_a_row >= kLimitedInARowMax)
            end(connection, 4429, "rate limited");
        return;
    }
    connection.limited_in_a_row = 0;
    const Followed* followed = connection.find(send.slot);
    if (followed == nullptr) {
        refuse(connection, {Code::forbidden, "no such session"}, send.request);
        return;
    }
    const std::uint64_t number = send.request;
    submitted(
        connection,
        world_.engine.submit({connection.id, number, connection.principal, followed->session,
                              std::move(send.type), std::move(send.payload),
                              std::move(send.client_id), send.since, std::move(send.since_epoch)}),
        number);
}

void Hub::request(Connection& connection, dialects::CancelTurn cancel) {
    const Followed* followed = connection.find(cancel.slot);
    if (followed == nullptr) {
        refuse(connection, {Code::forbidden, "no such session"}, cancel.request);
        return;
    }
    submitted(connection,
              world_.engine.cancel({connection.id, cancel.request, connection.principal,
                                    followed->session, cancel.cause}),
              cancel.request);
}

void Hub::request(Connection& connection, dialects::ReadPage read) {
    base::SessionId session;
    if (const Followed* followed = connection.find(read.slot); read.name.empty() && followed) {
        session = followed->session;
    } else if (read.name.empty() || !connection.principal) {
        refuse(connection, {Code::forbidden, "no such session"}, read.request);
        return;
    } else {
        auto resolved = auth::resolve(options_.access, *connection.principal,
                                      identity_of(connection), read.name, world_.random);
        if (!resolved) {
            refuse(connection, resolved.error(), read.request);
            return;
        }
        session = std::move(resolved->id);
    }
    submitted(connection,
              world_.engine.history({connection.id, read.request, connection.principal,
                                     std::move(session), read.before, read.after,
                                     std::move(read.epoch), read.limit, std::move(read.type)}),
              read.request);
}

// What was shown to whom is recorded once there is a record of it; an acknowledgement is taken and
// needs no answer.
void Hub::request(Connection&, dialects::Acknowledge) {}

void Hub::request(Connection& connection, dialects::Refresh refresh) {
    if (connection.route->auth == RouteAuth::none || !world_.authenticate) {
        refuse(connection, {Code::unauthenticated, "this route takes no token", "token"}, 0);
        return;
    }
    auto principal = world_.authenticate(refresh.token);
    if (!principal) {
        refuse(connection, principal.error(), 0);
        end(connection, 4001, "Invalid token");
        return;
    }
    if (connection.principal && connection.principal->party() != principal->party()) {
        end(connection, 4003, "another user");
        return;
    }
    adopt(connection, std::move(*principal));
    answer(connection, connection.dialect->authenticated(connection.principal->id));
    // A claim that is gone unfollows at once.
    const auto followed = connection.followed;
    for (const Followed& one : followed) {
        if (auth::may(options_.access, *connection.principal, auth::Action::follow, one.session)) {
            continue;
        }
        request(connection, dialects::Leave{one.slot});
        refuse_join(connection, one.slot, {Code::forbidden, "no longer yours"});
    }
}

void Hub::request(Connection& connection, dialects::Close close) {
    end(connection, close.code, std::move(close.reason));
}

}  // namespace chartroom::gateway
