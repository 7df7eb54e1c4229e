// CHECK: programmer errors only, on in every build, never reachable from input.
#pragma once

namespace chartroom::base {
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;
}

#define CHECK(expression)          \
    (static_cast<bool>(expression) \
         ? static_cast<void>(0)    \
         : ::chartroom::base::check_failed(#expression, __FILE__, __LINE__))
