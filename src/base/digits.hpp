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

}  // namespace scission::text
