// The hub's outgoing half: opening and ending connections, notices, deadlines, and the write path.
// What clients ask for stands in hub_requests.cpp.
#include "core/gateway/hub.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/gateway/event_stream.hpp"
#include "core/gateway/frame.hpp"

namespace chartroom::gateway {

using dialects::Encoded;

Hub::Hub(const Options& options, HubWorld world)
    : options_(options),
      world_(world),
      users_({options.limits.user_messages_per_second, options.limits.user_burst}),
      addresses_({options.limits.address_messages_per_second, options.limits.address_burst}) {
    piece_.reserve(kHeadroomBytes + 2 * kPieceBytes);
    single_ = engine::Delivered{0, {}, std::vector<events::EventPtr>(1)};
}

Connection* Hub::open(Admitted admitted, Socket socket,
                      std::unique_ptr<dialects::Dialect> dialect) {
    CHECK(dialect != nullptr);
    const std::int64_t now_us = world_.clock.monotonic_us();
    auto made = std::make_unique<Connection>();
    Connection& connection = *made;
    connection.id = {++last_id_};
    connection.socket = socket;
    connection.route = admitted.route;
    connection.dialect = std::move(dialect);
    connection.framing = admitted.framing;
    connection.must_authenticate = admitted.must_authenticate;
    connection.anonymous_only = admitted.anonymous_only;
    connection.bucket = TokenBucket(options_.limits.burst);
    world_.admission.entered(admitted.address_key);
    connection.address_key = std::move(admitted.address_key);
    connections_.emplace(connection.id, std::move(made));
    ++world_.counters.connections_opened;
    ++world_.counters.connections_open;
    if (!connection.address_key.empty()) {
        connection.address = addresses_.enter(connection.address_key);
    }
    timers_.add(now_us + options_.limits.ping_interval_us, connection.id, Deadline::ping);
    if (connection.must_authenticate) enter_pending(connection);
    // Over a cap it is closed as soon as it has been told, and asks for nothing.
    if (admitted.verified && !adopt(connection, *std::move(admitted.verified))) return &connection;
    dialects::ConnectInfo info;
    info.path = std::move(admitted.path);
    info.query = std::move(admitted.query);
    if (connection.principal && connection.principal->who == auth::Who::user) {
        info.user = connection.principal->id;
    }
    info.must_authenticate = connection.must_authenticate;
    info.server = options_.server;
    info.frame_bytes_max = options_.limits.frame_bytes;
    info.history_max = options_.history_max;
    tell_time(connection);
    take(connection, connection.dialect->connected(info), 0);
    if (draining_) end(connection, 1012, "restarting");
    return &connection;
}

void Hub::closed(Connection& connection) {
    for (const Followed& one : connection.followed) {
        world_.engine.unfollow(connection.id, one.session, one.slot);
    }
    const std::int64_t now_us = world_.clock.monotonic_us();
    if (connection.user != nullptr) users_.leave(connection.principal->party(), now_us);
    if (connection.address != nullptr) addresses_.leave(connection.address_key, now_us);
    leave_pending(connection);
    world_.admission.left(connection.address_key);
    --world_.counters.connections_open;
    if (connection.dirty) std::erase(dirty_, &connection);
    connections_.erase(connection.id);
}

void Hub::received(Connection& connection, const Piece& piece) {
    if (connection.ended || connection.closing) return;
    world_.counters.bytes_in += piece.bytes.size();
    const Limits& limits = options_.limits;
    const std::size_t limit = connection.must_authenticate
                                  ? std::min(limits.pending_auth_frame_bytes, limits.frame_bytes)
                                  : limits.frame_bytes;
    const FrameResult result = connection.reader.take(piece, limit);
    if (std::holds_alternative<NeedMore>(result)) return;
    ++world_.counters.frames_in;
    tell_time(connection);
    if (const auto* violation = std::get_if<Violation>(&result)) {
        end(connection, violation->code, std::string(violation->reason));
    } else if (const auto* whole = std::get_if<WholeText>(&result)) {
        take(connection, connection.dialect->text(whole->text), whole->text.size());
    } else {
        const std::size_t bytes = std::get<TooLong>(result).bytes;
        take(connection, connection.dialect->too_long(bytes), bytes);
    }
    look_at_reading(connection);
}

void Hub::pong(Connection& connection) {
    connection.pings_unanswered = 0;
}

void Hub::writable(Connection& connection) {
    connection.choked = false;
    mark_dirty(connection);
}

void Hub::notices(std::vector<engine::Notice> batch) {
    ++world_.counters.notice_batches;
    world_.counters.notices += batch.size();
    for (engine::Notice& notice : batch) {
        const auto found = connections_.find(notice.connection);
        if (found == connections_.end() || found->second->ended || found->second->expired) continue;
        found->second->due.push(std::move(notice.body));
        mark_dirty(*found->second);
    }
}

void Hub::turn() {
    const std::int64_t now_us = world_.clock.monotonic_us();
    while (const auto entry = timers_.take_due(now_us)) {
        const auto found = connections_.find(entry->connection);
        if (found == connections_.end() || found->second->ended) continue;
        fire(*found->second, entry->what, now_us);
    }
    // What a notice leads to may make more due, to the same connection: then it is on the list
    // again.
    for (std::size_t i = 0; i < dirty_.size(); ++i) {
        Connection& connection = *dirty_[i];
        connection.dirty = false;
        write_due(connection);
        carry_out(connection);
    }
    dirty_.clear();
}

void Hub::close_all() {
    draining_ = true;
    for (auto& [id, connection] : connections_) {
        if (connection->ended) continue;
        if (connection->route->drain == DrainStyle::drop) {
            drop(*connection, 0);
        } else {
            end(*connection, 1012, "restarting");
        }
    }
}

void Hub::fire(Connection& connection, Deadline what, std::int64_t now_us) {
    const Limits& limits = options_.limits;
    switch (what) {
        case Deadline::ping:
            if (connection.pings_unanswered >= kPingsUnansweredMax) {
                drop(connection, 0);
                return;
            }
            connection.due.release();
            keep_alive(connection);
            mark_dirty(connection);
            timers_.add(now_us + limits.ping_interval_us, connection.id, Deadline::ping);
            return;
        case Deadline::stall:
            connection.stall_timer = false;
            if (!connection.choked) return;
            if (now_us - connection.progress_us >= limits.stall_us) {
                ++world_.counters.slow_closes;
                connection.ended = true;
                ++world_.counters.closes[4008];
                // The close frame leaves if it still fits; if not, the socket layer gives up soon.
                world_.sockets.close(connection.socket, 4008, "slow");
                return;
            }
            connection.stall_timer = true;
            timers_.add(connection.progress_us + limits.stall_us, connection.id, Deadline::stall);
            return;
        case Deadline::authenticate:
            if (connection.must_authenticate) end(connection, 4001, "Authentication required");
            return;
        case Deadline::expiry:
            if (now_us >= connection.expiry_due_us) connection.expiry_due_us = 0;
            watch_expiry(connection);
            return;
    }
}

// A ping that must be answered; in a stream of bytes, where nobody can answer, a comment.
void Hub::keep_alive(Connection& connection) {
    if (connection.framing == Framing::websocket) {
        ++connection.pings_unanswered;
        append_ping_frame(connection.answers);
    } else if (connection.written) {
        connection.answers += kKeepAliveComment;
    }
}

void Hub::append_frame(const Connection& connection, std::string& out, std::string_view frame) {
    ++world_.counters.frames_out;
    if (connection.framing == Framing::websocket) {
        append_text_frame(out, frame);
    } else {
        out += frame;
    }
}

// ---- ending ------------------------------------------------------------------------------------

void Hub::end(Connection& connection, std::uint16_t code, std::string reason) {
    if (connection.ended || connection.closing) return;
    connection.closing = dialects::Close{code, std::move(reason)};
    mark_dirty(connection);
    if (connection.framing == Framing::bytes && !connection.written && connection.answers.empty()) {
        // It owes its client an answer over HTTP.
        const bool draining = code == base::info(base::Code::restarting).closes;
        const base::Error error{draining ? base::Code::restarting : base::Code::busy,
                                connection.closing->reason,
                                {},
                                1'000};
        answer(connection, connection.dialect->refused(error, 0).frames);
    }
}

void Hub::drop(Connection& connection, std::uint16_t counted_as) {
    connection.ended = true;
    connection.due.drop_all();
    ++world_.counters.closes[counted_as];
    world_.sockets.drop(connection.socket);
}

// ---- writing -----------------------------------------------------------------------------------

void Hub::answer(Connection& connection, const std::vector<std::string>& frames) {
    if (connection.ended || frames.empty()) return;
    for (const std::string& frame : frames) append_frame(connection, connection.answers, frame);
    mark_dirty(connection);
}

// The caller sees to it that the requests are carried out.
void Hub::answer(Connection& connection, Encoded encoded) {
    answer(connection, encoded.frames);
    std::ranges::move(encoded.requests, std::back_inserter(connection.asked));
    if (encoded.close) end(connection, encoded.close->code, encoded.close->reason);
}

void Hub::tell_time(Connection& connection) {
    connection.dialect->tell_time(world_.clock.now_us());
}

void Hub::mark_dirty(Connection& connection) {
    if (connection.dirty || connection.ended) return;
    connection.dirty = true;
    dirty_.push_back(&connection);
}

void Hub::write_due(Connection& connection) {
    if (connection.ended) return;
    tell_time(connection);
    const bool all = write_answers(connection) && write_notices(connection);
    if (connection.ended) return;
    tell_consumed(connection);
    look_at_reading(connection);
    // A close frame is lost behind bytes that the system has yet to take.
    if (!all || !connection.closing || is_choked(connection)) return;
    connection.ended = true;
    ++world_.counters.closes[connection.closing->code];
    world_.sockets.close(connection.socket, connection.closing->code, connection.closing->reason);
}

// Whether the socket takes nothing now; then it has been asked to say when it does.
bool Hub::is_choked(Connection& connection) {
    if (connection.choked) return true;
    const std::int64_t now_us = world_.clock.monotonic_us();
    if (!world_.sockets.choked(connection.socket)) {
        connection.progress_us = now_us;
        return false;
    }
    connection.choked = true;
    connection.progress_us = now_us;
    world_.sockets.ask_writable(connection.socket);
    if (!connection.stall_timer) {
        connection.stall_timer = true;
        timers_.add(now_us + options_.limits.stall_us, connection.id, Deadline::stall);
    }
    return true;
}

// True: all answers have been handed over.
bool Hub::write_answers(Connection& connection) {
    std::size_t done = 0;
    while (done < connection.answers.size()) {
        if (is_choked(connection)) break;
        const std::string_view rest = std::string_view(connection.answers).substr(done);
        const std::size_t bytes = connection.framing == Framing::websocket
                                      ? whole_frames_within(rest, kPieceBytes)
                                      : std::min(rest.size(), kPieceBytes);
        piece_.assign(kHeadroomBytes, '\0');
        piece_ += rest.substr(0, bytes);
        done += bytes;
        if (!write_piece(connection)) return false;
    }
    if (done == connection.answers.size()) {
        std::string().swap(connection.answers);
        return true;
    }
    connection.answers.erase(0, done);
    return false;
}

// True: all notices have been encoded and handed over.
bool Hub::write_notices(Connection& connection) {
    while (!connection.due.empty()) {
        if (is_choked(connection)) return false;
        piece_.assign(kHeadroomBytes, '\0');
        while (!connection.due.empty() && piece_.size() < kHeadroomBytes + kPieceBytes) {
            encode_next(connection);
        }
        if (piece_.size() > kHeadroomBytes && !write_piece(connection)) return false;
    }
    return true;
}

bool Hub::write_piece(Connection& connection) {
    const std::size_t bytes = piece_.size() - kHeadroomBytes;
    connection.written = true;
    ++world_.counters.writes;
    world_.counters.bytes_out += bytes;
    if (world_.sockets.write(connection.socket, piece_.data() + kHeadroomBytes, bytes)) return true;
    drop(connection, 0);
    return false;
}

// Appends the frames of the next event or notice to the piece.
void Hub::encode_next(Connection& connection) {
    engine::NoticeBody& body = connection.due.front();
    Encoded encoded;
    if (const auto* delivered = std::get_if<engine::Delivered>(&body)) {
        const std::size_t at = connection.due.event();
        if (at < delivered->events.size()) {
            auto& one = std::get<engine::Delivered>(single_);
            one.slot = delivered->slot;
            one.prev = at == 0 ? delivered->prev : delivered->events[at - 1]->offset;
            one.events[0] = delivered->events[at];
            encoded = connection.dialect->notice(single_);
            encoded_event(connection, one.slot, *one.events[0]);
            one.events[0] = nullptr;
            connection.due.next_event();
        }
        if (connection.due.event() >= delivered->events.size()) connection.due.pop();
    } else {
        encoded = connection.dialect->notice(body);
        const bool answers_request = std::holds_alternative<engine::Accepted>(body) ||
                                     std::holds_alternative<engine::Refused>(body) ||
                                     std::holds_alternative<engine::HistoryPage>(body) ||
                                     std::holds_alternative<engine::CancelTaken>(body);
        if (answers_request && connection.in_flight > 0) --connection.in_flight;
        if (const auto* gone = std::get_if<engine::Unfollowed>(&body)) {
            std::erase_if(connection.followed,
                          [&](const Followed& one) { return one.slot == gone->slot; });
        }
        if (const auto* refused = std::get_if<engine::Refused>(&body)) {
            world_.counters.refused_frame(refused->error.code);
        }
        connection.due.pop();
    }
    for (const std::string& frame : encoded.frames) append_frame(connection, piece_, frame);
    std::ranges::move(encoded.requests, std::back_inserter(connection.asked));
    if (encoded.close && !connection.closing) connection.closing = std::move(encoded.close);
}

void Hub::encoded_event(Connection& connection, engine::Slot slot, const events::Event& event) {
    Followed* followed = connection.find(slot);
    if (followed == nullptr) return;  // left meanwhile
    followed->written = event.offset;
    followed->written_bytes += engine::delivery_weight(event);
}

// One call a follower and turn, however many events it was.
void Hub::tell_consumed(Connection& connection) {
    for (Followed& one : connection.followed) {
        if (!one.written) continue;
        world_.engine.consumed(connection.id, one.session, one.slot, one.written,
                               one.written_bytes);
        one.written = {};
        one.written_bytes = 0;
    }
}

void Hub::look_at_reading(Connection& connection) {
    if (connection.ended) return;
    const std::size_t in_flight_max = options_.limits.in_flight;
    const bool full =
        connection.in_flight >= in_flight_max || connection.answers.size() > kAnswersMax;
    const bool relieved =
        connection.in_flight <= in_flight_max / 2 && connection.answers.size() <= kAnswersMax / 2;
    if (connection.reading && full) {
        connection.reading = false;
        ++world_.counters.reading_pauses;
        world_.sockets.set_reading(connection.socket, false);
    } else if (!connection.reading && relieved) {
        connection.reading = true;
        world_.sockets.set_reading(connection.socket, true);
    }
}

}  // namespace chartroom::gateway
