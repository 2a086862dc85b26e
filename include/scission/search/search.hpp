// The partition search: the best ways to distribute a model's blocks over systems, exactly.
//
//     Query query;
//     query.constraints["edge"].upload_bytes = 300'000;
//     const SearchResult result = search(problem, query);
//
// The algorithm, its proof and its cost are in docs/search.md.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

// --- The criteria language ---

/// Demands on one platform. An empty one demands nothing.
struct SCISSION_EXPORT Criteria {
  std::vector<int> layers;                    ///< these layers must run here
  std::vector<int> excluded_layers;           ///< these must not
  std::optional<bool> is_used;                ///< whether any layer may (must) run here
  std::vector<std::string> systems;           ///< a layer must run here, on one of these
  std::vector<std::string> excluded_systems;  ///< never on one of these

  /// Whether a plan must run at least one layer here.
  bool requires_use() const;

  friend bool operator==(const Criteria&, const Criteria&) = default;
};

/// Reads criteria separated by commas, spaces around them ignored:
///   `7` layer 7 must run here      `!7` must not       `-1` nothing runs here   `!-1` something
///   `name` or `@name` this system  `!name` or `!@name` not this one
/// A bare number is always a layer; `@2500` names a system whose name is all digits.
/// Throws Error(invalid_argument) that quotes the criterion it cannot read.
SCISSION_EXPORT Criteria parse_criteria(std::string_view text);

/// A limit on a platform's compute time: in seconds, or as a share of the plan's whole compute
/// time.
struct SCISSION_EXPORT TimeLimit {
  double value = 0;  ///< seconds, or a share (0.2 for 20 %)
  bool is_share = false;

  friend bool operator==(const TimeLimit&, const TimeLimit&) = default;
};

/// Reads "0.8" (seconds) or "20%". Throws Error(invalid_argument) on anything else, on what is
/// below 0, and on a share above 100 %.
SCISSION_EXPORT TimeLimit parse_time_limit(std::string_view text);

// --- Queries and their results ---

/// In which order a plan may visit the systems.
enum class Route {
  /// Platforms in the problem's order, each at most once with one system, any of them skipped.
  platform_order,
  /// From any system to any other that it has a link to.
  any_order,
};

/// What the part of a plan on one platform or system must keep to.
struct SCISSION_EXPORT Constraints {
  Criteria criteria;
  std::optional<double> upload_bytes;  ///< at most this may leave, over all hops out of here
  std::optional<TimeLimit> compute;    ///< at most this may be spent computing here
  std::optional<double>
      memory_bytes;  ///< at most this may each system here hold (plan_memory_bytes())

  friend bool operator==(const Constraints&, const Constraints&) = default;
};

/// Layers that must stay on a platform or system; with layer 0 among them the input must lie
/// there too, so that it never leaves.
struct SCISSION_EXPORT KeepOn {
  std::string name;
  int first_layer = 0;
  int last_layer = 0;

  friend bool operator==(const KeepOn&, const KeepOn&) = default;
};

/// Limits on a whole plan.
struct SCISSION_EXPORT PlanLimits {
  std::optional<double> latency_s;
  std::optional<double> period_s;
  std::optional<double> traffic_bytes;
  std::optional<double> energy_j;
  std::optional<double> money;

  friend bool operator==(const PlanLimits&, const PlanLimits&) = default;
};

/// A question. Names are those of platforms and systems; a platform comes before a system of the
/// same name, which `@name` always means.
struct SCISSION_EXPORT Query {
  /// Size of the model's input. The default is the original's compressed picture; where plans are
  /// to be run, what the input's tensors take (tensor_bytes()).
  double input_bytes = 150'000;
  int result_count = 5;  ///< N: how many plans at most, ≥ 1
  Objective objective;   ///< what is least in the best plan: latency

  Route route = Route::platform_order;
  bool can_revisit = false;       ///< whether a system may run several stages; any_order only
  std::optional<int> max_stages;  ///< ≥ 1; one more than there are cuts

  /// Where the input may lie; empty: on the first platform that has a system.
  std::vector<std::string> sources;
  /// Where the last layer may run; empty: anywhere.
  std::vector<std::string> sinks;
  /// Where the output must be sent, which counts as one more hop. A platform's name means the
  /// source itself where that belongs to it, else whichever of its systems is best.
  std::optional<std::string> return_to;

  std::map<std::string, Constraints> constraints;  ///< by the platform's or system's name
  std::vector<KeepOn> keep_on;
  PlanLimits limits;
};

/// When to end early.
struct SCISSION_EXPORT SearchOptions {
  std::stop_token stop = {};
  std::optional<double> time_limit_s = {};
};

/// A pair of systems that some plan would need a link between, and none is known.
struct SCISSION_EXPORT MissingLink {
  int from = 0;
  int to = 0;
};

/// What search() found.
struct SCISSION_EXPORT SearchResult {
  /// The best plans, best first; fewer than asked for when no more fit, none when none fits.
  std::vector<Plan> plans;
  /// Whether all of that is proven. False only when the search was stopped or ran out of time.
  bool is_optimal = true;
  /// The first so many plans are proven to be the best, in order; the others are the best found.
  int proven_count = 0;
  /// In the objective's unit: no plan but the proven ones costs less. +∞ when there are no more.
  double bound = 0;
  /// In the platforms' order: plans over these were left out. Indices into the problem's systems.
  /// Empty in any order, where a missing link is nothing unusual.
  std::vector<MissingLink> missing_links;
};

/// How far at most the first plan is above the best there can be, relative to its own cost: 0 when
/// it is proven. NaN without a plan.
SCISSION_EXPORT double relative_gap(const PartitionProblem& problem, const Query& query,
                                    const SearchResult& result);

/// The result_count plans of least objective that keep to every constraint, in order.
///
/// Plans of equal objective are ordered by fewer stages, then by the first difference among
/// source, first system, end of its stage, second system, …, destination, the smaller index first;
/// where the period is the objective, plans of equal period by latency first. Sums are compared
/// exactly: they do not depend on the order of adding. Limits are kept to within 10⁻¹² of
/// themselves, so that 0.1 s and 0.2 s keep to 0.3 s.
///
/// For n blocks, S systems and N results, time is O(n·S² + N·S·(n + S)) and memory O(n·S + N·S) in
/// the platforms' order and in any order with revisits, while every constraint is one of single
/// stages and hops; max_stages multiplies it. Each system once in any order, limits on sums, and
/// the period or memory of systems that run several stages are NP-hard: still exact, in a time that
/// nothing but the options bounds.
/// Thread-safe for concurrent calls.
///
/// Throws Error(infeasible) for a layer that the model does not have, Error(invalid_argument) for a
/// system or platform that the problem does not have, for numbers out of range, for a problem whose
/// parts do not fit each other or are no times and links, for figures that the objective or a limit
/// needs and the problem lacks, and for times too large to add up.
SCISSION_EXPORT SearchResult search(const PartitionProblem& problem, const Query& query,
                                    const SearchOptions& options = {});

}  // namespace scission
