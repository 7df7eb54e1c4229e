// The frames of each dialect, described: what asyncapi.json is made of. Tests feed every example of
// a client's frame to its dialect, and hold what a server sends against the schemas.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace chartroom::dialects {

enum class Direction : std::uint8_t { to_server, to_client };

struct Frame {
    std::string_view name;  // within its dialect
    Direction direction = Direction::to_server;
    std::string_view summary;
    std::string_view schema;        // JSON Schema (2020-12) of the frame; a text frame is a string
    std::string_view example = {};  // of a client's: the frame as it is sent
};

// A dialect with its frames, those of clients first.
struct Description {
    std::string_view dialect;
    std::string_view summary;
    std::span<const Frame> frames;
};

// Null: there is no such dialect.
[[nodiscard]] const Description* describe(std::string_view dialect);
// The schema of one frame; empty: there is none.
[[nodiscard]] std::string_view frame_schema(std::string_view dialect, std::string_view frame);

// The tables, each in a file of its own.
[[nodiscard]] std::span<const Frame> native_frames();
[[nodiscard]] std::span<const Frame> plain_frames();
[[nodiscard]] std::span<const Frame> question_frames();
[[nodiscard]] std::span<const Frame> broadcast_frames();
[[nodiscard]] std::span<const Frame> clinical_frames();
[[nodiscard]] std::span<const Frame> stream_frames();
[[nodiscard]] std::span<const Frame> conversation_frames();

}  // namespace chartroom::dialects
