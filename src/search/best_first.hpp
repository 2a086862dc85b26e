// Best-first enumeration: complete plans in order of cost.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "search/cost_to_go.hpp"
#include "search/deadline.hpp"
#include "search/search_graph.hpp"
#include "search/step_costs.hpp"

namespace scission::search_detail {

/// A sum that plans must keep at or below `most`, with the least that any completion of a prefix
/// adds to it (over the state-space relaxation).
struct SumBound {
  const StepCosts* costs = nullptr;
  const CostToGo* to_go = nullptr;
  Cost most = unreachable;
};

/// What is enumerated, and in which order.
struct Enumeration {
  const SearchGraph* graph = nullptr;
  const LabelStates* states = nullptr;
  const StepCosts* objective = nullptr;  ///< the order of the plans
  /// A lower bound on the objective orders the sets of plans: this sum less `offset`, in the
  /// objective's ticks. It is the objective itself, or a Lagrangian (lagrangian.hpp).
  StepCosts* guide = nullptr;
  const CostToGo* to_go = nullptr;  ///< of the guide
  Cost offset = 0;
  std::vector<SumBound> sums;
  double period_weight = 0;  ///< the objective's cost of one second of a plan's period
  Cost least_period = 0;     ///< lower bound on every plan's period, in ticks of the graph's clock
  int result_count = 1;      ///< the caller takes at most this many plans

  /// The objective of a complete plan, with its period.
  Cost exact_cost(const Plan& plan) const;
};

/// Best-first enumeration of the walks of a graph (A*).
///
/// The frontier holds disjoint sets of plans. A set shares a prefix and excludes the choices that
/// were already taken from there; its best member by the guide represents it. Taking the best set
/// from the frontier and splitting it along that member yields the next plan. Members that visit a
/// system twice or exceed a limit are skipped. A set is dropped when `result_count` others reach
/// the same state with no more of anything.
class BestFirst {
 public:
  /// Keeps references: everything that it points to must outlive it.
  BestFirst(const Enumeration& enumeration, const Deadline& deadline);
  ~BestFirst();
  BestFirst(const BestFirst&) = delete;
  BestFirst& operator=(const BestFirst&) = delete;

  /// The next feasible plan; empty when there are no more, or when the deadline has passed.
  std::optional<Plan> next();
  bool was_stopped() const;
  /// Lower bound on every plan that follows; unreachable when none follows. After `result_count`
  /// plans, dropped plans may cost as little as the last of them; see has_dropped().
  Cost bound() const;
  bool has_dropped() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::search_detail
