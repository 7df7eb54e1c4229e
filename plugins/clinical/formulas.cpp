#include "plugins/clinical/formulas.hpp"

#include <cmath>

namespace clinical {

std::optional<double> cockcroft_gault(double age, double weight_kg, double creatinine,
                                      bool female) {
    if (age < kAdultAge || creatinine <= 0) return std::nullopt;
    return (140 - age) * weight_kg / (72 * creatinine) * (female ? 0.85 : 1.0);
}

std::optional<double> fast_breathing_from(double age_years) {
    if (age_years >= 5) return std::nullopt;
    const double months = age_years * 12;
    if (months < 2) return 60;
    return months < 12 ? 50 : 40;
}

std::optional<double> low_systolic_below(double age_years) {
    if (age_years > 10) return std::nullopt;
    if (age_years * 365.25 <= 28) return 60;
    return age_years < 1 ? 70 : 70 + 2 * std::floor(age_years);
}

double rounded(double value, int digits) {
    const double scale = std::pow(10.0, digits);
    return std::round(value * scale) / scale;
}

double celsius(double fahrenheit) {
    return rounded((fahrenheit - 32) * 5 / 9, 1);
}

}  // namespace clinical
