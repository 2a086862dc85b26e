// Trade-offs: the plans that no other plan beats in every measure.
#pragma once

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
                                         const std::vector<Measure>& measures,
                                         const SearchOptions& options = {});

}  // namespace scission
