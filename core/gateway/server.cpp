// The server's sockets and loop. Field notes on libwebsockets stand in server_impl.hpp.
#include "core/gateway/server.hpp"

#include <libwebsockets.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/gateway/lws_request.hpp"
#include "core/gateway/server_impl.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;
using base::fail;

static_assert(kHeadroomBytes >= LWS_PRE);

constexpr std::size_t kReadBytes = 1024;       // of a connection's own read buffer
constexpr std::size_t kWriteBytes = 1u << 20;  // of one send(); else it were the read buffer's
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kHttpSockets = 256;  // beside the connections: pages, metrics, upgrades
constexpr std::uint64_t kTickMs = 500;
constexpr unsigned kBehindDeadlinesSeconds = 5;
constexpr std::uint64_t kHangUpTicks = 4;  // between looks for streams that nobody reads
constexpr int kKeepaliveSeconds = 15;      // for the whole of the next request of a connection
constexpr std::size_t kOtherFiles = 512;   // the log, plugins, libraries

void log_line(int level, const char* line) {
    std::string_view text(line);
    while (text.ends_with('\n')) text.remove_suffix(1);
    // Said of every stream over HTTP/1 by lws_http_mark_sse(), which works all the same.
    if (text.ends_with("not h2 substream")) return;
    base::log(level == LLL_ERR ? base::LogLevel::error : base::LogLevel::warn, "gateway.lws",
              {{"message", text}});
}

}  // namespace

// ---- translation -------------------------------------------------------------------------------

int Server::Impl::callback(lws* wsi, lws_callback_reasons reason, void*, void* in,
                           std::size_t length) {
    auto* impl = static_cast<Impl*>(lws_context_user(lws_get_context(wsi)));
    if (impl == nullptr || !impl->handlers) return 0;
    return impl->dispatch(wsi, reason, in, length);
}

int Server::Impl::dispatch(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length) {
    Peer* peer = peer_of(wsi);
    switch (reason) {
        case LWS_CALLBACK_HTTP:
            return peer == nullptr ? -1 : on_request(wsi);
        case LWS_CALLBACK_HTTP_BODY:
            return peer == nullptr ? -1 : on_body(wsi, static_cast<const char*>(in), length);
        case LWS_CALLBACK_HTTP_BODY_COMPLETION:
            return peer == nullptr ? -1 : on_body_end(wsi);
        case LWS_CALLBACK_HTTP_WRITEABLE:
            if (peer == nullptr) return -1;
            if (peer->connection == nullptr) return on_response_writable(wsi);
            handlers->hub.writable(*peer->connection);
            return 0;
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
            return peer == nullptr ? -1 : on_upgrade(wsi, static_cast<const char*>(in));
        case LWS_CALLBACK_ESTABLISHED:
            return peer == nullptr ? 0 : on_established(wsi);
        case LWS_CALLBACK_RECEIVE:
            return on_received(wsi, static_cast<const char*>(in), length);
        case LWS_CALLBACK_RECEIVE_PONG:
            if (peer != nullptr && peer->connection != nullptr) {
                handlers->hub.pong(*peer->connection);
            }
            return 0;
        case LWS_CALLBACK_SERVER_WRITEABLE:
            if (peer != nullptr && peer->connection != nullptr) {
                handlers->hub.writable(*peer->connection);
            }
            return 0;
        case LWS_CALLBACK_TIMER:
            return peer == nullptr ? 0 : on_timer(wsi);
        case LWS_CALLBACK_CLOSED:
        case LWS_CALLBACK_CLOSED_HTTP:
        case LWS_CALLBACK_WSI_DESTROY:
            if (peer == nullptr) return 0;
            on_gone(wsi);
            if (reason == LWS_CALLBACK_WSI_DESTROY) {
                lws_set_opaque_user_data(wsi, nullptr);
                delete peer;
                --sockets;
            }
            return 0;
        default:
            return 0;
    }
}

int Server::Impl::on_upgrade(lws* wsi, const char* upgrade) {
    Peer& peer = *peer_of(wsi);
    peer.awaits_request = false;
    std::string kind = upgrade == nullptr ? "" : upgrade;
    std::ranges::transform(kind, kind.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (kind != "websocket") {
        ++handlers->counters.refused_upgrades["unknown_upgrade"];
        return -1;
    }
    std::expected<Admitted, Refusal> admitted =
        std::unexpected(Refusal{problem(404, "no socket is opened here"), "no_route"});
    if (peer.serves == Serves::clients) {
        admitted =
            handlers->admission.admit(read_request(wsi, peer.address, peer.on_loopback, options));
    }
    if (admitted && handlers->hub.draining()) {
        admitted = std::unexpected(Refusal{problem(503, "the server is restarting"), "draining"});
    } else if (admitted && !subprotocol_fits(wsi)) {
        admitted = std::unexpected(
            Refusal{problem(400, "the only subprotocol here is chartroom.v1"), "subprotocol"});
    }
    if (admitted) {
        peer.admitted = std::make_unique<Admitted>(std::move(*admitted));
        return 0;
    }
    ++handlers->counters.refused_upgrades[std::string(admitted.error().reason)];
    if (write_whole(wsi, serialize(admitted.error().response, false, true)) < 0) return -1;
    return 1;
}

int Server::Impl::on_established(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    if (peer.admitted == nullptr) {
        end(wsi, 0, {});
        return 0;
    }
    auto dialect = dialects::make_dialect(peer.admitted->route->dialect);
    peer.connection =
        handlers->hub.open(std::move(*peer.admitted), Socket{wsi}, std::move(dialect));
    peer.admitted.reset();
    return 0;
}

int Server::Impl::on_received(lws* wsi, const char* bytes, std::size_t length) {
    Peer* peer = peer_of(wsi);
    if (peer == nullptr || peer->connection == nullptr) return 0;
    Piece piece;
    piece.bytes = bytes == nullptr ? std::string_view() : std::string_view(bytes, length);
    piece.first = lws_is_first_fragment(wsi) != 0;
    piece.last = lws_is_final_fragment(wsi) != 0;
    piece.binary = lws_frame_is_binary(wsi) != 0;
    piece.remaining = lws_remaining_packet_payload(wsi);
    handlers->hub.received(*peer->connection, piece);
    return 0;
}

int Server::Impl::on_timer(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    if (!peer.end && peer.asked) return on_body_late(wsi);
    if (!peer.end) return peer.awaits_request ? -1 : 0;
    if (*peer.end != 0) {
        lws_close_reason(wsi, static_cast<lws_close_status>(*peer.end),
                         reinterpret_cast<unsigned char*>(peer.end_reason.data()),
                         peer.end_reason.size());
    }
    return -1;
}

void Server::Impl::on_gone(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    on_http_gone(wsi);
    if (peer.connection == nullptr) return;
    handlers->hub.closed(*std::exchange(peer.connection, nullptr));
}

void Server::Impl::end(lws* wsi, std::uint16_t code, std::string_view reason) {
    Peer* peer = peer_of(wsi);
    if (peer == nullptr || peer->end) return;
    // A stream over HTTP has no close frame.
    const bool websocket =
        peer->connection != nullptr && peer->connection->framing == Framing::websocket;
    peer->end = websocket ? code : 0;
    peer->end_reason = reason;
    lws_set_timer_usecs(wsi, 1);
    timers_set = true;
}

// ---- what the hub asks for ---------------------------------------------------------------------

bool Server::choked(Socket socket) {
    return lws_send_pipe_choked(wsi_of(socket)) != 0;
}

bool Server::write(Socket socket, char* frames, std::size_t bytes) {
    return lws_write(wsi_of(socket), reinterpret_cast<unsigned char*>(frames), bytes,
                     LWS_WRITE_RAW) >= 0;
}

void Server::ask_writable(Socket socket) {
    lws_callback_on_writable(wsi_of(socket));
}

void Server::set_reading(Socket socket, bool on) {
    lws_rx_flow_control(wsi_of(socket), on ? 1 : 0);
}

void Server::close(Socket socket, std::uint16_t code, std::string_view reason) {
    impl_->end(wsi_of(socket), code, reason);
}

void Server::drop(Socket socket) {
    impl_->end(wsi_of(socket), 0, {});
}

void Server::respond(base::ConnectionId call, HttpResponse response) {
    impl_->respond_later(call, std::move(response));
}

// ---- the loop ----------------------------------------------------------------------------------

void Server::Impl::turn() {
    if (!handlers) return;
    handlers->on_turn();
    if (finished) return;
    handlers->hub.turn();
    if (std::exchange(timers_set, false)) lws_cancel_service(context);
}

void Server::Impl::accept_waiting(const Listener& listener) {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        const Accepted accepted = accept_from(listener);
        if (accepted.exhausted) {
            base::log(base::LogLevel::warn, "gateway.no_descriptors", {{"sockets", sockets}});
            accepting_paused = true;
            poll_listeners(false);  // until the next tick: the listener stays readable
        }
        if (accepted.fd < 0) return;
        if (sockets >= options.limits.connections + kHttpSockets) {
            ++handlers->counters.refused_upgrades["sockets"];
            ::close(accepted.fd);
            continue;
        }
        // A Unix socket is for a proxy on this machine, which speaks TLS itself.
        const int flags =
            LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | (listener.is_unix() ? 0 : LWS_ADOPT_ALLOW_SSL);
        lws_sock_file_fd_type socket{};
        socket.sockfd = accepted.fd;
        lws* wsi = lws_adopt_descriptor_vhost(vhost, static_cast<lws_adoption_type>(flags), socket,
                                              nullptr, nullptr);
        if (wsi == nullptr) continue;  // closed by libwebsockets
        auto peer = std::make_unique<Peer>();
        peer->address = accepted.address;
        peer->on_loopback = listener.on_loopback();
        peer->serves = listener.serves();
        lws_set_opaque_user_data(wsi, peer.release());
        // A deadline for the whole of the headers, however they trickle in.
        lws_set_timer_usecs(wsi, options.limits.header_deadline_us);
        timers_set = true;
        ++sockets;
    }
}

void Server::Impl::poll_listeners(bool on) {
    for (std::size_t i = 0; i < polls.size(); ++i) {
        if (!on) {
            uv_poll_stop(polls[i].get());
            continue;
        }
        uv_poll_start(polls[i].get(), UV_READABLE, [](uv_poll_t* handle, int, int) {
            auto* impl = static_cast<Impl*>(handle->loop->data);
            const auto at =
                std::ranges::find(impl->polls, handle, &std::unique_ptr<uv_poll_t>::get);
            const auto index = static_cast<std::size_t>(at - impl->polls.begin());
            impl->accept_waiting(impl->listeners[index]);
        });
    }
}

void Server::Impl::start_handles() {
    loop.data = this;
    for (const Listener& listener : listeners) {
        polls.push_back(std::make_unique<uv_poll_t>());
        uv_poll_init(&loop, polls.back().get(), listener.fd());
    }
    poll_listeners(true);
    uv_check_start(&check,
                   [](uv_check_t* handle) { static_cast<Impl*>(handle->loop->data)->turn(); });
    uv_timer_start(
        &tick,
        [](uv_timer_t* handle) {
            auto* impl = static_cast<Impl*>(handle->loop->data);
            if (std::exchange(impl->accepting_paused, false)) impl->poll_listeners(true);
            if (++impl->ticks % kHangUpTicks == 0) impl->end_hung_up_streams();
        },
        kTickMs, kTickMs);
}

void Server::close_listeners() {
    for (auto& poll : impl_->polls) {
        if (uv_is_closing(reinterpret_cast<uv_handle_t*>(poll.get())) != 0) continue;
        uv_close(reinterpret_cast<uv_handle_t*>(poll.get()), [](uv_handle_t* handle) {
            // The handle's memory is ours only now.
            auto& polls = static_cast<Impl*>(handle->loop->data)->polls;
            std::erase_if(polls, [&](const auto& one) {
                return reinterpret_cast<uv_handle_t*>(one.get()) == handle;
            });
        });
    }
    for (Listener& listener : impl_->listeners) listener.close();
}

base::Result<void> Server::Impl::make_context() {
    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    protocols[0] = {"chartroom.v1", &Impl::callback, 0, kReadBytes, 0, nullptr, kWriteBytes};
    std::array<void*, 1> loops = {&loop};
    lws_context_creation_info info{};
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = protocols.data();
    info.options = LWS_SERVER_OPTION_LIBUV;
    info.foreign_loops = loops.data();
    info.gid = static_cast<gid_t>(-1);
    info.uid = static_cast<uid_t>(-1);
    info.user = this;
    info.pcontext = &context;
    info.server_string = options.server.c_str();
    info.alpn = "http/1.1";
    info.max_http_header_data2 = static_cast<unsigned>(kHeaderBytesRead);
    // Behind deadlines of our own, which answer where it would hang up.
    const std::int64_t deadline_us =
        std::max(options.limits.header_deadline_us, options.limits.body_deadline_us);
    info.timeout_secs = static_cast<unsigned>(deadline_us / 1'000'000) + kBehindDeadlinesSeconds;
    info.keepalive_timeout = kKeepaliveSeconds;
    info.vhost_name = "chartroom";
    if (!options.tls_cert.empty()) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = options.tls_cert.c_str();
        info.ssl_private_key_filepath = options.tls_key.c_str();
    }
    context = lws_create_context(&info);
    if (context == nullptr) {
        return fail(options.tls_cert.empty() ? Code::internal : Code::bad_config,
                    options.tls_cert.empty()
                        ? "libwebsockets made no context; is libwebsockets-evlib-uv installed?"
                        : "cannot use certificate " + options.tls_cert + " with its key");
    }
    vhost = lws_get_vhost_by_name(context, info.vhost_name);
    if (vhost == nullptr) return fail(Code::internal, "libwebsockets made no vhost");
    return {};
}

base::Result<std::unique_ptr<Server>> Server::make(const Options& options,
                                                   std::vector<Listener> listeners) {
    raise_open_files(options.limits.connections + kHttpSockets + kOtherFiles);
    auto impl = std::make_unique<Impl>(options);
    impl->listeners = std::move(listeners);
    if (uv_loop_init(&impl->loop) != 0) return fail(Code::io, "cannot make an event loop");
    impl->loop.data = impl.get();
    uv_async_init(&impl->loop, &impl->async, [](uv_async_t*) {});  // the turn does the work
    uv_check_init(&impl->loop, &impl->check);
    uv_timer_init(&impl->loop, &impl->tick);
    std::unique_ptr<Server> server(new Server(std::move(impl)));
    if (auto made = server->impl_->make_context(); !made) return std::unexpected(made.error());
    return server;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
    impl_->owner = this;
}

Server::~Server() {
    impl_->finish();
    CHECK(uv_loop_close(&impl_->loop) == 0);
}

void Server::wake() {
    uv_async_send(&impl_->async);
}

void Server::run(Handlers handlers) {
    impl_->handlers.emplace(std::move(handlers));
    impl_->start_handles();
    while (!impl_->finished) uv_run(&impl_->loop, UV_RUN_ONCE);
    impl_->finish();
    impl_->handlers.reset();
}

void Server::stop() {
    impl_->finished = true;
    uv_stop(&impl_->loop);
}

// Open connections keep the certificate that they began with. The call says nothing of what became
// of it.
void Server::reload_certificate() {
    const Options& options = impl_->options;
    lws_tls_cert_updated(impl_->context, options.tls_cert.c_str(), options.tls_key.c_str(), nullptr,
                         0, nullptr, 0);
}

// Ends everything that is left: the context's destruction closes its sockets, whose callbacks
// still come, and its handles need the loop to go. Idempotent.
void Server::Impl::finish() {
    finished = true;
    owner->close_listeners();
    if (context != nullptr) lws_context_destroy(context);
    for (uv_handle_t* handle :
         {reinterpret_cast<uv_handle_t*>(&async), reinterpret_cast<uv_handle_t*>(&check),
          reinterpret_cast<uv_handle_t*>(&tick)}) {
        if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    if (context != nullptr) lws_context_destroy(context);
    uv_run(&loop, UV_RUN_DEFAULT);
}

}  // namespace chartroom::gateway
