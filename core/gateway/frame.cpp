#include "core/gateway/frame.hpp"

#include <cstdint>

#include "core/base/check.hpp"

namespace chartroom::gateway {
namespace {

constexpr unsigned char kFin = 0x80;
constexpr unsigned char kText = 0x01;
constexpr unsigned char kPing = 0x09;
constexpr std::size_t kShortMax = 125;      // above it 2 bytes of length follow, marked by 126
constexpr std::size_t kMediumMax = 0xffff;  // above it 8 bytes, marked by 127

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>((value >> shift) & 0xff);
    }
}

std::uint64_t read_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
    return value;
}

std::size_t first_frame_bytes(std::string_view frames) {
    CHECK(frames.size() >= 2);
    const auto length = static_cast<unsigned char>(frames[1]);
    if (length <= kShortMax) return 2u + length;
    const std::size_t extra = length == 126 ? 2 : 8;
    CHECK(frames.size() >= 2 + extra);
    return 2 + extra + read_big_endian(frames.substr(2, extra));
}

}  // namespace

void append_text_frame(std::string& out, std::string_view payload) {
    out += static_cast<char>(kFin | kText);
    if (payload.size() <= kShortMax) {
        out += static_cast<char>(payload.size());
    } else if (payload.size() <= kMediumMax) {
        out += static_cast<char>(126);
        append_big_endian(out, payload.size(), 2);
    } else {
        out += static_cast<char>(127);
        append_big_endian(out, payload.size(), 8);
    }
    out += payload;
}

void append_ping_frame(std::string& out) {
    out += static_cast<char>(kFin | kPing);
    out += '\1';
    out += 'p';
}

std::size_t whole_frames_within(std::string_view frames, std::size_t limit) {
    if (frames.size() <= limit) return frames.size();
    std::size_t whole = 0;
    while (whole < frames.size()) {
        const std::size_t next = whole + first_frame_bytes(frames.substr(whole));
        CHECK(next <= frames.size());
        if (next > limit) return whole == 0 ? next : whole;
        whole = next;
    }
    return whole;
}

}  // namespace chartroom::gateway
