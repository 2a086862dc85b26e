// Analyses on top of search(): trade-offs between metrics, sensitivity to links and loads, the
// reasons why no plan is feasible, and how much the best plan gains.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scission/base.hpp"
#include "scission/search/search.hpp"

namespace scission {

// --- Pareto fronts ---

/// Plans of which none dominates another: is at least as good in every metric and better in one.
struct SCISSION_EXPORT ParetoFront {
  /// One plan for every non-dominated vector of metrics, in ascending order of the first metric,
  /// then the second; of plans with equal metrics the first in search()'s order.
  std::vector<Plan> plans;
  bool is_complete = true;  ///< false only after a search was stopped; the plans are on the front
};

/// The exact Pareto front of two or three metrics under the query's constraints. The query's
/// objective and result_count are ignored. Values that differ by a relative 10⁻⁹ or less are equal.
///
/// Points are found in ascending order of the first metric, each as the minimum of the first, then
/// of the second, then of the third (the ε-constraint method of Haimes, Lasdon and Wismer 1971).
/// Two metrics take two searches for every point, and one more; three take at most four, and one
/// more: the bounds on the other two metrics are kept as boxes without redundant ones (Klamroth,
/// Lacour and Vanderpooten 2015).
/// The time limit applies to all searches together.
/// Throws as search() does, and Error(invalid_argument) for fewer than two, more than three, or
/// repeated metrics.
SCISSION_EXPORT ParetoFront pareto_front(const PartitionProblem& problem, const Query& query,
                                         const std::vector<Metric>& metrics,
                                         const SearchOptions& options = {});

// --- Sensitivity ---

/// A range of a bandwidth or slowdown in which one plan is the best; at its ends the neighbour is
/// equally good.
struct SCISSION_EXPORT SensitivityRange {
  double low = 0;  ///< Mbit/s, or the slowdown factor
  double high = 0;
  Plan plan;
  double value_at_low = 0;  ///< the plan's objective at `low`
  double value_at_high = 0;
  /// Whether the objective is linear in 1 / bandwidth between the ends, instead of in the factor.
  bool is_over_bandwidth = false;

  double value_at(double x) const;  ///< the plan's objective at a bandwidth or factor
};

/// Bandwidths of one link, in Mbit/s.
struct SCISSION_EXPORT BandwidthInterval {
  std::string from;
  std::string to;
  double low_megabits_per_s = 0;
  double high_megabits_per_s = 0;
};

/// Factors on all compute times of one system; 1 is the profile's.
struct SCISSION_EXPORT SlowdownInterval {
  std::string system;
  double low_factor = 0;
  double high_factor = 0;
};

/// The best plan for every bandwidth of an interval: ranges in ascending order that cover it. The
/// breakpoints are intersections of the plans' own cost lines (Eisner and Severance 1976), not
/// samples: exact up to the rounding of a double. (At a breakpoint a link's transfer time may
/// differ slightly from what its range states, because bandwidths are rounded to whole bytes a
/// second.)
///
/// k ranges take at most 2·k + 1 searches; the time limit applies to all of them together.
///
/// Throws Error(invalid_argument) for an unknown system or link, a link that is a curve, an
/// interval that is not 0 < low < high, an objective that weighs the period, and limits on times,
/// energy or money that the change would affect; Error(infeasible) when no plan is feasible;
/// Error(interrupted) when a search was stopped.
SCISSION_EXPORT std::vector<SensitivityRange> bandwidth_sensitivity(
    const PartitionProblem& problem, const Query& query, const BandwidthInterval& interval,
    const SearchOptions& options = {});

/// The same for the slowdown factor of one system.
SCISSION_EXPORT std::vector<SensitivityRange> slowdown_sensitivity(
    const PartitionProblem& problem, const Query& query, const SlowdownInterval& interval,
    const SearchOptions& options = {});

// --- Infeasibility ---

/// One constraint of a query, and the effect of relaxing it alone.
struct SCISSION_EXPORT Relaxation {
  std::string constraint;      ///< "edge uploads at most 300 kB"
  bool is_sufficient = false;  ///< whether a plan is feasible without it
  /// Of a limit whose removal is sufficient: the smallest value for which a plan is feasible
  /// (seconds, bytes, joules, money, stages; a share as 0.2 for 20 %).
  std::optional<double> nearest_limit = {};
  /// "edge uploads at most 401 kB": with that value, rounded up; of the input's place another one
  /// for which a plan is feasible. Empty for other constraints.
  std::string nearest_text = {};
};

/// Why no plan is feasible, and which relaxations would change that.
struct SCISSION_EXPORT Infeasibility {
  /// An irreducible infeasible subset (IIS) of the constraints: together they exclude every plan,
  /// without any one of them they do not. Empty when the links alone exclude every plan.
  std::vector<std::string> irreducible_subset;
  /// Every constraint of the query, in its order, then the systems' own memory.
  std::vector<Relaxation> relaxations;
};

/// Explains why a query has no feasible plan. Searches prove every statement: the irreducible
/// subset by a deletion filter (Chinneck and Dravnieks 1991), one search for each constraint; the
/// nearest limits to within a relative 10⁻⁹, each the exact value of a plan: of a limit on the
/// whole plan by one search for the minimum, of others by bisection. The time limit applies to all
/// searches together. Limits on the systems' own memory count as constraints, and so do the sources
/// that the query names.
///
/// Throws Error(invalid_argument) when a plan is feasible, and as search() does; Error(interrupted)
/// when a search was stopped before the result was certain.
SCISSION_EXPORT Infeasibility explain_infeasibility(const PartitionProblem& problem,
                                                    const Query& query,
                                                    const SearchOptions& options = {});

// --- A query with its analyses ---

/// A Pareto front and its metrics.
struct SCISSION_EXPORT ParetoAnswer {
  std::vector<Metric> metrics;
  ParetoFront front;
};

/// The sensitivity of the best plan to one link's bandwidth or one system's slowdown.
struct SCISSION_EXPORT SensitivityAnswer {
  std::string from;                           ///< the system, or the sender of the link
  std::optional<std::string> to = {};         ///< the receiver of the link
  double present_value = 0;                   ///< Mbit/s, or the factor 1
  std::vector<SensitivityRange> ranges = {};  ///< empty if the time limit expired
};

/// The result of a query and of the analyses that go with it.
struct SCISSION_EXPORT QueryAnswer {
  SearchResult result;
  std::optional<ParetoAnswer> pareto = {};
  std::vector<SensitivityAnswer> sensitivity = {};
  std::optional<Infeasibility> infeasibility = {};
  std::optional<Plan> runner_up = {};  ///< empty where only one plan fits, or none was requested
};

/// The analyses to go with a query.
struct SCISSION_EXPORT AnalysisRequest {
  std::vector<Metric> pareto = {};  ///< empty: no front
  /// Links "FROM,TO" and systems "NAME". A platform means those of its systems that the best plan
  /// uses, else its only one; `@name` is always a system.
  std::vector<std::string> sensitivity = {};
  /// Mbit/s, or factors; empty: 1/100 to 100 times the present value.
  std::optional<std::pair<double, double>> sensitivity_range = {};
  bool with_runner_up = false;
  /// Called with the plans, before the analyses, which may take longer; may be empty.
  std::function<void(const SearchResult&)> on_result = {};
};

/// Searches, and analyses the best plan, or why no plan is feasible where that is proven. The time
/// limit applies to all searches together; of ranges and reasons, those that it does not suffice
/// for are left out.
/// Throws as search() and the analyses do, with "sensitivity FROM,TO" as place where a target is to
/// blame: for an unknown name, a platform of several systems that the plan does not use, a missing
/// link.
SCISSION_EXPORT QueryAnswer answer_query(const PartitionProblem& problem, const Query& query,
                                         const AnalysisRequest& request,
                                         const SearchOptions& options = {});

// --- Verdict ---

/// Neighbours in a ranking, by index, whose latencies the measurements cannot tell apart.
struct SCISSION_EXPORT PlanGroup {
  int first = 0;
  int last = 0;

  friend bool operator==(const PlanGroup&, const PlanGroup&) = default;
};

/// Groups of at least two plans, in order and disjoint: a group begins with a plan that is in no
/// group yet and includes the plans after it as long as 0 is in the 95 % interval of the difference
/// to every plan of the group. `plans` must be in the order of their latency. Plans of unknown
/// intervals are in no group. O(plans · largest group · systems · blocks).
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
/// next best 22 % slower". All are ratios of the objective; 1.22 times is 22 %.
SCISSION_EXPORT std::string format_verdict(const PartitionProblem& problem, const Query& query,
                                           const SearchResult& result, const Verdict& verdict);

/// "Plans 2 to 4 cannot be told apart: the 95 % interval of their difference contains 0.", or "".
SCISSION_EXPORT std::string format_groups(const std::vector<PlanGroup>& groups);

/// "box alone" for one stage, "all on handheld" if the input lies there, and for several
/// "handheld 0–4 → box 5–176"; followed by " → handheld" for a destination elsewhere. A codec
/// stands before the system that decodes: "handheld 0–4 → int8+zstd → box 5–176".
SCISSION_EXPORT std::string describe_plan(const PartitionProblem& problem, const Plan& plan);

}  // namespace scission
