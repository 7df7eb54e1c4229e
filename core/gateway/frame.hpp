// WebSocket frames as a server sends them (RFC 6455 §5.2: whole, unmasked), built here so that
// many frames go out in one write. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chartroom::gateway {

// Appends one text frame that carries `payload`, which is valid UTF-8.
void append_text_frame(std::string& out, std::string_view payload);

// Appends a ping. It has a payload because libwebsockets 4.1 does not tell of an empty pong.
void append_ping_frame(std::string& out);

// How long the longest run of whole frames at the start of `frames` is that fits into `limit`
// bytes; where the first does not fit, how long that one is. `frames` is a run of whole frames made
// by the functions above, not empty.
[[nodiscard]] std::size_t whole_frames_within(std::string_view frames, std::size_t limit);

}  // namespace chartroom::gateway
