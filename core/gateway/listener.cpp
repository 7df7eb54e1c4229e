#include "core/gateway/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace chartroom::gateway {
namespace {

using base::Code;

constexpr int kBacklog = 1024;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const ListenAddress& address) {
    SocketAddress out;
    if (!address.unix_path.empty()) {
        auto& local = reinterpret_cast<sockaddr_un&>(out.storage);
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, address.unix_path.c_str(), address.unix_path.size() + 1);
        out.length = sizeof local;
    } else if (address.host.find(':') != std::string::npos) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
        out.length = sizeof v6;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
        out.length = sizeof v4;
    }
    return out;
}

// The socket of a server that died without removing its file answers nobody.
void remove_stale(const ListenAddress& address, SocketAddress& where) {
    struct stat about{};
    if (lstat(address.unix_path.c_str(), &about) != 0 || !S_ISSOCK(about.st_mode)) return;
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return;
    const bool answered = connect(probe, where.get(), where.length) == 0;
    ::close(probe);
    if (!answered) unlink(address.unix_path.c_str());
}

std::unexpected<base::Error> bind_error(const ListenAddress& address, int error) {
    std::string message = "cannot listen on " + to_string(address) + ": " + std::strerror(error);
    if (error == EADDRINUSE) {
        message += "; another server has it: stop that one, or choose another address";
    } else if (error == EACCES) {
        message += "; choose a port above 1023, or a folder that may be written";
    } else if (error == EADDRNOTAVAIL) {
        message += "; this machine has no such address";
    }
    return base::fail(Code::io, std::move(message));
}

std::string text_of(const sockaddr_storage& from) {
    char text[INET6_ADDRSTRLEN] = {};
    if (from.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, text, sizeof text);
    } else if (from.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, text,
                  sizeof text);
    } else {
        return "127.0.0.1";
    }
    return text;
}

}  // namespace

base::Result<Listener> Listener::bind(const ListenAddress& address, Serves serves) {
    SocketAddress where = to_socket_address(address);
    const bool is_unix = !address.unix_path.empty();
    Listener listener(
        socket(where.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), {}, serves);
    if (listener.fd_ < 0) return bind_error(address, errno);
    const int on = 1;
    if (is_unix) {
        remove_stale(address, where);
    } else {
        setsockopt(listener.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (where.storage.ss_family == AF_INET6) {
            setsockopt(listener.fd_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        }
    }
    if (::bind(listener.fd_, where.get(), where.length) != 0) return bind_error(address, errno);
    listener.address_ = address;
    if (is_unix) chmod(address.unix_path.c_str(), 0660);
    if (::listen(listener.fd_, kBacklog) != 0) return bind_error(address, errno);
    if (!is_unix) {
        getsockname(listener.fd_, where.get(), &where.length);
        listener.address_.port =
            where.storage.ss_family == AF_INET6
                ? ntohs(reinterpret_cast<sockaddr_in6&>(where.storage).sin6_port)
                : ntohs(reinterpret_cast<sockaddr_in&>(where.storage).sin_port);
    }
    return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      serves_(other.serves_) {}

Listener::~Listener() {
    close();
}

bool Listener::on_loopback() const {
    return is_unix() || is_loopback_host(address_.host);
}

void Listener::close() {
    if (fd_ < 0) return;
    ::close(std::exchange(fd_, -1));
    if (is_unix()) unlink(address_.unix_path.c_str());
}

Accepted accept_from(const Listener& listener) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const int fd = accept4(listener.fd(), reinterpret_cast<sockaddr*>(&from), &length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return {-1, {}, errno == EMFILE || errno == ENFILE};
    const int on = 1;
    if (!listener.is_unix()) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return {fd, text_of(from), false};
}

std::size_t raise_open_files(std::size_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}

}  // namespace chartroom::gateway
