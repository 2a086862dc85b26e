// Over which range of a link's bandwidth, or of a system's slowdown, the best plan stays the best.
#pragma once

#include <vector>

#include "scission/base/export.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// Between two breakpoints one plan is the best; at a breakpoint both neighbours are.
struct SCISSION_EXPORT SensitivityRange {
  double low = 0;  ///< Mbit/s, or the slowdown's factor
  double high = 0;
  Plan plan;
  double value_at_low = 0;  ///< the plan's objective there
  double value_at_high = 0;
  /// Whether the objective is linear in 1 / bandwidth between the ends, or in the factor.
  bool is_over_bandwidth = false;

  double value_at(double x) const;  ///< the plan's objective at a bandwidth or factor
};

/// The ranges, ascending, that together cover low…high. Exact: the breakpoints are intersections
/// of the plans' own cost lines (Eisner and Severance 1976), not samples; up to the rounding of a
/// double. (What a link takes at a breakpoint may differ a little from what its range states, as
/// bandwidths are rounded to whole bytes a second.)
///
/// For k ranges that takes 2·k + 1 searches at most; a time limit is for all of them together.
///
/// Throws Error(invalid_argument) for a system or link that is not there, a link that is a curve,
/// a range that is not 0 < low < high, an objective that holds the period, and limits on time,
/// energy or money that the change would move; Error(infeasible) when no plan fits, and when a
/// search was stopped.
SCISSION_EXPORT std::vector<SensitivityRange> bandwidth_sensitivity(
    const PartitionProblem& problem, const Query& query, int from, int to,
    double low_megabits_per_s, double high_megabits_per_s, const SearchOptions& options = {});

/// The same for a factor on all times of one system; 1 is what its profile says.
SCISSION_EXPORT std::vector<SensitivityRange> slowdown_sensitivity(
    const PartitionProblem& problem, const Query& query, int system, double low_factor,
    double high_factor, const SearchOptions& options = {});

}  // namespace scission
