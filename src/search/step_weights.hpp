// Every sum over a plan that the search knows is linear in what its steps do: seconds computed on
// a system, seconds on a link, bytes over a link, stages begun. These are the coefficients.
#pragma once

#include <vector>

#include "scission/search/search.hpp"
#include "search/rules.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

struct StepWeights {
  std::vector<double> per_compute_s;   ///< [system]; may be negative
  double per_transfer_s = 0;           ///< ≥ 0
  std::vector<double> per_byte;        ///< [from * systems + to], ≥ 0; empty: 0
  std::vector<double> per_stage = {};  ///< [system], for every stage on it, ≥ 0; empty: 0

  /// Adds factor × other.
  void add(double factor, const StepWeights& other);
};

/// The measure as weights; the period is no sum and has none.
/// Throws Error(invalid_argument) that names the system or link whose figure is missing.
StepWeights weights_of(const PartitionProblem& problem, Metric measure);

/// The objective's sums, the period left out.
StepWeights weights_of(const PartitionProblem& problem, const Objective& objective);

/// A sum that must stay at or below `most`.
struct SumLimit {
  StepWeights weights;
  double most = 0;
};

/// Every limit that is not a property of single stages and hops. Limits of one group that a plan
/// can only meet in one stage or hop are left to Space.
std::vector<SumLimit> sum_limits(const PartitionProblem& problem, const Rules& rules);

/// Whether the group computes in one stage at most.
bool computes_once(const Rules& rules, const Group& group);
/// Whether at most one hop leaves the group.
bool sends_once(const Rules& rules, const Group& group);

}  // namespace scission::search_detail
