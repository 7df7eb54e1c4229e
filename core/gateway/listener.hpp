// Listening sockets: bound by us, not by libwebsockets, so that a taken port has a clear message,
// port 0 works, and a drain closes them alone. The owner polls fd() and accepts from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/gateway/address.hpp"

namespace chartroom::gateway {

// Whom a listener is for: clients, or who operates the server (metrics and health, nothing else).
enum class Serves : std::uint8_t { clients, operators };

class Listener {
  public:
    // Binds and listens, non-blocking. A Unix socket's stale file is removed, its mode is 0660.
    // Errors: io, naming the address and what to do.
    [[nodiscard]] static base::Result<Listener> bind(const ListenAddress& address,
                                                     Serves serves = Serves::clients);
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] Serves serves() const { return serves_; }
    [[nodiscard]] bool is_unix() const { return !address_.unix_path.empty(); }
    // With the port that was picked.
    [[nodiscard]] const ListenAddress& address() const { return address_; }
    // Whether only this machine can connect.
    [[nodiscard]] bool on_loopback() const;
    void close();

  private:
    Listener(int fd, ListenAddress address, Serves serves)
        : fd_(fd), address_(std::move(address)), serves_(serves) {}
    int fd_ = -1;
    ListenAddress address_;
    Serves serves_;
};

struct Accepted {
    int fd = -1;             // the caller's; -1: nothing waits
    std::string address;     // of the peer; of a Unix socket a loopback address
    bool exhausted = false;  // no file descriptors are left; try again later
};

// Takes one waiting connection. Non-blocking, close-on-exec, without Nagle's delay.
[[nodiscard]] Accepted accept_from(const Listener& listener);

// Raises the soft limit of open files to `wanted` or as far as allowed. Returns what it is then.
std::size_t raise_open_files(std::size_t wanted);

}  // namespace chartroom::gateway
