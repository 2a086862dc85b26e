// The best plan by a mixed-integer linear program, as a reference for the search.
//
// One binary column for every block b and pair of systems: block b−1 ran on the first (or the input
// lies there), block b runs on the second. No code is shared with the search.
#pragma once

#include <optional>

#include "scission/search/search.hpp"
#include "support/milp.hpp"

namespace scission::testing {

struct MilpAnswer {
  MilpSolution::Status status = MilpSolution::Status::infeasible;
  std::optional<Plan> plan;  ///< when optimal
};

/// The best plan, by cbc. O(blocks · systems²) columns. Supports objectives and limits of all
/// metrics, the route, sources, sinks, max_stages, and limits on uploads, compute time and memory.
/// Throws Error(unsupported) for criteria, keep_on and return_to. Otherwise throws as
/// solve_with_cbc().
MilpAnswer best_plan_by_milp(const PartitionProblem& problem, const Query& query,
                             std::optional<double> time_limit_s = {});

}  // namespace scission::testing
