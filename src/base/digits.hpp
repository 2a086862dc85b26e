// Numbers for people.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace scission::text {

/// The number with this many significant digits, without an exponent: "0.12", "1.2", "123" for two.
/// Keeps every digit before the point, and drops trailing zeros behind it.
inline std::string to_digits(double number, int digits) {
  if (number == 0 || !std::isfinite(number)) return fmt::format("{:.0f}", number);
  const auto decimals_of = [&](double value) {
    const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
    return std::max(0, digits - 1 - magnitude);
  };
  const double rounded = std::stod(fmt::format("{:.{}e}", number, digits - 1));
  std::string text = fmt::format("{:.{}f}", number, decimals_of(rounded));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// "4.8 times faster", "37 % faster", "12 % slower" of two amounts above 0, with these words for a
/// smaller and a larger `value`. All are the ratio of the larger to the smaller one: 1.37 times is
/// 37 %.
inline std::string ratio_text(double value, double reference, const char* smaller,
                              const char* larger) {
  constexpr double min_times = 2;
  constexpr double max_shown = 1000;
  const char* const word = value < reference ? smaller : larger;
  const double times = std::max(value, reference) / std::min(value, reference);
  if (times >= max_shown) return fmt::format("over {:.0f} times {}", max_shown, word);
  if (times >= min_times) return fmt::format("{} times {}", to_digits(times, 2), word);
  const double percent = 100 * (times - 1);
  if (percent < 0.1) return fmt::format("under 0.1 % {}", word);
  return fmt::format("{} % {}", to_digits(percent, percent < 9.95 ? 1 : 2), word);
}

}  // namespace scission::text
