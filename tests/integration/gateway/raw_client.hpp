// A client that sends whatever bytes a test wants: HTTP by hand, WebSocket frames masked or not.
// Every wait has a deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chartroom::tests {

// A frame as the server sent it.
struct ServerFrame {
    unsigned opcode = 0;
    std::string payload;
    // Of a close frame.
    [[nodiscard]] unsigned close_code() const;
};

class RawClient {
  public:
    // Connects to 127.0.0.1:`port`; connected() says whether that worked. `receive_buffer`: bytes
    // of the socket's buffer, 0 for the system's choice.
    explicit RawClient(std::uint16_t port, int receive_buffer = 0);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const { return fd_ >= 0; }
    // Sends all of it; false when the server has closed.
    bool send(std::string_view bytes);
    // Reads up to the end of an HTTP head, then its content-length.
    [[nodiscard]] std::string read_response(bool has_body = true);
    // Upgrades; the status line of the answer.
    std::string upgrade(std::string_view path, std::string_view more_headers = {});

    // One frame of the client. `mask`: as the protocol demands.
    bool send_frame(unsigned opcode, std::string_view payload, bool final = true, bool mask = true);
    bool send_text(std::string_view payload) { return send_frame(1, payload); }
    // The next frame that is no ping; nothing at the end of the connection.
    [[nodiscard]] std::optional<ServerFrame> read_frame();
    // Reads frames up to a close frame and answers its code; 0: the end came without one.
    [[nodiscard]] unsigned read_to_close();
    // Whether the server ends the connection, whatever it sends before.
    [[nodiscard]] bool read_to_end();
    // Whether it has ended, or does so within `ms`, without sending anything.
    [[nodiscard]] bool ended_within_ms(int ms) const;

  private:
    // More bytes into buffer_; false at the end or after the deadline.
    [[nodiscard]] bool fill();
    [[nodiscard]] std::optional<ServerFrame> parse_frame();
    int fd_ = -1;
    std::string buffer_;
};

}  // namespace chartroom::tests
