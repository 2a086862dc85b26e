#include "search/limit_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace scission {
namespace {

constexpr int kept_digits = 3;

struct Scale {
  double size;
  std::string_view suffix;
};

Scale byte_scale(double bytes) {
  if (bytes >= 1e9) return {1e9, " GB"};
  if (bytes >= 1e6) return {1e6, " MB"};
  if (bytes >= 1e3) return {1e3, " kB"};
  return {1, " B"};
}

Scale scale_of(double value, LimitUnit unit) {
  switch (unit) {
    case LimitUnit::seconds:
      return {1, " s"};
    case LimitUnit::bytes:
      return byte_scale(value);
    case LimitUnit::joules:
      return {1, " J"};
    case LimitUnit::share:
      return {0.01, " %"};
    case LimitUnit::stages:
      return {1, value == 1 ? " stage" : " stages"};
    case LimitUnit::money:
      break;
  }
  return {1, ""};
}

/// "0.802", "1140", "7": no zeros at the end of decimals.
std::string rounded_up(double value) {
  if (!(value > 0)) return "0";
  // A sum such as 0.1 + 0.2 must not make 0.301 of 0.3; limits are kept to within 10⁻¹² anyway.
  constexpr double noise = 5e-13;
  const int decimals = kept_digits - 1 - static_cast<int>(std::floor(std::log10(value)));
  const double step = std::pow(10.0, std::abs(decimals));
  const double scaled = std::ceil((decimals > 0 ? value * step : value / step) * (1 - noise));
  std::string text =
      fmt::format("{:.{}f}", decimals > 0 ? scaled / step : scaled * step, std::max(decimals, 0));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string format_limit(double value, LimitUnit unit) {
  const Scale scale = scale_of(value, unit);
  return fmt::format("{:.12g}{}", value / scale.size, scale.suffix);
}

std::string format_limit_rounded_up(double value, LimitUnit unit) {
  if (unit == LimitUnit::stages) return format_limit(value, unit);
  const Scale scale = scale_of(value, unit);
  return rounded_up(value / scale.size) + std::string(scale.suffix);
}

}  // namespace scission
