// The criteria language.
#include <fmt/format.h>

#include <optional>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/search/search.hpp"

namespace scission {
namespace {

[[noreturn]] void refuse_criterion(std::string_view criterion, std::string_view why) {
  throw_invalid_argument(
      fmt::format("criterion '{}' {}; write a layer number, !number, -1, !-1, a system's name, or "
                  "!name, separated by commas",
                  criterion, why));
}

void add_layer(Criteria& criteria, int layer, bool negated, std::string_view criterion) {
  if (layer < -1) refuse_criterion(criterion, "is below -1");
  if (layer == -1) {
    if (criteria.is_used && *criteria.is_used != negated)
      refuse_criterion(criterion, "contradicts another");
    criteria.is_used = negated;
  } else {
    (negated ? criteria.excluded_layers : criteria.layers).push_back(layer);
  }
}

void add_criterion(Criteria& criteria, std::string_view criterion) {
  std::string_view rest = criterion;
  const bool negated = rest.starts_with('!');
  if (negated) rest = text::trim(rest.substr(1));
  const bool is_name = rest.starts_with('@');
  if (is_name) rest.remove_prefix(1);
  if (rest.empty()) refuse_criterion(criterion, "is empty");

  const bool looks_like_number =
      rest.find_first_not_of("0123456789", rest.front() == '-' ? 1 : 0) == std::string_view::npos;
  if (is_name || !looks_like_number) {
    (negated ? criteria.excluded_systems : criteria.systems).emplace_back(rest);
    return;
  }
  const std::optional<int> layer = text::to_int(rest);
  if (!layer) refuse_criterion(criterion, "is not a layer number");
  add_layer(criteria, *layer, negated, criterion);
}

}  // namespace

bool Criteria::requires_use() const {
  return is_used.value_or(false) || !layers.empty() || !systems.empty();
}

Criteria parse_criteria(std::string_view criteria_text) {
  Criteria criteria;
  for (std::string_view criterion : text::split(criteria_text, ',')) {
    add_criterion(criteria, text::trim(criterion));
  }
  return criteria;
}

TimeLimit parse_time_limit(std::string_view limit_text) {
  std::string_view number = text::trim(limit_text);
  const bool is_share = number.ends_with('%');
  if (is_share) number = text::trim(number.substr(0, number.size() - 1));
  const std::optional<double> value = text::to_double(number);
  if (!value || *value < 0 || (is_share && *value > 100)) {
    throw_invalid_argument(
        fmt::format("time limit '{}' is neither seconds (0.8) nor a share (20%)", limit_text));
  }
  return {is_share ? *value / 100 : *value, is_share};
}

KeepOn parse_keep_on(const std::string& name, std::string_view layers) {
  const std::size_t dash = layers.find('-');
  const auto first = text::to_int(layers.substr(0, dash));
  const auto last = dash == layers.npos ? first : text::to_int(layers.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is neither layers FIRST-LAST nor one layer", layers));
  }
  return {name, *first, *last};
}

}  // namespace scission
