// The server: the socket layer over libwebsockets and a libuv loop of our own. It translates
// callbacks into calls of hub, admission and endpoints, and their wishes into lws_ calls; it holds
// no logic. Only server*.cpp and lws_request.cpp use
// libwebsockets and libuv.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/gateway/admission.hpp"
#include "core/gateway/counters.hpp"
#include "core/gateway/endpoints.hpp"
#include "core/gateway/http_calls.hpp"
#include "core/gateway/hub.hpp"
#include "core/gateway/listener.hpp"
#include "core/gateway/options.hpp"
#include "core/gateway/sockets.hpp"

namespace chartroom::gateway {

class Server final : public Sockets, public HttpResponder {
  public:
    // What the server calls. All of it outlives run().
    struct Handlers {
        Hub& hub;
        Admission& admission;
        Endpoints& endpoints;            // of listeners for clients
        Endpoints& operators_endpoints;  // of those for operators; maybe the same
        HttpCalls& calls;
        Counters& counters;
        // At the end of every turn of the loop, before anything is written.
        std::function<void()> on_turn;
    };

    // Makes loop and context. Errors: bad_config (certificate or key), io, internal.
    [[nodiscard]] static base::Result<std::unique_ptr<Server>> make(
        const Options& options, std::vector<Listener> listeners);
    ~Server() override;

    // Accepts and serves on this thread until stop(). Once.
    void run(Handlers handlers);

    // Ends the current turn of a sleeping loop, so that on_turn is called. Any thread, while run()
    // runs or before.
    void wake();
    // On the loop's thread:
    void close_listeners();
    void stop();
    // Reads the certificate's files, which were checked just before, for new connections.
    void reload_certificate();

    bool choked(Socket socket) override;
    bool write(Socket socket, char* frames, std::size_t bytes) override;
    void ask_writable(Socket socket) override;
    void set_reading(Socket socket, bool on) override;
    void close(Socket socket, std::uint16_t code, std::string_view reason) override;
    void drop(Socket socket) override;
    void respond(base::ConnectionId call, HttpResponse response) override;

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace chartroom::gateway
