// Whether an interval holds a value.
#pragma once

#include "scission/stats.hpp"

namespace scission::testing {

inline bool holds(const Interval& interval, double value) {
  return interval.low <= value && value <= interval.high;
}

}  // namespace scission::testing
