// The server's requests over HTTP: translation between libwebsockets' callbacks and the endpoint
// table. A body is collected whole before its handler is called; a response is handed over in
// pieces while the socket takes them.
#include <poll.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "core/gateway/event_stream.hpp"
#include "core/gateway/lws_request.hpp"
#include "core/gateway/server_impl.hpp"

namespace chartroom::gateway {
namespace {

constexpr std::size_t kResponsePiece = 16u << 10;
constexpr std::size_t kBodiesBytesMax = 32u << 20;  // of all requests at once; over it busy
constexpr int kKeepaliveSeconds = 15;  // for the whole of the next request of a connection

}  // namespace

int Server::Impl::on_request(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    if (peer.connection != nullptr) return -1;
    if (peer.owes_answer()) return on_too_early(wsi);
    peer.awaits_request = false;
    peer.exchange = {};
    Endpoints& endpoints =
        peer.serves == Serves::clients ? handlers->endpoints : handlers->operators_endpoints;
    auto asked =
        endpoints.begin(read_request(wsi, peer.address, peer.on_loopback, options), peer.exchange);
    if (!asked) return respond(wsi, std::move(asked.error()));
    const std::size_t bytes = asked->body_bytes;
    if (bytes == 0) {
        const int done = answer(wsi, handlers->endpoints.finish(*std::move(asked), {}));
        if (peer.call) lws_rx_flow_control(wsi, 0);  // what comes behind waits for its turn
        return done;
    }
    if (bodies_bytes + bytes > kBodiesBytesMax) {
        peer.exchange.unread_body = true;
        return respond(wsi, problem({base::Code::busy, "too much is being sent", {}, 1'000}));
    }
    bodies_bytes += bytes;
    const bool waits = asked->request.header("expect") == "100-continue";
    peer.asked = std::move(*asked);
    lws_set_timer_usecs(wsi, options.limits.body_deadline_us);
    return waits ? std::min(write_whole(wsi, "HTTP/1.1 100 Continue\r\n\r\n"), 0) : 0;
}

int Server::Impl::on_body(lws* wsi, const char* bytes, std::size_t length) {
    Peer& peer = *peer_of(wsi);
    if (!peer.asked || peer.body.size() + length > peer.asked->body_bytes) return -1;
    // Of a request with a body right behind another, libwebsockets gives the head again as the
    // body.
    const std::string_view piece(bytes, length);
    const std::string own_head = peer.asked->request.method + " ";
    if (peer.body.empty() && (piece.starts_with(own_head) || own_head.starts_with(piece)))
        return -1;
    peer.body.append(bytes, length);
    return 0;
}

int Server::Impl::on_body_end(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    // Once more for a body that was read: libwebsockets takes the head of a request that came right
    // behind for more of it.
    if (!peer.asked) return on_too_early(wsi);
    bodies_bytes -= peer.asked->body_bytes;
    Asked asked = *std::exchange(peer.asked, std::nullopt);
    const std::string body = std::exchange(peer.body, {});
    // Where it is no object, who knows whether the next request begins where it should.
    peer.ends = peer.ends || body.find_first_not_of(" \t\r\n") != body.find('{');
    return answer(wsi, handlers->endpoints.finish(std::move(asked), body));
}

// A request came before the one before it was answered. libwebsockets cannot be trusted with it:
// the answer that is owed is the last one, and says so where its head is not on its way already.
int Server::Impl::on_too_early(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    peer.ends = true;
    if (!peer.answer) {
        lws_rx_flow_control(wsi, 0);  // it would be offered again and again
        return 0;
    }
    const HttpResponse last = *std::exchange(peer.answer, std::nullopt);
    static_cast<void>(write_whole(wsi, serialize(last, peer.exchange.head, true)));
    return -1;
}

int Server::Impl::on_body_late(lws* wsi) {
    peer_of(wsi)->exchange.unread_body = true;
    return respond(wsi, problem(408, "the body did not come in time"));
}

int Server::Impl::answer(lws* wsi, Answer answer) {
    if (auto* response = std::get_if<HttpResponse>(&answer)) {
        return respond(wsi, std::move(*response));
    }
    // Neither has an end that could be waited for.
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    if (const auto* later = std::get_if<Later>(&answer)) {
        peer_of(wsi)->call = later->call;
        calls.emplace(later->call.value, wsi);
    } else {
        begin_stream(wsi, std::get<Stream>(std::move(answer)));
    }
    return 0;
}

void Server::Impl::begin_stream(lws* wsi, Stream stream) {
    Peer& peer = *peer_of(wsi);
    lws_http_mark_sse(wsi);
    auto complete = [this, exchange = peer.exchange](HttpResponse& response) {
        handlers->endpoints.complete(response, exchange);
    };
    peer.connection =
        handlers->hub.open(std::move(stream.admitted), Socket{wsi},
                           make_event_stream(std::move(stream.request), std::move(complete)));
    streams.push_back(wsi);
}

// libwebsockets stops reading from a client that has hung up, and says nothing.
void Server::Impl::end_hung_up_streams() {
    std::vector<pollfd> waiting;
    for (lws* wsi : streams) waiting.push_back({lws_get_socket_fd(wsi), POLLRDHUP, 0});
    if (::poll(waiting.data(), waiting.size(), 0) <= 0) return;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        if (waiting[i].revents != 0) end(streams[i], 0, {});
    }
}

int Server::Impl::respond(lws* wsi, HttpResponse response) {
    Peer& peer = *peer_of(wsi);
    handlers->endpoints.complete(response, peer.exchange);
    if (peer.exchange.unread_body || peer.ends) {
        // What comes behind is not read: the answer goes out at once and the connection ends.
        static_cast<void>(write_whole(wsi, serialize(response, peer.exchange.head, true)));
        return -1;
    }
    peer.answer = std::move(response);
    lws_callback_on_writable(wsi);
    return 0;
}

void Server::Impl::respond_later(base::ConnectionId call, HttpResponse response) {
    const auto found = calls.extract(call.value);
    if (!found) return;
    peer_of(found.mapped())->call.reset();
    lws_rx_flow_control(found.mapped(), 1);
    if (respond(found.mapped(), std::move(response)) < 0) end(found.mapped(), 0, {});
}

int Server::Impl::on_response_writable(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    if (const auto answer = std::exchange(peer.answer, std::nullopt)) {
        peer.response = serialize(*answer, peer.exchange.head, false);
        peer.written = 0;
    }
    const std::size_t left = peer.response.size() - peer.written;
    if (left == 0) return 0;
    const std::size_t bytes = std::min(left, kResponsePiece);
    std::string piece(LWS_PRE, '\0');
    piece.append(peer.response, peer.written, bytes);
    peer.written += bytes;
    const bool last = bytes == left;
    auto* start = reinterpret_cast<unsigned char*>(piece.data()) + LWS_PRE;
    if (lws_write(wsi, start, bytes, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) return -1;
    if (!last) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    std::string().swap(peer.response);
    peer.written = 0;
    if (peer.ends || lws_http_transaction_completed(wsi) != 0) return -1;
    peer.awaits_request = true;
    lws_set_timer_usecs(wsi, kKeepaliveSeconds * LWS_US_PER_SEC);
    return 0;
}

// At once, for what comes before the end of a connection or of a body.
int Server::Impl::write_whole(lws* wsi, std::string text) {
    text.insert(0, LWS_PRE, '\0');
    auto* start = reinterpret_cast<unsigned char*>(text.data()) + LWS_PRE;
    return lws_write(wsi, start, text.size() - LWS_PRE, LWS_WRITE_HTTP_FINAL);
}

void Server::Impl::on_http_gone(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    std::erase(streams, wsi);
    if (const auto asked = std::exchange(peer.asked, std::nullopt)) {
        bodies_bytes -= asked->body_bytes;
    }
    if (const auto call = std::exchange(peer.call, std::nullopt)) {
        calls.erase(call->value);
        handlers->calls.abandon(*call);
    }
}

}  // namespace chartroom::gateway
