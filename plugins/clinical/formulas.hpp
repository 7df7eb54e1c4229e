// What is computed rather than looked up.
#pragma once

#include <optional>

namespace clinical {

inline constexpr double kCreatinineUmolPerMg = 88.4;  // µmol/L in 1 mg/dL
inline constexpr double kAdultAge = 18;

// Creatinine clearance in ml/min (Cockcroft and Gault 1976). `creatinine` in mg/dL. Nothing below
// 18 years: the formula is made of adults.
[[nodiscard]] std::optional<double> cockcroft_gault(double age, double weight_kg, double creatinine,
                                                    bool female);

// WHO's limit of fast breathing, breaths a minute, below 5 years; nothing from then on.
[[nodiscard]] std::optional<double> fast_breathing_from(double age_years);

// The systolic pressure below which a child is hypotensive (PALS); nothing above 10 years.
[[nodiscard]] std::optional<double> low_systolic_below(double age_years);

// Fahrenheit to Celsius, rounded to 0.1.
[[nodiscard]] double celsius(double fahrenheit);
// To `digits` after the point, halves away from zero.
[[nodiscard]] double rounded(double value, int digits);

}  // namespace clinical
