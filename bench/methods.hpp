// Several methods for the best plan of the same query.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cpu_clock.hpp"
#include "scission/search/search.hpp"

namespace scission::bench {

/// The result of a method.
struct Attempt {
  enum class End { answered, out_of_time, not_asked, not_installed };
  End end = End::answered;
  double cpu_s = 0;
  std::optional<Plan> plan;  ///< when answered, and one fits
};

struct Method {
  std::string name;
  Attempt (*run)(const PartitionProblem& problem, const Query& query, double time_limit_s);
};

/// The search, Boost.Graph's r_c_shortest_paths, cbc on a MILP, and enumeration.
const std::vector<Method>& methods();

/// The first of them: search().
Attempt run_search(const PartitionProblem& problem, const Query& query, double time_limit_s);

/// The best plan by label setting in Boost.Graph's r_c_shortest_paths, over (block, system) nodes;
/// a label carries cost, systems visited, sums that are limited, and memory held. In any order;
/// with revisits no memory limits. Throws OutOfTime.
std::optional<Plan> best_by_boost(const PartitionProblem& problem, const Query& query,
                                  CpuDeadline& deadline);

/// The best plan by enumeration, in any order with each system once. Throws OutOfTime.
std::optional<Plan> best_by_enumeration(const PartitionProblem& problem, const Query& query,
                                        CpuDeadline& deadline);

}  // namespace scission::bench
