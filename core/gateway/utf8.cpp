#include "core/gateway/utf8.hpp"

#include <cstddef>
#include <cstring>

namespace chartroom::gateway {

bool Utf8Check::take(std::string_view piece) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
    std::size_t at = 0;
    while (at < piece.size()) {
        // Most text is ASCII: eight bytes at a time where no character is open.
        while (missing_ == 0 && piece.size() - at >= sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, piece.data() + at, sizeof word);
            if ((word & kHighBits) != 0) break;
            at += sizeof word;
        }
        if (at == piece.size()) break;
        if (!take_byte(static_cast<std::uint8_t>(piece[at++]))) return false;
    }
    return true;
}

bool Utf8Check::take_byte(std::uint8_t byte) {
    if (missing_ != 0) {
        if (byte < low_ || byte > high_) return false;
        low_ = 0x80;
        high_ = 0xbf;
        --missing_;
        return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;  // continuation, overlong, or above U+10FFFF
    missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0) low_ = 0xa0;   // overlong below
    if (byte == 0xed) high_ = 0x9f;  // surrogates above
    if (byte == 0xf0) low_ = 0x90;   // overlong below
    if (byte == 0xf4) high_ = 0x8f;  // above U+10FFFF
    return true;
}

}  // namespace chartroom::gateway
