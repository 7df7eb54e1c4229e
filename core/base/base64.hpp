// Base64 (RFC 4648): the standard alphabet with padding, and the URL alphabet without.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chartroom::base {

enum class Base64 : std::uint8_t { standard, url };

[[nodiscard]] std::string to_base64(std::string_view bytes, Base64 alphabet);

// The bytes that `text` spells. Strict, so that one value has one spelling: nothing for a foreign
// character, a wrong length, missing or unexpected padding, or bits left over.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text, Base64 alphabet);

}  // namespace chartroom::base
