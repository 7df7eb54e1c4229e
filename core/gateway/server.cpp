// Field notes that this file follows, each found by experiment with 4.1.6:
//  - the loop is foreign to libwebsockets, which else installs signal handlers of its own;
//  - a close frame only leaves from the TIMER callback: ask for a timer, set the reason there;
//  - nor does it leave while an earlier write is kept below: close only when nothing chokes;
//  - a timer that was set outside of its callbacks is noticed after lws_cancel_service();
//  - an Upgrade that is not websocket must be refused in CONFIRM_UPGRADE (CVE-2025-11677);
//  - teardown callbacks come in more than one order, so every callback takes a missing state.
#include "core/gateway/server.hpp"

#include <libwebsockets.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/gateway/address.hpp"

namespace chartroom::gateway {
namespace {

using base::Code;
using base::fail;

static_assert(kHeadroomBytes >= LWS_PRE);

constexpr std::size_t kReadBytes = 1024;        // of a connection's own read buffer
constexpr std::size_t kWriteBytes = 1u << 20;   // of one send(); else it were the read buffer's
constexpr std::size_t kHeaderBytes = 8u << 10;  // of a request's headers; over it dropped
constexpr std::size_t kQueryMax = 32;           // arguments of a URL; the rest is ignored
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kHttpSockets = 256;      // beside the connections: pages, metrics, upgrades
constexpr std::size_t kBodyPiece = 16u << 10;  // of an HTTP response
constexpr std::uint64_t kTickMs = 500;
constexpr int kKeepaliveSeconds = 15;     // for the whole of the next request of a connection
constexpr std::size_t kOtherFiles = 512;  // the log, plugins, libraries

// What a wsi carries. Made when it is accepted, freed when libwebsockets destroys the wsi.
struct Peer {
    std::string address;
    bool on_loopback = false;
    std::unique_ptr<Admitted> admitted;  // between the upgrade's confirmation and the connection
    Connection* connection = nullptr;
    bool awaits_request = true;  // its headers are not whole yet; the TIMER callback ends that
    // An HTTP response that is being written.
    std::string response;
    std::size_t written = 0;
    // How the TIMER callback ends the connection: a code, or 0 for no close frame.
    std::optional<std::uint16_t> end;
    std::string end_reason;
};

Peer* peer_of(lws* wsi) {
    return static_cast<Peer*>(lws_get_opaque_user_data(wsi));
}
lws* wsi_of(Socket socket) {
    return static_cast<lws*>(socket.handle);
}

std::string header(lws* wsi, lws_token_indexes token) {
    const int length = lws_hdr_total_length(wsi, token);
    if (length <= 0) return {};
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    const int copied = lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), token);
    value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
    return value;
}

constexpr std::array<std::pair<lws_token_indexes, const char*>, 7> kMethods = {{
    {WSI_TOKEN_GET_URI, "GET"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
    {WSI_TOKEN_POST_URI, "POST"},
    {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_PUT_URI, "PUT"},
    {WSI_TOKEN_PATCH_URI, "PATCH"},
    {WSI_TOKEN_DELETE_URI, "DELETE"},
}};

void read_query(lws* wsi, Query& query) {
    std::string argument(kHeaderBytes, '\0');
    for (std::size_t i = 0; i < kQueryMax; ++i) {
        const int length =
            lws_hdr_copy_fragment(wsi, argument.data(), static_cast<int>(argument.size()),
                                  WSI_TOKEN_HTTP_URI_ARGS, static_cast<int>(i));
        if (length < 0) return;
        const std::string_view text(argument.data(), static_cast<std::size_t>(length));
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) {
            query.emplace(text, "");
        } else {
            query.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
}

HttpRequest read_request(lws* wsi, const Peer& peer, const Options& options) {
    HttpRequest request;
    for (const auto& [token, method] : kMethods) {
        if (lws_hdr_total_length(wsi, token) <= 0) continue;
        request.method = method;
        request.path = header(wsi, token);
        break;
    }
    read_query(wsi, request.query);
    request.host = header(wsi, WSI_TOKEN_HOST);
    request.origin = header(wsi, WSI_TOKEN_ORIGIN);
    request.authorization = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    request.address = client_address(peer.address, options.trusted_proxies,
                                     header(wsi, WSI_TOKEN_X_FORWARDED_FOR),
                                     header(wsi, WSI_TOKEN_HTTP_X_REAL_IP));
    request.on_loopback = peer.on_loopback;
    const std::string length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    request.has_body = (!length.empty() && length != "0") ||
                       lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    return request;
}

// Whether the client offers the one subprotocol that is spoken here, or none.
bool subprotocol_fits(lws* wsi) {
    std::string offered = header(wsi, WSI_TOKEN_PROTOCOL);
    if (offered.empty()) return true;
    for (std::size_t from = 0; from <= offered.size();) {
        const std::size_t comma = std::min(offered.find(',', from), offered.size());
        std::string_view name = std::string_view(offered).substr(from, comma - from);
        while (name.starts_with(' ')) name.remove_prefix(1);
        while (name.ends_with(' ')) name.remove_suffix(1);
        if (name == "chartroom.v1") return true;
        from = comma + 1;
    }
    return false;
}

void log_line(int level, const char* line) {
    std::string_view text(line);
    while (text.ends_with('\n')) text.remove_suffix(1);
    base::log(level == LLL_ERR ? base::LogLevel::error : base::LogLevel::warn, "gateway.lws",
              {{"message", text}});
}

}  // namespace

struct Server::Impl {
    const Options& options;
    std::vector<Listener> listeners;
    uv_loop_t loop{};
    uv_async_t async{};
    uv_check_t check{};
    uv_timer_t tick{};
    std::vector<std::unique_ptr<uv_poll_t>> polls;  // one a listener
    lws_context* context = nullptr;
    lws_vhost* vhost = nullptr;
    Server* owner = nullptr;
    std::optional<Handlers> handlers;  // while run() runs
    std::size_t sockets = 0;
    bool timers_set = false;  // a timer was set outside of libwebsockets' callbacks
    bool accepting_paused = false;
    bool finished = false;
    std::array<lws_protocols, 2> protocols{};

    explicit Impl(const Options& given) : options(given) {}

    [[nodiscard]] base::Result<void> make_context();
    void start_handles();
    void finish();
    void poll_listeners(bool on);
    void accept_waiting(const Listener& listener);
    void turn();

    int on_request(lws* wsi);
    int on_response_writable(lws* wsi);
    int on_upgrade(lws* wsi, const char* upgrade);
    int on_established(lws* wsi);
    int on_received(lws* wsi, const char* bytes, std::size_t length);
    int on_timer(lws* wsi);
    void on_gone(lws* wsi);
    void end(lws* wsi, std::uint16_t code, std::string_view reason);
    [[nodiscard]] int write_whole(lws* wsi, std::string text);
    int dispatch(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length);
    static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                        std::size_t length);
};

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
        case LWS_CALLBACK_HTTP_WRITEABLE:
            return peer == nullptr ? -1 : on_response_writable(wsi);
        case LWS_CALLBACK_HTTP_BODY:
            return -1;  // none was asked for
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

int Server::Impl::on_request(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    peer.awaits_request = false;
    const HttpRequest request = read_request(wsi, peer, options);
    HttpResponse response;
    if (auto passed = handlers->admission.check_browser(request); !passed) {
        response = std::move(passed.error().response);
    } else {
        response = handlers->endpoints.answer(request);
    }
    ++handlers->counters.http_responses[response.status];
    std::string text = serialize(response, request.method == "HEAD", request.has_body);
    if (request.has_body) {
        // The body is not read: the answer goes out at once and the connection ends.
        static_cast<void>(write_whole(wsi, std::move(text)));
        return -1;
    }
    peer.response = std::move(text);
    peer.written = 0;
    lws_callback_on_writable(wsi);
    return 0;
}

int Server::Impl::on_response_writable(lws* wsi) {
    Peer& peer = *peer_of(wsi);
    const std::size_t left = peer.response.size() - peer.written;
    if (left == 0) return 0;
    const std::size_t bytes = std::min(left, kBodyPiece);
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
    if (lws_http_transaction_completed(wsi) != 0) return -1;
    peer.awaits_request = true;
    lws_set_timer_usecs(wsi, kKeepaliveSeconds * LWS_US_PER_SEC);
    return 0;
}

int Server::Impl::write_whole(lws* wsi, std::string text) {
    text.insert(0, LWS_PRE, '\0');
    auto* start = reinterpret_cast<unsigned char*>(text.data()) + LWS_PRE;
    return lws_write(wsi, start, text.size() - LWS_PRE, LWS_WRITE_HTTP_FINAL);
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
        handlers->admission.admit(read_request(wsi, peer, options));
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
    if (peer.connection == nullptr) return;
    handlers->hub.closed(*std::exchange(peer.connection, nullptr));
}

void Server::Impl::end(lws* wsi, std::uint16_t code, std::string_view reason) {
    Peer* peer = peer_of(wsi);
    if (peer == nullptr || peer->end) return;
    peer->end = code;
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
    info.max_http_header_data2 = static_cast<unsigned>(kHeaderBytes);
    info.timeout_secs = static_cast<unsigned>(options.limits.header_deadline_us / 1'000'000);
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
