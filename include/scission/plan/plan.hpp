// A plan: which system runs which layers, what that costs, and how plans are compared.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

/// Consecutive blocks on one system. Indices are into the PartitionProblem.
struct SCISSION_EXPORT Stage {
  int system = 0;
  int first_block = 0;
  int last_block = 0;

  friend bool operator==(const Stage&, const Stage&) = default;
};

/// Stages in order, covering all blocks; the input lies on `source`. Where `destination` is given,
/// the output is sent there from the last stage's system.
struct SCISSION_EXPORT Plan {
  int source = 0;
  std::vector<Stage> stages;
  std::optional<int> destination = {};

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// One transfer of a plan.
struct SCISSION_EXPORT Hop {
  int from = 0;
  int to = 0;
  double bytes = 0;
  double seconds = 0;
};

/// What a plan costs, taken apart.
struct SCISSION_EXPORT PlanCost {
  double latency_s = 0;  ///< compute + transfer
  double compute_s = 0;
  double transfer_s = 0;
  /// The busy time of the busiest system or directed link, see Link::busy_s(): with stages
  /// overlapping, one input is finished every period.
  double period_s = 0;
  double traffic_bytes = 0;  ///< over all hops
  /// Σ seconds × the system's power + Σ bytes × the link's energy; NaN where one is not known.
  /// Where no link of the problem states its energy, links take none.
  double energy_j = 0;
  /// Σ hours × the system's price + Σ bytes × the link's price; unknown as above.
  double money = 0;
  std::vector<double> stage_s;  ///< compute of each stage
  std::vector<Hop> hops;        ///< one for each change of system: the input's and the output's too
};

/// What a system must hold for a plan: the weights of all its blocks, and of the activations the
/// most that any of its blocks needs at once. 0 for a system without a stage.
/// Throws Error(invalid_argument) when the problem has no memory figures.
SCISSION_EXPORT double plan_memory_bytes(const PartitionProblem& problem, const Plan& plan,
                                         int system);

/// Adds up a plan's cost from nothing but the problem: no search involved.
/// `input_bytes` is what crosses into block 0. O(blocks + systems² + hops log hops).
/// Throws Error(invalid_argument) when the stages do not cover the blocks in order or name a
/// system that is not there, and Error(mismatch) when a hop has no link.
SCISSION_EXPORT PlanCost plan_cost(const PartitionProblem& problem, const Plan& plan,
                                   double input_bytes);

// --- Objectives: what plans are compared by ---

enum class Metric { latency, period, traffic, energy, money };

/// "latency", "period", …
SCISSION_EXPORT std::string to_string(Metric measure);
SCISSION_EXPORT const std::vector<Metric>& all_metrics();

/// Seconds, seconds, bytes, joules, or money in the user's currency.
SCISSION_EXPORT double metric_value(Metric measure, const PlanCost& cost);

/// "9.01 s", "2.41 MB", "12.3 J", "0.00123": for people.
SCISSION_EXPORT std::string format_metric(Metric measure, double amount);

/// A weighted sum of measures: a weight a second of latency, a second of period, a byte, a joule, a
/// unit of money. All are ≥ 0, and one at least is above. With a single measure its weight is 1.
struct SCISSION_EXPORT Objective {
  double latency = 1;
  double period = 0;
  double traffic = 0;
  double energy = 0;
  double money = 0;

  double weight(Metric measure) const;             ///< that of one measure
  void set_weight(Metric measure, double weight);  ///< replaces it

  friend bool operator==(const Objective&, const Objective&) = default;
};

/// That measure alone.
SCISSION_EXPORT Objective single_objective(Metric measure);

/// The weighted sum of a plan's amounts. Measures of weight 0 do not count, known or not.
SCISSION_EXPORT double objective_value(const Objective& objective, const PlanCost& cost);

/// Reads "energy", or a weighted sum "latency + 0.5 energy + 0.01 traffic": each term a weight (1
/// where there is none) and a measure; traffic is weighed by the MB, the others by the second, the
/// joule and the unit of money. Throws Error(invalid_argument) that quotes what it cannot read.
SCISSION_EXPORT Objective parse_objective(std::string_view text);

/// Reads "latency,energy": two measures or more, each once. Throws Error(invalid_argument).
SCISSION_EXPORT std::vector<Metric> parse_metrics(std::string_view text);

// --- Placements: a plan by names and layers ---

/// Consecutive layers that a plan gives to one system.
struct SCISSION_EXPORT Placement {
  int first_layer = 0;
  int last_layer = 0;
  std::string system;

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// The stages of the best plan in what `scission-predict --json` wrote (docs/plan-format.md), in
/// order, without gaps from layer 0. Throws Error(not_found | io | damaged) with the file and field
/// as place, Error(unsupported) on a newer version of the format, and
/// Error(invalid_argument) when the file holds no plan.
SCISSION_EXPORT std::vector<Placement> read_placements(const std::filesystem::path& path);

/// A plan's stages by names and layers instead of indices. Throws Error(invalid_argument) for a
/// system or block that the problem does not have.
SCISSION_EXPORT std::vector<Placement> placements_of(const PartitionProblem& problem,
                                                     const Plan& plan);

/// The other way round, for input that lies on the system `source`. Throws Error(mismatch) for a
/// system that the problem does not have, and where a placement does not end with a block.
SCISSION_EXPORT Plan plan_from_placements(const PartitionProblem& problem,
                                          const std::vector<Placement>& placements,
                                          const std::string& source);

// --- Timelines: when each part of a plan happens ---

/// A stage on a system, or a transfer from one.
struct SCISSION_EXPORT TimelineItem {
  bool is_transfer = false;
  std::string system;  ///< that computes, or sends
  std::string to;      ///< that a transfer goes to
  int first_layer = 0;
  int last_layer = 0;
  double bytes = 0;    ///< of a transfer
  double begin_s = 0;  ///< after the input is there
  double seconds = 0;
};

/// One input's way through a plan: one item after the other, without overlap.
struct SCISSION_EXPORT PlanTimeline {
  std::string source;                      ///< the system that holds the input
  std::optional<std::string> destination;  ///< that the output is sent to
  double latency_s = 0;
  double compute_s = 0;
  double transfer_s = 0;
  double period_s = 0;
  double traffic_bytes = 0;
  std::optional<double> energy_j;
  std::optional<double> money;
  std::vector<TimelineItem> items;

  /// The systems in the order in which the plan comes to them, the source first.
  std::vector<std::string> systems() const;
};

/// The plans in what `scission-predict --json` wrote (docs/plan-format.md).
struct SCISSION_EXPORT PlanTimelines {
  std::string model;
  double input_bytes = 0;
  std::vector<PlanTimeline> plans;  ///< best first; none where no plan met the query
};

/// Throws Error(not_found | io | damaged) with the file and field as place, where stages have gaps
/// or hops do not lead from stage to stage too; Error(unsupported) on a newer version of the
/// format.
SCISSION_EXPORT PlanTimelines read_plan_timelines(const std::filesystem::path& path);
SCISSION_EXPORT PlanTimelines parse_plan_timelines(std::string_view text, const std::string& place);

}  // namespace scission
