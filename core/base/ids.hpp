// Strong types for the numbers and names that must not be mixed up.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace chartroom::base {

// An event's place in its session: 1, 2, 3 … without gaps. 0 means "before the first".
struct Offset {
    std::uint64_t value = 0;
    auto operator<=>(const Offset&) const = default;
    [[nodiscard]] Offset next() const { return {value + 1}; }
    [[nodiscard]] Offset plus(std::uint64_t n) const { return {value + n}; }
    [[nodiscard]] explicit operator bool() const { return value != 0; }
};

// The number that a store gives a session; its row key. 0 means none.
struct SessionNumber {
    std::uint64_t value = 0;
    auto operator<=>(const SessionNumber&) const = default;
};

// The number of a session's one writer; a higher one fences the lower.
struct OwnerEpoch {
    std::uint64_t value = 0;
    auto operator<=>(const OwnerEpoch&) const = default;
};

// A session's id as access makes it (`open/<uuid>`, `user/<sub>/<name>`, …). Never a client's text.
struct SessionId {
    std::string value;
    auto operator<=>(const SessionId&) const = default;
};

// The identity of one incarnation of the log, as clients quote it: 16 lower-case hex digits.
struct Epoch {
    std::string value;
    auto operator<=>(const Epoch&) const = default;
};

// A gateway connection; never used again within a process.
struct ConnectionId {
    std::uint64_t value = 0;
    auto operator<=>(const ConnectionId&) const = default;
};

using Digest = std::array<std::uint8_t, 32>;  // SHA-256
using Secret = std::array<std::uint8_t, 32>;  // a subject's; see storage/FORMAT.md

}  // namespace chartroom::base

template <>
struct std::hash<chartroom::base::SessionId> {
    std::size_t operator()(const chartroom::base::SessionId& id) const noexcept {
        return std::hash<std::string>{}(id.value);
    }
};
template <>
struct std::hash<chartroom::base::ConnectionId> {
    std::size_t operator()(const chartroom::base::ConnectionId& id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value);
    }
};
template <>
struct std::hash<chartroom::base::Offset> {
    std::size_t operator()(const chartroom::base::Offset& offset) const noexcept {
        return std::hash<std::uint64_t>{}(offset.value);
    }
};
