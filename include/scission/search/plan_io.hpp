// Plans and answers as text and as JSON.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/search.hpp"
#include "scission/stats.hpp"

namespace scission {

// --- Text ---

/// "Device(raspi4) = 0 - 6, Edge(None) = -1 - -1, Cloud(vm) = 7 - 25": the layers on every
/// platform. The source is named even where it runs no layer. For plans in the platforms' order,
/// which have at most one stage on a platform.
SCISSION_EXPORT std::string format_distribution(const PartitionProblem& problem, const Plan& plan);

/// "Device(raspi4) = 0 - 6, Cloud(vm) = 7 - 11, Edge(pc) = 12 - 25": the stages in their order,
/// after the source as "Device(raspi4) = -1 - -1" where the first stage is elsewhere.
SCISSION_EXPORT std::string format_stages(const PartitionProblem& problem, const Plan& plan);

/// format_distribution() in the platforms' order and format_stages() in any order, followed by
/// " → Device(raspi4)" for a destination.
SCISSION_EXPORT std::string format_plan(const PartitionProblem& problem, const Query& query,
                                        const Plan& plan);

/// The original's result line: "[1] 9.0106s - 2.4087MB - Device(raspi4) = 0 - 6, …". After the
/// traffic stand the values of further metrics that the objective weighs or a limit bounds, and of
/// a weighted sum its value:
/// "[1] 9.0106s - 2.4087MB - period 5.21 s - objective 11.6 - Device(raspi4) = 0 - 6, …".
SCISSION_EXPORT std::string format_result_line(const PartitionProblem& problem, const Query& query,
                                               const Plan& plan, int rank);

/// What crosses a cut of the plan and depends on the data: "after layer 6 12.0–48.0 kB, depends on
/// the data, of which the plan counts 30.0 kB"; several cuts are separated by "; ". Empty without
/// such a cut.
SCISSION_EXPORT std::string format_sizes_seen(const PartitionProblem& problem, const Plan& plan);

/// "latency", …, or "objective" for a weighted sum.
SCISSION_EXPORT std::string objective_name(const Objective& objective);

/// With its unit for a single metric ("9.01 s"), as a bare number for a weighted sum.
SCISSION_EXPORT std::string format_objective_value(const Objective& objective, double value);

/// How far the plans of a search that was stopped are proven, without a line end.
SCISSION_EXPORT std::string format_proof(const PartitionProblem& problem, const Query& query,
                                         const SearchResult& result);

/// "bandwidth of raspi4 → vm, Mbit/s", or "slowdown of vm, factor".
SCISSION_EXPORT std::string format_target(const SensitivityAnswer& answer);

/// Why no plan is feasible, in lines: the constraints that exclude each other, and the relaxations
/// that would help.
SCISSION_EXPORT std::string format_infeasibility(const Infeasibility& infeasibility);

/// "30 % of the requests end at layer 3, 10 % at layer 7", or empty without shares.
SCISSION_EXPORT std::string format_exit_shares(const std::vector<ExitShare>& shares);

// --- JSON, written ---

/// The answer as JSON; docs/plan-format.md describes every field.
SCISSION_EXPORT std::string format_answer_json(const PartitionProblem& problem, const Query& query,
                                               const QueryAnswer& answer);

/// The same for a search without analyses.
SCISSION_EXPORT std::string format_result_json(const PartitionProblem& problem, const Query& query,
                                               const SearchResult& result);

// --- JSON, read ---

/// A plan without costs, by names and layers.
struct SCISSION_EXPORT PlanOutline {
  std::string source;
  std::optional<std::string> destination = {};
  std::vector<Placement> stages = {};

  friend bool operator==(const PlanOutline&, const PlanOutline&) = default;
};

/// A SensitivityRange of an answer file.
struct SCISSION_EXPORT StoredRange {
  double low = 0;
  double high = 0;
  double value_at_low = 0;
  double value_at_high = 0;
  PlanOutline plan;
};

/// A SensitivityAnswer of an answer file.
struct SCISSION_EXPORT StoredSensitivity {
  std::string from;
  std::optional<std::string> to = {};
  double present_value = 0;
  std::vector<StoredRange> ranges = {};
};

/// A ParetoAnswer of an answer file.
struct SCISSION_EXPORT StoredPareto {
  std::vector<Metric> metrics;
  bool is_complete = true;
  std::vector<PlanTimeline> plans;
};

/// An answer as format_answer_json() wrote it, by names; no PartitionProblem is needed.
struct SCISSION_EXPORT StoredAnswer {
  std::string model;
  Query query;  ///< input_bytes, route and objective; the file has no constraints
  std::vector<ExitShare> exit_shares = {};         ///< the costs are means over all requests
  std::vector<SystemCorrection> corrections = {};  ///< which the times contain
  /// System::pause_s by system; empty: unknown.
  std::map<std::string, double> pauses_s = {};
  std::vector<PlanTimeline> plans;  ///< best first, with their costs
  /// The 95 % intervals of their latencies, in the same order; empty: unknown.
  std::vector<std::optional<Interval>> latency_intervals = {};
  bool is_optimal = true;
  int proven_count = 0;
  double bound = 0;                         ///< +∞ when there are no other plans
  std::optional<double> relative_gap = {};  ///< empty without a plan
  std::vector<MissingLink> missing_links = {};
  std::optional<StoredPareto> pareto = {};
  std::vector<StoredSensitivity> sensitivity = {};
  std::optional<Infeasibility> infeasibility = {};
};

/// Reads what format_answer_json() wrote, also in versions that wrote fewer fields: `plans`,
/// `model` and `input_bytes` are required. Throws Error(not_found | io | damaged) with the file and
/// field as place, also where stages have gaps or hops do not connect the stages;
/// Error(unsupported) for a newer version of the format.
SCISSION_EXPORT StoredAnswer read_answer_json(const std::filesystem::path& path);
SCISSION_EXPORT StoredAnswer parse_answer_json(std::string_view text, const std::string& place);

}  // namespace scission
