// A WebSocket client (RFC 6455), as much of one as the terminal client and the load generator need:
// text frames over TCP to a server that is ours, no extensions, no TLS. The codec is pure and works
// on buffers; WsClient puts it on a socket that never blocks, so that one thread can poll
// thousands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace chartroom::tool {

struct WsUrl {
    std::string host;
    std::string port;
    std::string target;  // path and query
};
// `ws://127.0.0.1:8000/v1/session`. Errors: validation_error (wss too: use a proxy).
[[nodiscard]] base::Result<WsUrl> parse_ws_url(std::string_view text);

enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

// Appends one whole, masked frame (section 5.2) to `out`.
void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask);

// What a server sends, cut into frames. The bytes stay where they are: a Frame's payload points
// into the reader's buffer and holds until the next call.
class FrameReader {
  public:
    static constexpr std::size_t kFrameBytesMax = 8u << 20;

    struct Frame {
        Opcode opcode = Opcode::text;
        bool final = true;
        std::string_view payload;
    };

    // Room for at least `bytes` more; write there, then say how many with filled().
    [[nodiscard]] char* space(std::size_t bytes);
    void filled(std::size_t bytes) { end_ += bytes; }
    // The next whole frame, if there is one. Errors: malformed (masked, reserved bits, too long).
    [[nodiscard]] base::Result<std::optional<Frame>> next();
    // What has come and is no frame yet; used by the handshake.
    [[nodiscard]] std::string_view pending() const {
        return {buffer_.data() + begin_, end_ - begin_};
    }
    void drop(std::size_t bytes) { begin_ += bytes; }

  private:
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// One connection. Not copyable; closes the socket when it goes.
class WsClient {
  public:
    WsClient() = default;
    ~WsClient();
    WsClient(WsClient&& other) noexcept;
    WsClient& operator=(WsClient&& other) noexcept;

    // Connects and upgrades, waiting at most `timeout_ms`. `headers` are whole lines without their
    // ends. Errors: io (with what the server answered, if it did); forbidden where it answered that
    // this request is none that it takes (4xx).
    [[nodiscard]] static base::Result<WsClient> connect(const WsUrl& url,
                                                        const std::vector<std::string>& headers,
                                                        int timeout_ms);

    [[nodiscard]] int fd() const { return fd_; }
    // Queues a text frame; flush() sends.
    void queue_text(std::string_view text);
    // Sends what the socket takes. True: all is sent. Errors: io.
    [[nodiscard]] base::Result<bool> flush();
    // Reads what is there. False: the server is gone. Errors: io.
    [[nodiscard]] base::Result<bool> receive();
    // The next text message of what was received (fragments joined, pings answered into the queue),
    // valid until the next call. Errors: malformed; unavailable once a close frame has come, with
    // its code and reason; forbidden where the code says that it is no use to come back as one is.
    [[nodiscard]] base::Result<std::optional<std::string_view>> next_text();
    // Queues a close frame.
    void queue_close(std::uint16_t code);

  private:
    explicit WsClient(int fd) : fd_(fd) {}
    [[nodiscard]] base::Result<void> upgrade(const WsUrl& url,
                                             const std::vector<std::string>& headers,
                                             int timeout_ms);

    int fd_ = -1;
    std::uint32_t mask_ = 0x9e3779b9;  // hides nothing from a server of ours; differs each frame
    FrameReader reader_;
    std::string output_;
    std::size_t sent_ = 0;  // of output_
    std::string message_;   // fragments so far
    bool in_message_ = false;
};

}  // namespace chartroom::tool
