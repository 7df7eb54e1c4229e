// Checks that a text is UTF-8, piece by piece (RFC 3629: no overlong forms, no surrogates, nothing
// above U+10FFFF). Pure; four bytes of state.
#pragma once

#include <cstdint>
#include <string_view>

namespace chartroom::gateway {

class Utf8Check {
  public:
    // False: what was given so far is not the beginning of any UTF-8 text. Then only reset() helps.
    [[nodiscard]] bool take(std::string_view piece);
    // Whether what was given so far ends between two characters.
    [[nodiscard]] bool complete() const { return missing_ == 0; }
    void reset() { *this = Utf8Check(); }

  private:
    [[nodiscard]] bool take_byte(std::uint8_t byte);

    std::uint8_t missing_ = 0;  // continuation bytes still due
    // What the next continuation byte may be: narrower right behind some lead bytes.
    std::uint8_t low_ = 0x80;
    std::uint8_t high_ = 0xbf;
};

}  // namespace chartroom::gateway
