// Analyses on top of search(): trade-offs between metrics, sensitivity to links and loads, and why
// no plan fits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// Plans of which none is better than another in both measures.
struct SCISSION_EXPORT ParetoFront {
  /// One plan for every non-dominated vector of amounts, the first measure ascending, then the
  /// second; of plans with equal amounts the first in search()'s order.
  std::vector<Plan> plans;
  bool is_complete =
      true;  ///< false only when a search was stopped; the plans are on the front then, too
};

/// The exact Pareto front of two or three measures under the query's constraints; its objective
/// and result_count do not count. Amounts that differ by less than 10⁻⁹ of themselves count as
/// equal.
///
/// Points are found by their first measure, ascending, each as the least of the first, then of the
/// second, then of the third (the ε-constraint method of Haimes, Lasdon and Wismer 1971). With two
/// measures that takes two searches for every point, and one more; with three at most four, and one
/// more: the other two measures' bounds are kept as boxes without redundant ones (Klamroth, Lacour
/// and Vanderpooten 2015).
/// A time limit is for all of them together.
/// Throws as search() does, and Error(invalid_argument) for measures fewer than two, more than
/// three, or repeated.
SCISSION_EXPORT ParetoFront pareto_front(const PartitionProblem& problem, const Query& query,
                                         const std::vector<Metric>& measures,
                                         const SearchOptions& options = {});

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

/// One constraint of a query, and what becomes possible when it alone is eased.
struct SCISSION_EXPORT Relaxation {
  std::string constraint;      ///< "edge uploads at most 300 kB"
  bool is_sufficient = false;  ///< whether a plan fits without it
  /// Of a limit whose removal suffices: the least value with which a plan fits (seconds, bytes,
  /// joules, money, stages; a share as such, 0.2 for 20 %).
  std::optional<double> nearest_limit = {};
  std::string nearest_text = {};  ///< "edge uploads at most 401 kB": with `nearest`, rounded up
};

/// Why no plan fits a query, and what would make one fit.
struct SCISSION_EXPORT Infeasibility {
  /// Constraints that cannot hold together, while any one fewer of them can. Empty when no
  /// constraint is to blame: there is no way through the links at all.
  std::vector<std::string> irreducible_subset;
  /// Every constraint of the query, in its order, then the systems' own memory.
  std::vector<Relaxation> relaxations;
};

/// Explains a query that no plan fits. Every claim is shown by searches: the conflict by a deletion
/// filter (Chinneck and Dravnieks 1991), one search for each constraint; the nearest values to
/// within 10⁻⁹ of themselves, each the exact value of a plan that was found: of a limit on the
/// whole plan by one search for the least, of others by bisection. A time limit is for all of them
/// together.
/// Limits on the systems' own memory count as constraints, and so does the input's place where the
/// query names it.
///
/// Throws Error(invalid_argument) when a plan fits, and as search() does; Error(infeasible) when
/// a search was stopped before it could tell.
SCISSION_EXPORT Infeasibility explain_infeasibility(const PartitionProblem& problem,
                                                    const Query& query,
                                                    const SearchOptions& options = {});

}  // namespace scission
