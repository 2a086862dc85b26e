// Figures of several processes as one.
#pragma once

#include <vector>

#include "measure/estimates.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// The 97.5 % quantile of Student's t with so many degrees of freedom, ≥ 1; right to 10⁻⁵.
double t_quantile(int degrees);

/// A 95 % interval around `centre` for the mean of the passes' figures, wide enough for either
/// source of doubt: below and above, the passes' own half-widths combined as those of independent
/// figures, √(Σ h²) / P; or t · s / √P of the figures themselves, P − 1 degrees of freedom, which
/// holds what differs from pass to pass. Not below 0. Of one pass: its own interval. O(P).
Interval pooled_interval(double centre, const std::vector<TimeEstimate>& passes);

/// The mean of the passes' figures, and its interval. There must be a pass.
TimeEstimate pooled(const std::vector<TimeEstimate>& passes);

}  // namespace scission
