// The limit that belongs to a measure.
#pragma once

#include <optional>

#include "scission/plan/plan.hpp"
#include "scission/search/search.hpp"

namespace scission {

inline std::optional<double>& limit_on(Metric measure, PlanLimits& limits) {
  switch (measure) {
    case Metric::latency:
      return limits.latency_s;
    case Metric::period:
      return limits.period_s;
    case Metric::traffic:
      return limits.traffic_bytes;
    case Metric::energy:
      return limits.energy_j;
    case Metric::money:
      break;
  }
  return limits.money;
}

}  // namespace scission
