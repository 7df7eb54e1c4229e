// Where a text may be cut.
#pragma once

#include <cstddef>
#include <string_view>

namespace chat {

// The longest beginning of at most `size` bytes that splits no character.
[[nodiscard]] constexpr std::string_view cut(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size);
}

}  // namespace chat
