// Time as a constructor argument. The engine never asks the operating system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chartroom::base {

class Clock {
  public:
    virtual ~Clock() = default;
    // Microseconds since 1970-01-01 UTC; what events record. May step backwards with the system.
    [[nodiscard]] virtual std::int64_t now_us() const = 0;
    // Microseconds of a clock that never steps; deadlines and timers. Any thread.
    [[nodiscard]] virtual std::int64_t monotonic_us() const = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] std::int64_t now_us() const override;
    [[nodiscard]] std::int64_t monotonic_us() const override;
};

// `2026-01-15T10:30:00.123Z` for microseconds since 1970 (milliseconds are cut, not rounded).
[[nodiscard]] std::string to_rfc3339(std::int64_t at_us);

}  // namespace chartroom::base
