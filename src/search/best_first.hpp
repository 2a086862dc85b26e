// Complete plans in order of cost, one after the other.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "search/cost_to_go.hpp"
#include "search/deadline.hpp"
#include "search/space.hpp"
#include "search/step_costs.hpp"

namespace scission::search_detail {

/// A sum that plans must keep below `most`, with the least that any rest of a plan adds to it
/// (over the forgetful history).
struct SumBound {
  const StepCosts* costs = nullptr;
  const CostToGo* to_go = nullptr;
  Cost most = unreachable;
};

/// What is enumerated, and in which order.
struct Enumeration {
  const Space* space = nullptr;
  const History* history = nullptr;
  const StepCosts* objective = nullptr;  ///< what plans are ordered by
  /// What sets of plans are ordered by, a lower bound: the objective itself, or with the limited
  /// sums priced in (multipliers.hpp), less `offset`; in the objective's ticks.
  StepCosts* guide = nullptr;
  const CostToGo* to_go = nullptr;  ///< of the guide
  Cost offset = 0;
  std::vector<SumBound> sums;
  /// Added to the objective: this much a second of a plan's period, which is at least
  /// `least_period` (in ticks of the space's clock).
  double period_weight = 0;
  Cost least_period = 0;
  int result_count = 1;  ///< nobody will ask for more

  /// What a plan is ordered by in the end.
  Cost exact_cost(const Plan& plan) const;
};

/// Best-first enumeration of the space's walks (A*).
///
/// The frontier holds sets of plans that share a beginning and lack the choices already taken
/// from there; each is represented by its best member by the guide. Taking the best set from the
/// frontier and splitting it along that member yields the next plan. Members that visit a
/// system twice or break a limit are passed over; a set is dropped when `result_count` others
/// reach the same state with no more of anything.
class BestFirst {
 public:
  /// Keeps references: all that it points to must outlive it.
  BestFirst(const Enumeration& enumeration, const Deadline& deadline);
  ~BestFirst();
  BestFirst(const BestFirst&) = delete;
  BestFirst& operator=(const BestFirst&) = delete;

  /// The next plan that fits; nothing when there are no more, or the deadline has passed.
  std::optional<Plan> next();
  bool was_stopped() const;
  /// No plan that is still to come costs less; unreachable when none is. Once `result_count` plans
  /// have been given, dropped ones may cost as little as the last of them; see has_dropped().
  Cost bound() const;
  bool has_dropped() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::search_detail
