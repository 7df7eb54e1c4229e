// FrameReader: joins the pieces in which a client's frame arrives, within bounds. A frame that
// comes whole is passed through without a copy; one that is too long is counted and not kept. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/gateway/utf8.hpp"

namespace chartroom::gateway {

struct Piece {
    std::string_view bytes;
    bool first = true;  // of a message
    bool last = true;   // of a message
    bool binary = false;
    std::size_t remaining = 0;  // of the same WebSocket frame, still to come
};

struct NeedMore {};
struct WholeText {
    std::string_view text;  // valid until the next take()
};
struct TooLong {
    std::size_t bytes = 0;
};
struct Violation {  // close the connection
    std::uint16_t code = 0;
    std::string_view reason;
};
using FrameResult = std::variant<NeedMore, WholeText, TooLong, Violation>;

class FrameReader {
  public:
    // Frames over this many times the limit are a violation (1009) instead of a mere refusal.
    static constexpr std::size_t kViolationFactor = 4;

    // Takes the next piece. After a Violation the reader takes no more.
    [[nodiscard]] FrameResult take(const Piece& piece, std::size_t limit);

  private:
    void start();

    std::string joined_;     // empty, without memory, between messages
    std::size_t bytes_ = 0;  // of the message so far, kept or not
    Utf8Check utf8_;
};

}  // namespace chartroom::gateway
