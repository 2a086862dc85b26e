// The costs of many plans of one problem.
#pragma once

#include <cstddef>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission {

/// plan_cost() for plan after plan: the lists are allocated once. Not thread-safe.
class PlanCosts {
 public:
  /// A part of the time in which a system (a pair with itself) or a directed link is busy.
  struct BusyTime {
    std::size_t pair;    ///< from × systems + to
    std::size_t number;  ///< in the plan's order
    double seconds;
  };

  /// `problem` must outlive this object.
  PlanCosts(const PartitionProblem& problem, double input_bytes)
      : problem_(problem), input_bytes_(input_bytes) {}

  /// Valid until the next call. Throws as plan_cost() does.
  const PlanCost& of(const Plan& plan);

 private:
  const PartitionProblem& problem_;
  const double input_bytes_;
  PlanCost total_;
  std::vector<BusyTime> busy_s_;
};

}  // namespace scission
