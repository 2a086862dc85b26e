#include "shares.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "command_line.hpp"

namespace scission::apps {

double parse_share(const std::string& text, const std::string& option) {
  std::string_view digits = text::trim(text);
  const bool is_percent = digits.ends_with('%');
  if (is_percent) digits = text::trim(digits.substr(0, digits.size() - 1));
  const double share = text::to_double(digits).value_or(-1) / (is_percent ? 100 : 1);
  if (share >= 0 && (share < 1 || is_percent)) return share;
  throw usage_error(fmt::format("'{}' is no share; write 5% or 0.05", text), option);
}

std::vector<double> parse_shares(const std::string& text, const std::string& option) {
  std::vector<double> shares;
  for (const std::string_view part : text::split(text, ',')) {
    shares.push_back(parse_share(std::string(part), option));
  }
  return shares;
}

double parse_precision(const std::string& text) {
  const double share = parse_share(text, "--precision");
  if (share > 0 && share <= 1) return share;
  throw usage_error(fmt::format("'{}' is no precision; write 2% or 0.02", text), "--precision");
}

std::string format_share(double share) { return fmt::format("{:.1f} %", 100 * share); }

}  // namespace scission::apps
