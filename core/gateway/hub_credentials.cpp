// The hub's part in who a client is: from the connection that has yet to say so, over tokens that
// replace each other, to the end of the last one.
#include <algorithm>
#include <memory>
#include <utility>

#include "core/gateway/hub.hpp"

namespace chartroom::gateway {

using base::Code;
using base::fail;

// ---- before authentication ---------------------------------------------------------------------

// There are bounds for those who have yet to say who they are; the oldest makes room.
void Hub::enter_pending(Connection& connection) {
    const Limits& limits = options_.limits;
    const auto evict = [this](auto oldest) {
        Connection& evicted = **oldest;
        pending_.erase(oldest);
        ++world_.counters.pending_evicted;
        end(evicted, 4001, "Authentication required");
    };
    const auto from_here = [&](const Connection* one) {
        return one->address_key == connection.address_key;
    };
    if (!connection.address_key.empty() &&
        static_cast<std::size_t>(std::ranges::count_if(pending_, from_here)) >=
            limits.pending_auth_per_address) {
        evict(std::ranges::find_if(pending_, from_here));
    }
    if (pending_.size() >= limits.pending_auth) evict(pending_.begin());
    pending_.push_back(&connection);
    timers_.add(world_.clock.monotonic_us() + limits.auth_deadline_us, connection.id,
                Deadline::authenticate);
}

void Hub::leave_pending(Connection& connection) {
    std::erase(pending_, &connection);
}

// ---- who it is ---------------------------------------------------------------------------------

base::Result<auth::Verified> Hub::authenticate(Connection& connection, std::string_view token) {
    if (connection.route->auth == RouteAuth::none || connection.anonymous_only) {
        return fail(Code::unauthenticated, "this route takes no token", "token");
    }
    if (world_.admission.refused_for_us(connection.address_key) > 0) {
        return fail(Code::unauthenticated, "too many failed authentications", "token");
    }
    return world_.admission.authenticate(token, connection.address_key);
}

// From now on the connection speaks for this user. Errors: busy; the connection is then ending.
base::Result<void> Hub::adopt(Connection& connection, auth::Verified verified) {
    const std::string party = verified.principal.party();
    if (connection.user == nullptr || connection.principal->party() != party) {
        if (users_.connections(party) >= options_.limits.connections_per_user) {
            end(connection, 4029, "too many connections");
            return fail(Code::busy, "this user has too many connections");
        }
        if (connection.user != nullptr) {
            users_.leave(connection.principal->party(), world_.clock.monotonic_us());
        }
        connection.user = users_.enter(party);
    }
    connection.principal = std::make_shared<const auth::Principal>(std::move(verified.principal));
    connection.participant_key.clear();
    connection.must_authenticate = false;
    leave_pending(connection);
    connection.expires_us = verified.expires_us;
    if (verified.expires_us != 0) {
        const std::int64_t left_us = verified.expires_us - world_.clock.now_us();
        connection.expiring_us = verified.expires_us - std::min(kExpiringAheadUs, left_us / 2);
        watch_expiry(connection);
    }
    return {};
}

// Makes sure that the connection has a principal, from what the join brings or made up.
base::Result<void> Hub::settle_principal(Connection& connection, const dialects::Join& join) {
    if (!join.token.empty()) {
        auto verified = authenticate(connection, join.token);
        if (!verified) return std::unexpected(verified.error());
        if (connection.principal && connection.principal->party() != verified->principal.party() &&
            !connection.followed.empty()) {
            return fail(Code::forbidden, "the connection speaks for another user", "token");
        }
        if (auto adopted = adopt(connection, *std::move(verified)); !adopted) return adopted;
        unfollow_what_is_gone(connection);
        return {};
    }
    if (connection.must_authenticate) {
        return fail(Code::unauthenticated, "a token is required", "token");
    }
    if (connection.principal) return {};
    std::string key =
        join.participant.empty() ? auth::make_participant_key(world_.random) : join.participant;
    auto principal = auth::anonymous_participant(key);
    if (!principal) return std::unexpected(principal.error());
    connection.principal = std::make_shared<const auth::Principal>(*std::move(principal));
    connection.participant_key = std::move(key);
    return {};
}

void Hub::request(Connection& connection, dialects::Refresh refresh) {
    if (!within_rate(connection, 0)) return;
    auto verified = authenticate(connection, refresh.token);
    if (!verified) {
        refuse(connection, verified.error(), 0);
        end(connection, 4001, "Invalid token");
        return;
    }
    if (connection.principal && connection.principal->party() != verified->principal.party()) {
        end(connection, 4003, "another user");
        return;
    }
    if (!adopt(connection, *std::move(verified))) return;
    answer(connection, connection.dialect->authenticated(connection.principal->id));
    unfollow_what_is_gone(connection);
}

void Hub::unfollow_what_is_gone(Connection& connection) {
    const auto followed = connection.followed;
    for (const Followed& one : followed) {
        if (auth::may(options_.access, *connection.principal, auth::Action::follow, one.session)) {
            continue;
        }
        request(connection, dialects::Leave{one.slot});
        refuse_join(connection, one.slot, {Code::forbidden, "no longer yours"});
    }
}

// ---- until when --------------------------------------------------------------------------------

// Tells of the end of the credentials ahead of it and ends the connection at it. Tokens speak of
// the wall clock, deadlines of one that does not step: so this looks again every kExpiryLookUs.
void Hub::watch_expiry(Connection& connection) {
    if (connection.expires_us == 0 || connection.ended || connection.closing) return;
    const std::int64_t now_us = world_.clock.now_us();
    if (now_us >= connection.expires_us) {
        // Nothing that is still due is for this client any more.
        connection.expired = true;
        connection.due.drop_all();
        end(connection, 4001, "Token expired");
        return;
    }
    if (connection.expiring_us != 0 && now_us >= connection.expiring_us) {
        connection.expiring_us = 0;
        const auto left_ms = static_cast<std::uint32_t>((connection.expires_us - now_us) / 1'000);
        answer(connection, connection.dialect->expiring(left_ms));
    }
    const std::int64_t next_us =
        connection.expiring_us != 0 ? connection.expiring_us : connection.expires_us;
    const std::int64_t due_us =
        world_.clock.monotonic_us() + std::min(next_us - now_us, kExpiryLookUs);
    // One that is set already and comes earlier leads here again.
    if (connection.expiry_due_us != 0 && connection.expiry_due_us <= due_us) return;
    connection.expiry_due_us = due_us;
    timers_.add(due_us, connection.id, Deadline::expiry);
}

}  // namespace chartroom::gateway
