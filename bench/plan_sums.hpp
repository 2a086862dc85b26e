// The contribution of a plan's step to each limited sum, for methods other than the search.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "scission/search/search.hpp"
#include "support/meant_systems.hpp"

namespace scission::bench {

/// A limit on a sum over blocks and hops. Where `may_fall`, only the complete sum is decisive.
struct SumLimit {
  std::vector<double> run;  ///< [system * blocks + block]
  std::vector<char> is_in;  ///< [system]: hops from these to others count their bytes
  double most = 0;
  bool may_fall = false;
};

/// Upload limits, compute limits and shares, as sums. O(constraints · blocks · systems).
inline std::vector<SumLimit> sum_limits(const PartitionProblem& problem, const Query& query) {
  std::vector<SumLimit> limits;
  const std::size_t blocks = problem.blocks.size();
  for (const auto& [name, constraints] : query.constraints) {
    std::vector<char> is_in;
    for (int system = 0; system < problem.system_count(); ++system) {
      is_in.push_back(testing::is_meant(problem, name, system) ? 1 : 0);
    }
    if (constraints.upload_bytes) limits.push_back({{}, is_in, *constraints.upload_bytes, false});
    if (!constraints.compute) continue;
    const double share = constraints.compute->is_share ? constraints.compute->value : 0;
    SumLimit limit{std::vector<double>(blocks * problem.systems.size()), {}, 0, share > 0};
    limit.most = constraints.compute->is_share ? 0 : constraints.compute->value;
    for (std::size_t i = 0; i < limit.run.size(); ++i) {
      limit.run[i] = problem.block_s[i / blocks][i % blocks] * (is_in[i / blocks] - share);
    }
    limits.push_back(std::move(limit));
  }
  return limits;
}

/// [system]: the least memory limit that holds for it; +∞ without one.
inline std::vector<double> memory_limits(const PartitionProblem& problem, const Query& query) {
  std::vector<double> most(problem.systems.size(), HUGE_VAL);
  for (int system = 0; system < problem.system_count(); ++system) {
    if (const auto& own = problem.systems[system].memory_bytes) most[system] = *own;
    for (const auto& [name, constraints] : query.constraints) {
      if (constraints.memory_bytes && testing::is_meant(problem, name, system)) {
        most[system] = std::min(most[system], *constraints.memory_bytes);
      }
    }
  }
  return most;
}

}  // namespace scission::bench
