// Summaries and intervals in the JSON of profiles and sweeps.
#pragma once

#include <nlohmann/json.hpp>

#include "base/json_field.hpp"
#include "scission/stats.hpp"

namespace scission {

/// [low, high]; null for an end that is not finite.
inline nlohmann::ordered_json to_json(const Interval& interval) {
  return nlohmann::ordered_json::array(
      {number_or_null(interval.low), number_or_null(interval.high)});
}
nlohmann::ordered_json to_json(const Summary& summary);

/// Throws Error(damaged) with the field unless it holds two numbers in ascending order.
Interval parse_interval(const JsonField& json);
Summary parse_summary(const JsonField& json);

}  // namespace scission
