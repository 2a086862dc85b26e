// Enumeration of complete plans: best-first, in order of cost, and by a beam.
#pragma once

#include <vector>

#include "search/cost_to_go.hpp"
#include "search/ranking.hpp"
#include "search/search_graph.hpp"
#include "search/step_costs.hpp"

namespace scission::search_detail {

/// A sum that plans must keep at or below `max`, with the least that any completion of a prefix
/// adds to it (over the state-space relaxation).
struct SumBound {
  const StepCosts* costs = nullptr;
  const CostToGo* to_go = nullptr;
  Cost max = unreachable;
};

/// What is enumerated, and in which order.
struct Enumeration {
  const SearchGraph* graph = nullptr;
  const LabelStates* states = nullptr;
  const StepCosts* objective = nullptr;  ///< the order of the plans
  /// A lower bound on the objective orders the sets of plans: this sum less `offset`, in the
  /// objective's ticks. It is the objective itself, or a Lagrangian (lagrangian.hpp).
  StepCosts* relaxed = nullptr;
  const CostToGo* to_go = nullptr;  ///< of the relaxed costs
  Cost offset = 0;
  std::vector<SumBound> sums;
  double period_weight = 0;  ///< the objective's cost of one second of a plan's period
  Cost min_period = 0;       ///< lower bound on every plan's period, in ticks of the graph's clock
  int result_count = 1;      ///< the caller takes at most this many plans
  /// Whether a plan's codecs are those of its least period, then of the least objective. The order
  /// of the plans is that of their least objective over all codecs.
  bool prefers_period = false;

  /// The objective of a complete plan with these codecs, with its period.
  Cost exact_cost(const Plan& plan) const;
};

/// The plans of an enumeration, best first.
struct EnumeratedPlans {
  std::vector<Plan> plans;
  bool was_stopped = false;  ///< the deadline has passed
  /// Lower bound on all other plans; unreachable if no other plan exists. Dropped plans may cost as
  /// little as the last of `plans`.
  Cost bound = unreachable;
  bool has_dropped = false;
};

/// Best-first enumeration of the walks of a graph (A*), up to `result_count` plans.
///
/// The frontier holds disjoint sets of plans. A set shares a prefix and excludes the choices that
/// were already taken from there; its best member by the relaxed costs represents it. Taking the
/// best set from the frontier and splitting it along that member yields the next plan. Members that
/// visit a system twice or exceed a limit are skipped. A set is dropped when `result_count` others
/// reach the same state with no more of anything. Plans differ in their stages; each has its best
/// codecs.
EnumeratedPlans best_first_search(const Enumeration& enumeration, const Deadline& deadline);

/// Beam-search heuristic; no optimality guarantee. Extends partial plans block by block and keeps
/// the W cheapest by the relaxed costs on every system, W ≤ 32. The plans returned satisfy every
/// constraint and are sorted by the objective, best first; there may be none. O(n·S²·W).
std::vector<Plan> beam_search(const Enumeration& enumeration);

}  // namespace scission::search_detail
