#include "values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scission/base/units.hpp"

namespace scission::predict {
namespace {

// The whole text or nothing: "0,3" is not 0.
template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message);
}

}  // namespace

double parse_amount(const std::string& text, const std::string& unit) {
  const std::optional<double> number = to_number<double>(text);
  if (!number) refuse(fmt::format("'{}' is not a number", text));
  if (!(*number >= 0) || !std::isfinite(*number)) refuse(fmt::format("must be 0{} or more", unit));
  return *number;
}

// The original's numbers are megabytes, so a unit is what says otherwise.
double parse_megabytes(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 3> units{
      {{"kB", 1e3}, {"MB", bytes_per_megabyte}, {"GB", bytes_per_gigabyte}}};
  for (const auto& [unit, bytes] : units) {
    if (!text.ends_with(unit)) continue;
    return parse_amount(text.substr(0, text.size() - unit.size()), " " + std::string(unit)) * bytes;
  }
  return parse_amount(text, " MB") * bytes_per_megabyte;
}

std::pair<double, double> parse_range(const std::string& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view view = text;
  const double low = to_number<double>(view.substr(0, comma)).value_or(0);
  const double high =
      comma < text.size() ? to_number<double>(view.substr(comma + 1)).value_or(0) : 0;
  if (!(low > 0 && low < high && std::isfinite(high))) {
    refuse(fmt::format("'{}' is not LOW,HIGH with 0 < LOW < HIGH", text));
  }
  return {low, high};
}

KeepOn parse_keep_on(const std::string& name, const std::string& layers) {
  const std::string_view view = layers;
  const std::size_t dash = view.find('-');
  const auto first = to_number<int>(view.substr(0, dash));
  const auto last = dash == std::string::npos ? first : to_number<int>(view.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first) {
    refuse(fmt::format("'{}' is neither layers FIRST-LAST nor one layer", layers));
  }
  return {name, *first, *last};
}

std::optional<double> optional_amount(const cxxopts::ParseResult& arguments,
                                      const std::string& option, const std::string& unit) {
  if (arguments.count(option) == 0) return std::nullopt;
  return of_option(option, arguments[option].as<std::string>(),
                   [&](const std::string& text) { return parse_amount(text, unit); });
}

}  // namespace scission::predict
