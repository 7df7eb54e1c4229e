#include "plugins/clinical/amount.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "plugins/clinical/formulas.hpp"

namespace clinical {

std::string amount_text(double value) {
    std::array<char, 48> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                   std::chars_format::fixed, 3);
    if (end.ec != std::errc()) return "?";
    std::string text(digits.data(), end.ptr);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string range_text(double low, double high) {
    return low == high ? amount_text(low) : amount_text(low) + "-" + amount_text(high);
}

std::string age_text(double years) {
    if (years >= 2) return amount_text(years) + " years";
    const double months = std::round(years * 12);
    return amount_text(months) + (months == 1 ? " month" : " months");
}

double round_down(double value, double step) {
    constexpr double kSlack = 1e-9;  // 0.3 / 0.1 is three steps
    return rounded(std::floor(value / step + kSlack) * step, 4);
}

}  // namespace clinical
