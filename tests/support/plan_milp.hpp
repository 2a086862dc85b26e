// The question for the best plan as a mixed-integer linear program: another way to the same answer.
//
// One binary column for every block b and pair of systems: block b−1 ran on the first (or the input
// lies there), block b runs on the second. Nothing is shared with the search.
#pragma once

#include <optional>

#include "scission/search/search.hpp"
#include "support/milp.hpp"

namespace scission::testing {

struct MilpAnswer {
  MilpSolution::Status status = MilpSolution::Status::infeasible;
  std::optional<Plan> plan;  ///< when optimal
};

/// The best plan, by cbc. O(blocks · systems²) columns. Objectives and limits of all measures, the
/// route, sources, sinks, max_stages, and limits on uploads, compute time and memory are expressed.
/// With criteria, keep_on and return_to: Error(unsupported). Otherwise throws as solve_with_cbc().
MilpAnswer best_plan_by_milp(const PartitionProblem& problem, const Query& query,
                             std::optional<double> time_limit_s = {});

}  // namespace scission::testing
