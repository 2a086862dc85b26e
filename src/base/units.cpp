#include "scission/base.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/text.hpp"

namespace scission {
namespace {

struct Unit {
  double size;
  const char* name;
};

// Smaller multiples of a unit are shown in the next smaller unit. Slightly less than 1, so that
// values that would round to "1000 ms" become "1.00 s".
constexpr double min_of_unit = 0.9995;

int decimals_of(double value) { return value < 9.995 ? 2 : value < 99.95 ? 1 : 0; }

std::string three_digits(double value, const char* unit) {
  return fmt::format("{:.{}f} {}", value, decimals_of(value), unit);
}

constexpr std::array<Unit, 4> time_units{{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}}};
constexpr double shown_as_minute = 59.95;

// In the first unit, from large to small, that the value reaches, else in the last.
std::string in_best_unit(double value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= min_of_unit * unit.size) return three_digits(value / unit.size, unit.name);
  }
  return three_digits(value / units.back().size, units.back().name);
}

// "2 min 05 s", "3 h 07 min": whole small units, at least one large one.
std::string in_two_units(double seconds) {
  const long long whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const long long minutes = std::llround(seconds / 60);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

}  // namespace

std::string format_duration(double seconds) {
  constexpr double longest = 1e15;
  if (seconds < 0) return "-" + format_duration(-seconds);
  if (seconds == 0) return "0 s";
  if (!(seconds < longest)) return fmt::format("{:.3g} s", seconds);
  return seconds < shown_as_minute ? in_best_unit(seconds, time_units) : in_two_units(seconds);
}

std::string format_duration(double seconds, double half_width) {
  constexpr int max_decimals = 4;
  if (!(seconds > 0 && seconds < shown_as_minute && std::isfinite(half_width))) {
    return fmt::format("{} ± {}", format_duration(seconds), format_duration(half_width));
  }
  const auto reached = std::find_if(time_units.begin(), time_units.end() - 1,
                                    [&](Unit unit) { return seconds >= min_of_unit * unit.size; });
  const double value = seconds / reached->size;
  const double half = half_width / reached->size;
  int decimals = decimals_of(value);
  while (decimals < max_decimals && half * std::pow(10, decimals) < min_of_unit) ++decimals;
  return fmt::format("{:.{}f} ± {:.{}f} {}", value, decimals, half, decimals, reached->name);
}

std::string duration_or_dash(double seconds) {
  return seconds > 0 ? format_duration(seconds) : "-";
}

std::string format_bytes(double bytes) {
  constexpr Unit units[] = {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}};
  if (bytes < 0) return "-" + format_bytes(-bytes);
  if (bytes < min_of_unit * 1e3) return fmt::format("{:.0f} B", bytes);
  return in_best_unit(bytes, units);
}

std::optional<double> parse_bytes(std::string_view text, double default_unit) {
  constexpr Unit units[] = {{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}};
  double size = default_unit;
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(std::string_view(unit.name).size());
    size = unit.size;
    break;
  }
  const std::optional<double> number = text::to_double(text);
  return number ? std::optional(*number * size) : std::nullopt;
}

std::string format_count(double count) {
  constexpr Unit units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  if (count < 0) return "-" + format_count(-count);
  if (count < min_of_unit * 1e3) return fmt::format("{:.0f}", count);
  return in_best_unit(count, units);
}

}  // namespace scission
