// Drives one dialect with a sequence of frames and notices made from the fuzzer's bytes, and aborts
// where something that must hold of every dialect does not:
// - a frame out is UTF-8, and JSON where the dialect's frames are;
// - a payload that goes to the engine is one JSON object, and holds no token of the frame's;
// - a request names a slot that a Join gave before, and a request number is never given twice;
// - a frame that was refused says so to its sender, and asks for nothing but to follow or to close.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chartroom::fuzz {

enum class Frames : std::uint8_t { json, text };

// Frames of `text` dialects may be JSON too, and are checked as UTF-8 only.
void drive_dialect(std::string_view dialect, Frames frames, const std::uint8_t* data,
                   std::size_t size);

}  // namespace chartroom::fuzz
