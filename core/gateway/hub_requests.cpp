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
    if (connection.asked.empty()) {
        connection.asked = std::move(decoded.requests);
    } else {
        std::ranges::move(decoded.requests, std::back_inserter(connection.asked));
    }
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

// Milliseconds until the connection, its user and its address may send again; 0: now.
std::uint32_t Hub::rate_limit(Connection& connection) {
    const Limits& limits = options_.limits;
    const std::int64_t now_us = world_.clock.monotonic_us();
    struct Row {
        const char* whose;
        TokenBucket* bucket;
        BucketRate rate;
    };
    const Row rows[] = {
        {"connection", &connection.bucket, {limits.messages_per_second, limits.burst}},
        {"user", connection.user == nullptr ? nullptr : &connection.user->bucket, users_.rate()},
        {"address", connection.address == nullptr ? nullptr : &connection.address->bucket,
         addresses_.rate()},
    };
    for (const Row& row : rows) {
        if (row.bucket == nullptr) continue;
        if (const std::uint32_t wait_ms = row.bucket->take(row.rate, now_us)) {
            ++world_.counters.rate_limited[row.whose];
            return wait_ms;
        }
    }
    return 0;
}

// False: the frame is refused, or, if that goes on, the connection ended.
bool Hub::within_rate(Connection& connection, std::uint64_t request) {
    const std::uint32_t wait_ms = rate_limit(connection);
    if (wait_ms == 0) {
        connection.limited_in_a_row = 0;
        return true;
    }
    refuse(connection, {Code::rate_limited, "too many messages", {}, wait_ms}, request);
    if (++connection.limited_in_a_row >= kLimitedInARowMax) end(connection, 4429, "rate limited");
    return false;
}

std::uint32_t Hub::rate_limit(const auth::Principal& principal, const std::string& address_key) {
    const std::int64_t now_us = world_.clock.monotonic_us();
    const auto take = [&](SharedBuckets& buckets, const std::string& key, const char* whose) {
        const std::uint32_t wait_ms = buckets.enter(key)->bucket.take(buckets.rate(), now_us);
        buckets.leave(key, now_us);
        if (wait_ms != 0) ++world_.counters.rate_limited[whose];
        return wait_ms;
    };
    if (principal.who == auth::Who::user) {
        if (const auto wait_ms = take(users_, principal.party(), "user")) return wait_ms;
    }
    return address_key.empty() ? 0 : take(addresses_, address_key, "address");
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
    const bool queued = world_.engine.follow({connection.id, join.slot, connection.principal,
                                              resolved->id, join.after, std::move(join.epoch),
                                              join.epoch_required, join.whole_streams});
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
    if (!within_rate(connection, send.request)) return;
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

void Hub::request(Connection& connection, dialects::Close close) {
    end(connection, close.code, std::move(close.reason));
}

}  // namespace chartroom::gateway
