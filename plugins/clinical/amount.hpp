// Numbers as people read them, the same under every locale.
#pragma once

#include <string>

namespace clinical {

// At most three digits after the point, no zeros at its end: "62.5", "0.15", "1000".
[[nodiscard]] std::string amount_text(double value);
// "500" or "250-500".
[[nodiscard]] std::string range_text(double low, double high);
// "3 months", "12 years".
[[nodiscard]] std::string age_text(double years);
// Down to a multiple of `step`.
[[nodiscard]] double round_down(double value, double step);

}  // namespace clinical
