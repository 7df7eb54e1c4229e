// What the server's two halves share: sockets and loop (server.cpp), requests over HTTP
// (server_http.cpp). Private to them.
//
// Field notes that they follow, each found by experiment with libwebsockets 4.1.6:
//  - the loop is foreign to libwebsockets, which else installs signal handlers of its own;
//  - a close frame only leaves from the TIMER callback: ask for a timer, set the reason there;
//  - nor does it leave while an earlier write is kept below: close only when nothing chokes;
//  - a timer that was set outside of its callbacks is noticed after lws_cancel_service();
//  - an Upgrade that is not websocket must be refused in CONFIRM_UPGRADE (CVE-2025-11677);
//  - teardown callbacks come in more than one order, so every callback takes a missing state.
#pragma once

#include <libwebsockets.h>
#include <uv.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/gateway/server.hpp"

namespace chartroom::gateway {

// What a wsi carries. Made when it is accepted, freed when libwebsockets destroys the wsi. Its one
// timer is, in turn, for a request's headers, its body, and the end of the connection.
struct Peer {
    std::string address;
    bool on_loopback = false;
    Serves serves = Serves::clients;
    std::unique_ptr<Admitted> admitted;  // between the upgrade's confirmation and the connection
    Connection* connection = nullptr;    // a socket's or a stream's
    bool awaits_request = true;          // its headers are not whole yet

    // A request over HTTP.
    Exchange exchange;
    std::optional<Asked> asked;  // its body is being read
    std::string body;
    std::optional<base::ConnectionId> call;  // its answer comes later
    std::optional<HttpResponse> answer;      // waits for the socket
    std::string response;                    // is being written
    std::size_t written = 0;

    bool ends = false;  // the connection ends behind the answer that is owed
    [[nodiscard]] bool owes_answer() const { return asked || call || answer || !response.empty(); }

    // How the TIMER callback ends the connection: a code, or 0 for no close frame.
    std::optional<std::uint16_t> end;
    std::string end_reason;
};

inline Peer* peer_of(lws* wsi) {
    return static_cast<Peer*>(lws_get_opaque_user_data(wsi));
}
inline lws* wsi_of(Socket socket) {
    return static_cast<lws*>(socket.handle);
}

struct Server::Impl {
    const Options& options;
    std::vector<Listener> listeners;
    uv_loop_t loop{};
    uv_async_t async{};
    uv_check_t check{};
    uv_timer_t tick{};
    std::uint64_t ticks = 0;
    std::vector<std::unique_ptr<uv_poll_t>> polls;  // one a listener
    lws_context* context = nullptr;
    lws_vhost* vhost = nullptr;
    Server* owner = nullptr;
    std::optional<Handlers> handlers;  // while run() runs
    std::size_t sockets = 0;
    std::size_t bodies_bytes = 0;                   // of all bodies that are being read
    std::unordered_map<std::uint64_t, lws*> calls;  // whose answer comes later
    std::vector<lws*> streams;                      // responses that do not end
    bool timers_set = false;  // a timer was set outside of libwebsockets' callbacks
    bool accepting_paused = false;
    bool finished = false;
    std::array<lws_protocols, 2> protocols{};

    explicit Impl(const Options& given) : options(given) {}

    // ---- sockets and loop (server.cpp)
    [[nodiscard]] base::Result<void> make_context();
    void start_handles();
    void finish();
    void poll_listeners(bool on);
    void accept_waiting(const Listener& listener);
    void turn();

    int on_upgrade(lws* wsi, const char* upgrade);
    int on_established(lws* wsi);
    int on_received(lws* wsi, const char* bytes, std::size_t length);
    int on_timer(lws* wsi);
    void on_gone(lws* wsi);
    void end(lws* wsi, std::uint16_t code, std::string_view reason);
    int dispatch(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length);
    static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                        std::size_t length);

    // ---- requests over HTTP (server_http.cpp). What they return goes back to libwebsockets: -1
    // ends the connection.
    int on_request(lws* wsi);
    int on_body(lws* wsi, const char* bytes, std::size_t length);
    int on_body_end(lws* wsi);
    int on_body_late(lws* wsi);
    int on_too_early(lws* wsi);
    int on_response_writable(lws* wsi);
    int answer(lws* wsi, Answer answer);
    int respond(lws* wsi, HttpResponse response);
    void respond_later(base::ConnectionId call, HttpResponse response);
    void begin_stream(lws* wsi, Stream stream);
    [[nodiscard]] int write_whole(lws* wsi, std::string text);
    void end_hung_up_streams();
    void on_http_gone(lws* wsi);
};

}  // namespace chartroom::gateway
