// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash, fast on short texts. Here it
// names inputs on the crash page without letting a reader of the page confirm a guessed one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace chartroom::plugin_host {

using SipKey = std::array<std::uint64_t, 2>;

[[nodiscard]] std::uint64_t siphash(const SipKey& key, std::string_view bytes);

}  // namespace chartroom::plugin_host
