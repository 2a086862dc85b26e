// What the tests of two samples have in common.
#pragma once

#include <vector>

#include "scission/stats/statistics.hpp"

namespace scission {

using Samples = std::vector<double>;

/// Ascending. Throws Error(invalid_argument) when there are none.
Samples sorted_samples(Samples samples);

/// Independent samples that two sides are worth.
struct Worth {
  double before;
  double after;

  double pairs() const { return before * after; }
  /// Standard deviation of the pairs won, without ties.
  double deviation() const;
};

/// Each side at least 1 and at most its samples; without a count, those.
Worth worth_of(const Samples& before, const Samples& after, EffectiveCounts counts);

/// Of a standard normal z ≥ 0.
double two_sided(double z);

}  // namespace scission
