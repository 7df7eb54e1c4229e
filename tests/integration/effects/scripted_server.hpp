// An HTTP server whose every answer is a test's function: it reads one request a connection and
// lets the function write whatever bytes it likes, when it likes.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chartroom::effects {

// One accepted connection, in its own thread.
class Peer {
  public:
    Peer(int fd, std::string request) : fd_(fd), request_(std::move(request)) {}

    // Head and body as they came.
    [[nodiscard]] const std::string& request() const { return request_; }
    // False: the other side is gone.
    bool send(std::string_view bytes) const;
    // Waits until the other side has closed.
    void await_close() const;

  private:
    int fd_;
    std::string request_;
};

class ScriptedServer {
  public:
    using Script = std::function<void(const Peer&)>;
    // Listens on 127.0.0.1, any free port. `script` runs on a thread for each connection.
    explicit ScriptedServer(Script script);
    // Shuts all connections down and waits for the scripts.
    ~ScriptedServer();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url(std::string_view path = "/") const;
    [[nodiscard]] std::size_t connections() const;

  private:
    void accept_all();
    void serve(int fd);

    Script script_;
    int listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    bool closing_ = false;
    std::vector<int> open_;
    std::vector<std::thread> workers_;
    std::thread acceptor_;
};

}  // namespace chartroom::effects
