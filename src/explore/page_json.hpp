// Plans as the JSON of the page.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"

namespace scission::explore {

using Json = nlohmann::ordered_json;

/// A plan with its figures and timeline; systems by index.
Json plan_json(const PartitionProblem& problem, const Plan& plan, const Objective& objective,
               double input_bytes);

/// Plans that are named in several places: each once, by index.
class PlanList {
 public:
  /// The index of the plan, which is added where it is new. O(plans).
  int index_of(const Plan& plan);

  const std::vector<Plan>& plans() const { return plans_; }

 private:
  std::vector<Plan> plans_;
};

}  // namespace scission::explore
