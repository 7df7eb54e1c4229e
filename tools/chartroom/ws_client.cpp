#include "tools/chartroom/ws_client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "core/base/base64.hpp"
#include "core/base/random.hpp"

namespace chartroom::tool {
namespace {

using base::Code;
using base::fail;

// Not a native route, too many refused frames, no good token, not ours, erased.
constexpr std::array<unsigned, 5> kFinalCloses{1003, 1008, 4001, 4003, 4009};
constexpr std::size_t kHandshakeBytesMax = 16u << 10;
constexpr std::size_t kReadBytes = 64u << 10;

std::string errno_text() {
    return std::strerror(errno);
}

base::Result<int> open_socket(const WsUrl& url) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found)) {
        return fail(Code::io, "cannot look up " + url.host + ": " + gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    std::string reason = "no address";
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) {
            reason = errno_text();
            continue;
        }
        if (::connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
            const int one = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
            return fd;
        }
        reason = errno_text();
        close(fd);
    }
    return fail(Code::io, "cannot connect to " + url.host + ":" + url.port + ": " + reason);
}

std::int64_t now_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

base::Result<WsUrl> parse_ws_url(std::string_view text) {
    constexpr std::string_view kScheme = "ws://";
    if (!text.starts_with(kScheme)) {
        return fail(Code::validation_error,
                    "not a ws:// address: " + std::string(text) + " (for TLS, go through a proxy)");
    }
    text.remove_prefix(kScheme.size());
    const auto slash = std::min(text.find('/'), text.size());
    std::string_view authority = text.substr(0, slash);
    WsUrl url;
    url.target = slash < text.size() ? std::string(text.substr(slash)) : "/";
    url.port = "80";
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        url.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    url.host = authority;
    if (url.host.empty() || url.port.empty()) {
        return fail(Code::validation_error, "no host or port in the address");
    }
    return url;
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask) {
    out += static_cast<char>(0x80u | static_cast<unsigned>(opcode));
    const std::size_t size = payload.size();
    const auto big_endian = [&](int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            out += static_cast<char>(size >> shift);
        }
    };
    if (size < 126) {
        out += static_cast<char>(0x80u | size);
    } else if (size <= 0xffff) {
        out += static_cast<char>(0x80u | 126u);
        big_endian(2);
    } else {
        out += static_cast<char>(0x80u | 127u);
        big_endian(8);
    }
    char key[4];
    std::memcpy(key, &mask, sizeof key);
    out.append(key, sizeof key);
    const std::size_t begin = out.size();
    out += payload;
    for (std::size_t i = 0; i < size; ++i) out[begin + i] ^= key[i & 3u];
}

char* FrameReader::space(std::size_t bytes) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (buffer_.size() - end_ < bytes && begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }
    if (buffer_.size() - end_ < bytes) buffer_.resize(end_ + bytes);
    return buffer_.data() + end_;
}

base::Result<std::optional<FrameReader::Frame>> FrameReader::next() {
    const auto* bytes = reinterpret_cast<const unsigned char*>(buffer_.data() + begin_);
    const std::size_t have = end_ - begin_;
    if (have < 2) return std::nullopt;
    if ((bytes[0] & 0x70u) != 0 || (bytes[1] & 0x80u) != 0) {
        return fail(Code::malformed, "the server sent a masked or reserved frame");
    }
    std::uint64_t size = bytes[1] & 0x7fu;
    std::size_t header = 2;
    if (size >= 126) {
        const std::size_t more = size == 126 ? 2 : 8;
        header += more;
        if (have < header) return std::nullopt;
        size = 0;
        for (std::size_t i = 0; i < more; ++i) size = (size << 8) | bytes[2 + i];
    }
    if (size > kFrameBytesMax) return fail(Code::malformed, "the server sent too long a frame");
    if (have - header < size) return std::nullopt;
    Frame frame{static_cast<Opcode>(bytes[0] & 0x0fu),
                (bytes[0] & 0x80u) != 0,
                {buffer_.data() + begin_ + header, static_cast<std::size_t>(size)}};
    begin_ += header + static_cast<std::size_t>(size);
    return frame;
}

WsClient::~WsClient() {
    if (fd_ >= 0) close(fd_);
}

WsClient::WsClient(WsClient&& other) noexcept {
    *this = std::move(other);
}

WsClient& WsClient::operator=(WsClient&& other) noexcept {
    if (this == &other) return *this;
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    mask_ = other.mask_;
    reader_ = std::move(other.reader_);
    output_ = std::move(other.output_);
    sent_ = std::exchange(other.sent_, 0);
    message_ = std::move(other.message_);
    in_message_ = other.in_message_;
    return *this;
}

base::Result<WsClient> WsClient::connect(const WsUrl& url, const std::vector<std::string>& headers,
                                         int timeout_ms) {
    auto fd = open_socket(url);
    if (!fd.has_value()) return std::unexpected(fd.error());
    WsClient client(*fd);
    if (auto upgraded = client.upgrade(url, headers, timeout_ms); !upgraded.has_value()) {
        return std::unexpected(upgraded.error());
    }
    return client;
}

base::Result<void> WsClient::upgrade(const WsUrl& url, const std::vector<std::string>& headers,
                                     int timeout_ms) {
    base::SystemRandom random;
    std::uint8_t nonce[16];
    random.fill(nonce);
    const bool six = url.host.find(':') != std::string::npos;
    output_ = "GET " + url.target +
              " HTTP/1.1\r\nHost: " + (six ? "[" + url.host + "]" : url.host) + ":" + url.port +
              "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
              base::to_base64({reinterpret_cast<const char*>(nonce), sizeof nonce},
                              base::Base64::standard) +
              "\r\n";
    for (const auto& header : headers) output_ += header + "\r\n";
    output_ += "\r\n";
    const std::int64_t deadline = now_ms() + timeout_ms;
    while (true) {
        const auto sent = flush();
        if (!sent.has_value()) return std::unexpected(sent.error());
        const std::string_view answer = reader_.pending();
        if (const auto end = answer.find("\r\n\r\n"); end != std::string_view::npos) {
            if (!answer.starts_with("HTTP/1.1 101")) {
                const std::string line(answer.substr(0, answer.find('\r')));
                const bool refused = line.starts_with("HTTP/1.1 4") &&
                                     !line.starts_with("HTTP/1.1 408") &&
                                     !line.starts_with("HTTP/1.1 429");
                return fail(refused ? Code::forbidden : Code::io, "the server answered " + line);
            }
            reader_.drop(end + 4);
            return {};
        }
        if (answer.size() > kHandshakeBytesMax) return fail(Code::io, "no WebSocket server there");
        const std::int64_t left = deadline - now_ms();
        pollfd poll_fd{fd_, static_cast<short>(*sent ? POLLIN : POLLIN | POLLOUT), 0};
        if (left <= 0 || poll(&poll_fd, 1, static_cast<int>(left)) <= 0) {
            return fail(Code::io, "the server did not answer in time");
        }
        const auto received = receive();
        if (!received.has_value()) return std::unexpected(received.error());
        if (!*received) return fail(Code::io, "the server hung up during the handshake");
    }
}

void WsClient::queue_text(std::string_view text) {
    append_frame(output_, Opcode::text, text, mask_);
    mask_ = mask_ * 1664525u + 1013904223u;
}

void WsClient::queue_close(std::uint16_t code) {
    const char payload[2] = {static_cast<char>(code >> 8), static_cast<char>(code)};
    append_frame(output_, Opcode::close, {payload, sizeof payload}, mask_);
}

base::Result<bool> WsClient::flush() {
    while (sent_ < output_.size()) {
        const ssize_t n = send(fd_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) return false;
            return fail(Code::io, "send: " + errno_text());
        }
        sent_ += static_cast<std::size_t>(n);
    }
    output_.clear();
    sent_ = 0;
    return true;
}

base::Result<bool> WsClient::receive() {
    while (true) {
        const ssize_t n = recv(fd_, reader_.space(kReadBytes), kReadBytes, 0);
        if (n == 0) return false;
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) return true;
            return fail(Code::io, "recv: " + errno_text());
        }
        reader_.filled(static_cast<std::size_t>(n));
        // A short read has emptied the socket; the next call would only say so.
        if (static_cast<std::size_t>(n) < kReadBytes) return true;
    }
}

base::Result<std::optional<std::string_view>> WsClient::next_text() {
    while (true) {
        const auto frame = reader_.next();
        if (!frame.has_value()) return std::unexpected(frame.error());
        if (!frame->has_value()) return std::nullopt;
        const auto& [opcode, final, payload] = **frame;
        switch (opcode) {
            case Opcode::ping:
                append_frame(output_, Opcode::pong, payload, mask_);
                continue;
            case Opcode::pong:
                continue;
            case Opcode::close: {
                const unsigned code = payload.size() < 2
                                          ? 1005u
                                          : (static_cast<unsigned char>(payload[0]) << 8) |
                                                static_cast<unsigned char>(payload[1]);
                const bool final_word = std::ranges::find(kFinalCloses, code) != kFinalCloses.end();
                return fail(
                    final_word ? Code::forbidden : Code::unavailable,
                    "closed by the server with " + std::to_string(code) + " " +
                        std::string(payload.substr(std::min<std::size_t>(2, payload.size()))));
            }
            default:
                break;
        }
        if (!in_message_ && final) return payload;
        if (!in_message_) message_.clear();
        if (message_.size() + payload.size() > FrameReader::kFrameBytesMax) {
            return fail(Code::malformed, "the server sent too long a message");
        }
        message_ += payload;
        in_message_ = !final;
        if (final) return std::string_view(message_);
    }
}

}  // namespace chartroom::tool
