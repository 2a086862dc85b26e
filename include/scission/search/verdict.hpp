// What an answer amounts to: how much the best plan gains, how sure that is, and which plans cannot
// be told apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/search/search.hpp"

namespace scission {

/// Neighbours in a ranking, by index, whose latencies the measurements cannot tell apart.
struct SCISSION_EXPORT PlanGroup {
  int first = 0;
  int last = 0;

  friend bool operator==(const PlanGroup&, const PlanGroup&) = default;
};

/// Groups of at least two plans, in order and disjoint: a group begins with a plan that is in no
/// group yet and includes the plans after it for which 0 is in the 95 % interval of the difference
/// to that first plan. `plans` must be in the order of their latency. Plans of unknown intervals
/// are in no group. O(plans · systems · blocks).
SCISSION_EXPORT std::vector<PlanGroup> indistinguishable_groups(const PartitionProblem& problem,
                                                                const std::vector<Plan>& plans,
                                                                double input_bytes);

/// The best plan of an answer, compared with the whole model on the source and with the plans after
/// it. Values are the objective's.
struct SCISSION_EXPORT Verdict {
  double best = 0;
  /// The system of the baseline: all layers where the input lies, and the output, as in the best
  /// plan, sent to the destination. The query's constraints may exclude it.
  std::string baseline_system = {};
  std::optional<double> baseline = {};  ///< empty if no link leads to the destination
  bool is_baseline = false;             ///< whether the best plan is the baseline
  /// Whether the interval of the difference to the baseline contains 0.
  bool is_like_baseline = false;
  std::optional<double> next = {};  ///< the second plan's; empty without one
  bool is_like_next = false;        ///< whether the first two plans cannot be told apart
  /// Empty unless the objective is the latency alone, whose intervals are known.
  std::vector<PlanGroup> groups = {};
};

/// Judges the plans of a search, of which there must be at least one.
/// Throws as plan_cost() does, and Error(invalid_argument) without a plan.
SCISSION_EXPORT Verdict judge(const PartitionProblem& problem, const Query& query,
                              const SearchResult& result);

/// One line without a line end: "box alone: 139 ms, 4.8 times faster than all on handheld (671 ms);
/// next best 22 % slower".
SCISSION_EXPORT std::string format_verdict(const PartitionProblem& problem, const Query& query,
                                           const SearchResult& result, const Verdict& verdict);

/// "Plans 2 to 4 cannot be told apart: the 95 % interval of their difference contains 0.", or "".
SCISSION_EXPORT std::string format_groups(const std::vector<PlanGroup>& groups);

/// "box alone" for one stage, "all on handheld" if the input lies there, and for several
/// "handheld 0–4 → box 5–176"; followed by " → handheld" for a destination elsewhere.
SCISSION_EXPORT std::string describe_plan(const PartitionProblem& problem, const Plan& plan);

}  // namespace scission
