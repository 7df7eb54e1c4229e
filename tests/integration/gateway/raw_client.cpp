#include "tests/integration/gateway/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace chartroom::tests {
namespace {

constexpr int kPatienceMs = 15'000;

}  // namespace

unsigned ServerFrame::close_code() const {
    if (opcode != 8 || payload.size() < 2) return 0;
    return static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
}

RawClient::RawClient(std::uint16_t port, int receive_buffer) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0) {
        setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
        close(fd_);
        fd_ = -1;
    }
}

RawClient::~RawClient() {
    if (fd_ >= 0) close(fd_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawClient::fill() {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, kPatienceMs) != 1) return false;
    std::array<char, 65'536> bytes{};
    const ssize_t got = recv(fd_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

std::string RawClient::read_response(bool has_body) {
    std::size_t head = std::string::npos;
    while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return std::exchange(buffer_, {});
    }
    std::size_t whole = head + 4;
    const std::size_t length = buffer_.find("content-length: ");
    if (has_body && length < head) whole += std::strtoul(&buffer_[length + 16], nullptr, 10);
    while (buffer_.size() < whole) {
        if (!fill()) break;
    }
    std::string response = buffer_.substr(0, whole);
    buffer_.erase(0, whole);
    return response;
}

std::string RawClient::upgrade(std::string_view path, std::string_view more_headers) {
    send("GET " + std::string(path) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more_headers) + "\r\n");
    const std::string response = read_response();
    return response.substr(0, response.find("\r\n"));
}

bool RawClient::send_frame(unsigned opcode, std::string_view payload, bool final, bool mask) {
    constexpr std::array<char, 4> kMask = {0x11, 0x22, 0x33, 0x44};
    const char mask_bit = mask ? static_cast<char>(0x80) : '\0';
    std::string frame(1, static_cast<char>((final ? 0x80u : 0u) | opcode));
    if (payload.size() <= 125) {
        frame += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
    } else {
        const bool medium = payload.size() <= 0xffff;
        frame += static_cast<char>(mask_bit | static_cast<char>(medium ? 126 : 127));
        for (int shift = medium ? 8 : 56; shift >= 0; shift -= 8) {
            frame += static_cast<char>((payload.size() >> shift) & 0xff);
        }
    }
    if (mask) frame.append(kMask.data(), kMask.size());
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame += mask ? static_cast<char>(payload[i] ^ kMask[i % 4]) : payload[i];
    }
    return send(frame);
}

std::optional<ServerFrame> RawClient::parse_frame() {
    if (buffer_.size() < 2) return std::nullopt;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
    std::size_t header = 2;
    std::size_t length = byte(1) & 0x7fu;
    if (length >= 126) {
        const std::size_t extra = length == 126 ? 2 : 8;
        if (buffer_.size() < 2 + extra) return std::nullopt;
        length = 0;
        for (std::size_t i = 0; i < extra; ++i) length = length << 8 | byte(2 + i);
        header += extra;
    }
    if (buffer_.size() < header + length) return std::nullopt;
    ServerFrame frame{byte(0) & 0x0fu, buffer_.substr(header, length)};
    buffer_.erase(0, header + length);
    return frame;
}

std::optional<ServerFrame> RawClient::read_frame() {
    for (;;) {
        auto frame = parse_frame();
        if (frame && frame->opcode != 9) return frame;
        if (!frame && !fill()) return std::nullopt;
    }
}

unsigned RawClient::read_to_close() {
    while (const auto frame = read_frame()) {
        if (frame->opcode == 8) return frame->close_code();
    }
    return 0;
}

bool RawClient::read_to_end() {
    for (;;) {
        pollfd wait{fd_, POLLIN, 0};
        if (poll(&wait, 1, kPatienceMs) != 1) return false;
        std::array<char, 65'536> bytes{};
        if (recv(fd_, bytes.data(), bytes.size(), 0) <= 0) return true;
    }
}

bool RawClient::ended_within_ms(int ms) const {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, ms) != 1) return false;
    char byte = 0;
    return recv(fd_, &byte, 1, MSG_PEEK) <= 0;
}

}  // namespace chartroom::tests
