// The figures of a profile that add up, and how far they can be trusted.
#pragma once

#include <vector>

#include "measure/samples.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

struct TimeEstimate {
  double seconds = 0;
  Interval interval;  ///< 95 %
};

struct Estimates {
  TimeEstimate whole;                ///< mean over the middle half of the rounds, by its own times
  std::vector<TimeEstimate> blocks;  ///< means over the middle half, by the time of their chains
  Interval sum_ratio;                ///< 95 % interval of the blocks' sum ÷ the whole
};

/// The intervals are percentiles of a moving-block bootstrap (Künsch, "The Jackknife and the
/// Bootstrap for General Stationary Observations", 1989): whole rounds are drawn again in runs of
/// neighbours, so that what one round has in common, and what neighbouring rounds have, stays. A
/// seeded generator makes them reproducible. Few rounds make them too narrow; they are widened by
/// √(n / (n − 1)). O(resamples · rounds · blocks). There must be a round.
Estimates estimate(const Samples& samples);

}  // namespace scission
