// The partition search: the best ways to distribute a model's blocks over systems, exactly.
//
//     Query query;
//     query.constraints["edge"].upload_bytes = 300'000;
//     const SearchResult result = search(problem, query);
//
// docs/search.md describes the algorithm, its proof and its complexity.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

// --- The criteria language ---

/// Demands on one platform, as the original spells them. The default demands nothing.
///
///     "3,!10,@device1"    layer 3 must run here, layer 10 must not, and on device1
struct SCISSION_EXPORT Criteria {
  std::vector<int> layers;                    ///< layers that must run here
  std::vector<int> excluded_layers;           ///< layers that must not run here
  std::optional<bool> is_used;                ///< true: some layer must run here; false: none may
  std::vector<std::string> systems;           ///< some layer must run here, on one of these
  std::vector<std::string> excluded_systems;  ///< systems that must not be used

  /// Whether a plan must run at least one layer here.
  bool requires_use() const;

  friend bool operator==(const Criteria&, const Criteria&) = default;
};

/// Parses criteria separated by commas; spaces around them are ignored:
///   `7` layer 7 must run here      `!7` must not       `-1` nothing runs here   `!-1` something
///   `name` or `@name` this system  `!name` or `!@name` not this one
/// A bare number is always a layer; `@2500` names a system whose name consists of digits.
/// Throws Error(invalid_argument) that quotes the invalid criterion.
SCISSION_EXPORT Criteria parse_criteria(std::string_view text);

/// A limit on a platform's compute time: in seconds, or as a share of the plan's total compute
/// time.
struct SCISSION_EXPORT TimeLimit {
  double value = 0;  ///< seconds, or a share (0.2 for 20 %)
  bool is_share = false;

  friend bool operator==(const TimeLimit&, const TimeLimit&) = default;
};

/// Parses "0.8" (seconds) or "20%". Throws Error(invalid_argument) for anything else, for a
/// negative limit, and for a share above 100 %.
SCISSION_EXPORT TimeLimit parse_time_limit(std::string_view text);

// --- Queries and their results ---

/// The order in which a plan may visit the systems.
enum class Route {
  /// Platforms in the problem's order, each at most once with one system, any of them skipped.
  platform_order,
  /// From any system to any other that it has a link to.
  any_order,
};

/// Constraints on the part of a plan on one platform or system.
struct SCISSION_EXPORT Constraints {
  Criteria criteria;
  std::optional<double> upload_bytes;  ///< upper limit over all hops that leave here
  std::optional<TimeLimit> compute;    ///< upper limit on the compute time here
  std::optional<double> memory_bytes;  ///< upper limit for each system, see plan_memory_bytes()

  friend bool operator==(const Constraints&, const Constraints&) = default;
};

/// Layers that must stay on a platform or system. When they include layer 0, the input must lie
/// there too.
struct SCISSION_EXPORT KeepOn {
  std::string name;
  int first_layer = 0;
  int last_layer = 0;

  friend bool operator==(const KeepOn&, const KeepOn&) = default;
};

/// Parses "0-5" or "3" as the layers. Throws Error(invalid_argument) for anything else.
SCISSION_EXPORT KeepOn parse_keep_on(const std::string& name, std::string_view layers);

/// Upper limits on a whole plan.
struct SCISSION_EXPORT PlanLimits {
  std::optional<double> latency_s = {};
  std::optional<double> period_s = {};
  std::optional<double> traffic_bytes = {};
  std::optional<double> energy_j = {};
  std::optional<double> money = {};
  std::optional<double> error = {};         ///< PlanMetrics::error
  std::optional<double> disagreement = {};  ///< PlanMetrics::disagreement

  std::optional<double>& limit(Metric metric);              ///< the limit on a metric
  const std::optional<double>& limit(Metric metric) const;  ///< the limit on a metric

  friend bool operator==(const PlanLimits&, const PlanLimits&) = default;
};

/// The input of search(). Names are those of platforms and systems. Where a platform and a system
/// have the same name, it means the platform; `@name` always means the system.
struct SCISSION_EXPORT Query {
  /// Size of the model's input. The default is the original's compressed image, which other models
  /// do not take: default_input_bytes() tells what the tools assume. Plans that are to be run need
  /// the size of the input tensors (tensor_bytes()).
  double input_bytes = 150'000;
  int result_count = 5;  ///< N: maximum number of plans, ≥ 1
  Objective objective;   ///< minimised: by default the latency

  Route route = Route::platform_order;
  bool can_revisit = false;       ///< whether a system may run several stages; any_order only
  std::optional<int> max_stages;  ///< maximum number of stages, ≥ 1; empty: no limit

  /// Where the input may lie; empty: on any system of the first platform.
  std::vector<std::string> sources;
  /// Where the last layer may run; empty: anywhere.
  std::vector<std::string> sinks;
  /// Where the output must be sent, which adds a hop. A platform's name means the source itself if
  /// it belongs to the platform, otherwise the best of the platform's systems.
  std::optional<std::string> return_to;

  std::map<std::string, Constraints> constraints;  ///< by the platform's or system's name
  std::vector<KeepOn> keep_on;
  PlanLimits limits;

  /// Codecs that hops may use, by name, of PartitionProblem::codecs; empty: everything crosses raw.
  /// A codec must have been measured on every system that a plan may use, also as source or
  /// destination; "all" means those that have been.
  /// For every sequence of stages a plan has the best allowed codecs: "raw" is always allowed.
  std::vector<std::string> codecs;
};

/// When to stop early.
struct SCISSION_EXPORT SearchOptions {
  std::stop_token stop = {};
  std::optional<double> time_limit_s = {};
};

/// An ordered pair of systems without a known link.
struct SCISSION_EXPORT MissingLink {
  std::string from;
  std::string to;

  friend bool operator==(const MissingLink&, const MissingLink&) = default;
};

/// The output of search().
struct SCISSION_EXPORT SearchResult {
  /// The best plans with their costs, best first: fewer than asked for when no more are feasible,
  /// none when no plan is.
  std::vector<Plan> plans;
  bool is_optimal = true;  ///< whether all plans are proven; false only after an early stop
  int proven_count = 0;    ///< number of plans, from the first, that are proven the best, in order
  /// Lower bound on the objective of every other plan than the proven ones; +∞ without another
  /// plan.
  double bound = 0;
  /// In the platforms' order: plans over these pairs, on the way back too, were left out because no
  /// link is known. Empty in any order, where missing links are usual.
  std::vector<MissingLink> missing_links;
};

/// An upper bound on how far the first plan is above the optimum, relative to its own objective: 0
/// when it is proven, NaN without a plan.
SCISSION_EXPORT double relative_gap(const PartitionProblem& problem, const Query& query,
                                    const SearchResult& result);

/// Finds the result_count plans of least objective that satisfy every constraint, in order.
///
/// Ties: plans of equal objective are ordered by fewer stages, then by the first difference among
/// source, first system, end of its stage, second system, …, destination, the smaller index first;
/// where the period is the objective, plans of equal period by latency first. Plans are distinct by
/// their stages, and each has the codecs of its least objective within the limits (of its least
/// period, then latency, where the period is the objective); of codecs that cost the same, hop by
/// hop raw before others, then the first in PartitionProblem::codecs. Sums are compared exactly and
/// do not depend on the order of addition. Limits have a relative tolerance of 10⁻¹², so that 0.1 s
/// and 0.2 s satisfy a limit of 0.3 s.
///
/// For n blocks, S systems and N results, time is O(n·S² + N·S·(n + S)) and memory O(n·S + N·S) in
/// the platforms' order and in any order with revisits, if all constraints concern single stages
/// and hops; max_stages and the number of codecs multiply it. Each system once in any order, limits
/// on sums, and the period or memory of systems that run several stages are NP-hard: the search is
/// exact, but only the options bound its time. Thread-safe for concurrent calls.
///
/// Throws Error(infeasible) for a layer that the model does not have, and Error(invalid_argument)
/// for an unknown system or platform, for a source or a platform of sources with a profile that
/// lacks the model, for a first platform without any profile unless the query names sources, for
/// numbers out of range, for an inconsistent problem or invalid times and links, for figures that
/// the objective or a limit needs and the problem lacks, and for times too large to add up.
SCISSION_EXPORT SearchResult search(const PartitionProblem& problem, const Query& query,
                                    const SearchOptions& options = {});

/// A problem and a query, prepared once and searched repeatedly. Names and constraints stay
/// resolved from one search to the next.
///
///     Planner planner(std::move(problem), query);
///     planner.set_link("handheld", "box", Link{.ping_ms = 40, .megabits_per_s = 8});
///     const SearchResult result = planner.plan();  // result.plans.front().cost.latency_s
///
/// The planner owns the problem; changes do not affect copies. The plans carry their costs, cost()
/// computes those of other plans, problem() is the changed problem.
///
/// The result equals that of search() for the changed problem. Not thread-safe: one thread at a
/// time may use a planner.
class SCISSION_EXPORT Planner {
 public:
  /// Throws as search() does.
  Planner(PartitionProblem&& problem, Query query);
  ~Planner();
  Planner(Planner&&) noexcept;             ///< a moved-from planner may only be destroyed
  Planner& operator=(Planner&&) noexcept;  ///< a moved-from planner may only be destroyed

  /// Replaces the link from one system to another; an empty link removes it.
  /// Throws Error(invalid_argument) for an unknown system, with the names that are known, and for
  /// an invalid link: a ping below 0, a bandwidth below a byte a second, a curve of fewer than two
  /// points, unsorted or falling.
  void set_link(std::string_view from, std::string_view to, std::optional<Link> link);
  void set_link(int from, int to, std::optional<Link> link);  ///< the same by indices

  /// Scales the times of a system: computing, setup and coding take `factor` times as long as its
  /// profile states.
  /// Throws Error(invalid_argument) for an unknown system and for a factor that is not above 0 and
  /// finite.
  void set_slowdown(std::string_view system, double factor);
  void set_slowdown(int system, double factor);  ///< the same by index

  /// The cost of any plan, for the problem with all changes applied. Throws as plan_cost() does.
  PlanCost cost(const Plan& plan) const;

  /// The problem with all changes applied.
  const PartitionProblem& problem() const;
  const Query& query() const;  ///< as given to the constructor

  /// As search(), for the problem with all changes applied.
  SearchResult plan(const SearchOptions& options = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission
