// Why no plan fits, and what would have to give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// One constraint of a query, and what becomes possible when it alone is eased.
struct SCISSION_EXPORT Remedy {
  std::string constraint;  ///< "edge uploads at most 300 kB"
  bool suffices = false;   ///< whether a plan fits without it
  /// Of a limit whose removal suffices: the least value with which a plan fits (seconds, bytes,
  /// joules, money, stages; a share as such, 0.2 for 20 %).
  std::optional<double> nearest = {};
  std::string nearest_text = {};  ///< "edge uploads at most 401 kB": with `nearest`, rounded up
};

/// Why no plan fits a query, and what would make one fit.
struct SCISSION_EXPORT Infeasibility {
  /// Constraints that cannot hold together, while any one fewer of them can. Empty when no
  /// constraint is to blame: there is no way through the links at all.
  std::vector<std::string> conflict;
  /// Every constraint of the query, in its order, then the systems' own memory.
  std::vector<Remedy> remedies;
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
