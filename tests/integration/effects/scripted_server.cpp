#include "tests/integration/effects/scripted_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "core/base/check.hpp"

namespace chartroom::effects {
namespace {

// Head and, by its Content-Length, body. What came, if the other side ends first.
std::string read_request(int fd) {
    std::string request;
    std::array<char, 4096> buffer{};
    std::size_t whole = std::string::npos;
    while (request.size() < whole) {
        const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(got));
        const std::size_t head = request.find("\r\n\r\n");
        if (head == std::string::npos) continue;
        const std::size_t length = request.find("Content-Length: ");
        whole = head + 4 + (length < head ? std::strtoul(&request[length + 16], nullptr, 10) : 0);
    }
    return request;
}

}  // namespace

bool Peer::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Peer::await_close() const {
    std::array<char, 256> buffer{};
    while (recv(fd_, buffer.data(), buffer.size(), 0) > 0) {
    }
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(listen(listener_, 64) == 0);
    socklen_t size = sizeof address;
    CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& worker : workers_) worker.join();
    close(listener_);
}

std::string ScriptedServer::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::size_t ScriptedServer::connections() const {
    const std::lock_guard lock(mutex_);
    return workers_.size();
}

void ScriptedServer::accept_all() {
    for (;;) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::lock_guard lock(mutex_);
        if (closing_) {
            close(fd);
            return;
        }
        open_.push_back(fd);
        workers_.emplace_back([this, fd] { serve(fd); });
    }
}

void ScriptedServer::serve(int fd) {
    std::string request = read_request(fd);
    if (!request.empty()) script_(Peer(fd, std::move(request)));
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    close(fd);
}

}  // namespace chartroom::effects
