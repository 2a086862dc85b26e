// The limit that belongs to a measure.
#pragma once

#include <optional>

#include "scission/plan/objective.hpp"
#include "scission/search/search.hpp"

namespace scission {

inline std::optional<double>& limit_on(Measure measure, PlanLimits& limits) {
  switch (measure) {
    case Measure::latency:
      return limits.latency_s;
    case Measure::period:
      return limits.period_s;
    case Measure::traffic:
      return limits.traffic_bytes;
    case Measure::energy:
      return limits.energy_j;
    case Measure::money:
      break;
  }
  return limits.money;
}

}  // namespace scission
