// Online control: estimating conditions, deciding when to switch plans, replaying traces.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/search/search.hpp"

namespace scission {

// --- The controller ---

// Decides when a running plan should be replaced: observes, estimates, plans again, decides.
//
//     Controller controller(problem, query);
//     deploy(controller.running());
//     for (each request) {
//       controller.observe(HopObservation{…}, now_s);
//       controller.observe(StageObservation{…}, now_s);
//       if (const Decision decision = controller.decide(now_s); decision.is_switch()) {
//         deploy(decision.plan);
//         controller.set_running(decision.plan);
//       }
//     }
//
// docs/controlling.md describes the method and how well it does.

/// How the time scale of a link or a system is estimated: the factor between the times that are
/// observed and those of the profile. Spreads are standard deviations of the logarithm of that
/// factor, so 0.1 is about 10 %.
struct SCISSION_EXPORT SlowdownFilterOptions {
  double start_spread = 0.1;   ///< error of the profile at the beginning
  double spread = 0.5;         ///< long-run error of the profile without observations
  double fixed_spread = 0.25;  ///< the same for the fixed part: pings vary less than rates
  double forgetting_s = 300;   ///< time after which 1/e of what was learnt is left
  double first_noise = 0.1;    ///< noise of a single observation, before it has been estimated
  double allowance = 0.75;  ///< change test: deviations up to this, in standard deviations, count
                            ///< as no change
  double threshold = 4;     ///< change test: sum of deviations beyond the allowance that signals
                            ///< a change
  double outlier = 4;       ///< larger deviations, in standard deviations, are clipped to this
};

/// When the controller switches, and how it learns; docs/controlling.md says how to choose them.
struct SCISSION_EXPORT ControllerOptions {
  double horizon_s = 60;         ///< a switch has to pay off within this time
  double switch_cost_s = 0.001;  ///< total delay that one switch causes
  double min_gain = 0.03;        ///< smaller relative gains of the objective are ignored
  double confidence = 1.5;       ///< a gain must exceed this many of its standard deviations
  /// Width of the confidence bound up to which plans are explored, in standard deviations: a probe
  /// is wanted where being better by this much would change the plan.
  double exploration_width = 3;
  double breach_s = 3;         ///< a limit of the query must be violated this long before a switch
  double probe_after_s = 5;    ///< what was observed more recently is not probed
  double lost_probe_s = 0.25;  ///< the same for what is lost
  double lost_retry_s = 5;     ///< what is lost is tried again after this time, which doubles with
                               ///< each loss in a row, up to 32 times as long
  /// Share of a link's rate that deploying uses, above 0 to 1; see Controller::set_deployed().
  double deploy_share = 1;
  SlowdownFilterOptions links = {};
  SlowdownFilterOptions systems = {.spread = 0.4};
};

/// The deployment of a plan with less than this share of the running plan's objective may use the
/// full rate of links.
inline constexpr double urgent_share = 0.5;

/// One stage of a request: the time that a system took to compute blocks first to last.
struct SCISSION_EXPORT StageObservation {
  int system = 0;
  int first_block = 0;
  int last_block = 0;
  double seconds = 0;
  bool is_probe = false;  ///< not part of a request: does not count in requests_per_s()
};

/// A transfer of one request, or of a probe.
struct SCISSION_EXPORT HopObservation {
  int from = 0;
  int to = 0;
  double bytes = 0;
  double seconds = 0;
};

enum class DecisionReason {
  none,    ///< the running plan stays
  faster,  ///< another plan is worth switching to
  lost,    ///< the running plan needs a link or system that is lost
  limits,  ///< the running plan violates a limit of the query
  no_plan  ///< the running plan cannot run, and there is no other: keep trying it
};

/// The result of decide().
struct SCISSION_EXPORT Decision {
  DecisionReason reason = DecisionReason::none;
  Plan plan;                     ///< the plan that should run from now on
  double running_objective = 0;  ///< estimate for the running plan; +∞ when it cannot run
  double best_objective = 0;     ///< estimate for the best plan; +∞ if no plan fits
  /// Standard deviation of the gain; 0 when the decision did not need it.
  double gain_stddev = 0;

  /// Whether `plan` differs from the running one.
  bool is_switch() const {
    return reason != DecisionReason::none && reason != DecisionReason::no_plan;
  }
  /// Improvement of the objective; may be +∞.
  double gain() const { return running_objective - best_objective; }
};

/// A measurement that is worth making while nothing else is going on: a transfer of `bytes` over a
/// link, or, without `to`, running blocks first to last on the system `from`.
struct SCISSION_EXPORT Probe {
  int from = 0;
  std::optional<int> to = {};
  double bytes = 0;
  int first_block = 0;
  int last_block = 0;

  friend bool operator==(const Probe&, const Probe&) = default;
};

/// What is known of the time scale of a link or a system. A link's time is fixed (its ping) and
/// variable (bytes ÷ rate); a system's time, and that of a link measured as a curve, is variable.
struct SCISSION_EXPORT SlowdownEstimate {
  double fixed_factor = 1;     ///< expected factor on the fixed part of the profile's time
  double variable_factor = 1;  ///< the same for the variable part
  double fixed_stddev = 0;     ///< standard deviation of the logarithm of the factor
  double variable_stddev = 0;  ///< the same for the variable part
  double noise = 0;            ///< relative standard deviation of a single observation
  int changes = 0;             ///< abrupt changes detected so far
  bool is_observed = false;    ///< false: all of the above is the profile's
};

/// Keeps a plan the best one while links and loads change. It has neither a thread nor a clock: the
/// caller passes times in seconds, which must not decrease. Not thread-safe.
///
/// Systems and blocks are indices into the problem; an index out of range throws
/// Error(invalid_argument).
class SCISSION_EXPORT Controller {
 public:
  /// Starts with `running`, or with the best plan for the problem as given.
  /// Throws as search() does, Error(infeasible) when no plan fits, Error(invalid_argument) for
  /// options out of range, and as plan_cost() does when `running` is not a valid plan.
  Controller(PartitionProblem problem, Query query, ControllerOptions options = {},
             std::optional<Plan> running = {});
  ~Controller();
  Controller(Controller&&) noexcept;             ///< a moved-from controller can only be destroyed
  Controller& operator=(Controller&&) noexcept;  ///< the same

  /// Learns from one stage of a request or probe. A lost system or link that is observed is
  /// available again. O(1).
  void observe(const StageObservation& stage, double now_s);
  void observe(const HopObservation& hop, double now_s);  ///< the same for a transfer

  /// Learns from a request through the running plan that is still not answered `late_s` after it
  /// was expected to be, which is a lower bound (a censored observation). The delay is attributed
  /// to the link or remote system that explains it with the least change, relative to how much
  /// links and systems vary. O(systems · blocks + systems²).
  void observe_overdue(double late_s, double now_s);

  /// Reports a failed transfer, or a system that does not answer. Plans avoid it until it is
  /// observed again, or until ControllerOptions::lost_retry_s has passed.
  void mark_link_lost(int from, int to, double now_s);
  void mark_system_lost(int system, double now_s);  ///< the same for a system

  /// Decides whether to switch. Costs one search, and O(systems² · blocks) when a switch is near.
  /// Throws as search() does for times too large to add up.
  Decision decide(double now_s);

  /// The plans that are deployed, the running one among them. From the first call on, decide()
  /// prefers plans that are deployed soon: it chooses the plan with the largest gain per second of
  /// deploying, or, when the running plan is lost, the one that serves requests first. A better
  /// plan follows in a later decision, from the plan that runs by then.
  void set_deployed(std::vector<Plan> plans);
  /// Learns from a deployment that took that long; call it before set_deployed() has the plan.
  void observe_deployment(const Plan& plan, double seconds, double now_s);
  /// Expected time to deploy the plan: stages that no deployed plan has are sent from the plan's
  /// source, all systems' concurrently, and loaded. 0 when every stage is there, +∞ over a lost
  /// link; without the transfer where the problem states no weights (PartitionProblem::memory).
  /// O(systems · blocks + systems² + stages · deployed stages).
  double deploy_s(const Plan& plan, double now_s);

  /// Reports that `plan` runs now. Throws as plan_cost() does when it is not a valid plan.
  void set_running(const Plan& plan);
  const Plan& running() const;  ///< as reported by set_running()

  /// The measurements that could reveal a better plan: the uncertain parts of the plan that would
  /// be the best one if everything uncertain were as fast as is plausible (optimism in the face of
  /// uncertainty). Empty when even that plan would not be worth a switch.
  std::vector<Probe> wanted_probes(double now_s);

  /// The problem with estimated times: a lost link is absent; a lost system has no links and is a
  /// million times slower. O(systems · blocks + systems²).
  PartitionProblem estimated(double now_s) const;
  /// What is known at that time of a system's time scale. O(1).
  SlowdownEstimate system_estimate(int system, double now_s) const;
  SlowdownEstimate link_estimate(int from, int to, double now_s) const;  ///< the same for a link
  /// Estimated latency of a request through the running plan; +∞ when it cannot run.
  /// O(systems · blocks + systems²).
  double expected_latency_s(double now_s);
  double requests_per_s() const;  ///< recent rate of requests; 0 while unknown

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// --- Replay ---

// Condition traces, and what a controller does along one compared with other strategies.

/// What one column of a condition trace holds. Names are those of systems, or of platforms, which
/// stand for all their systems.
struct SCISSION_EXPORT ConditionColumn {
  /// The quantity of the column, and its unit.
  enum class Kind {
    rate,     ///< link:FROM->TO:mbit  Mbit/s; 0: the link is down
    ping,     ///< link:FROM->TO:ms    milliseconds
    slowdown  ///< slowdown:SYSTEM     factor on the profile's times; 0: the system is down
  };
  Kind kind = Kind::rate;
  std::string from;  ///< or the system
  std::string to = {};

  friend bool operator==(const ConditionColumn&, const ConditionColumn&) = default;
};

/// Link and system conditions over time. A row holds until the time of the next one, the last row
/// for ever. Without a column, conditions are those of the profile and the network file.
struct SCISSION_EXPORT ConditionTrace {
  std::vector<ConditionColumn> columns;
  std::vector<double> times_s;              ///< strictly ascending
  std::vector<std::vector<double>> values;  ///< [row][column]

  friend bool operator==(const ConditionTrace&, const ConditionTrace&) = default;
};

/// Reads CSV with the header `time_s,link:A->B:mbit,link:A->B:ms,slowdown:SYSTEM`, whose columns
/// may come in any order after the time, and a row of numbers for each time. Empty lines and lines
/// that begin with # are skipped. Throws Error(not_found | io | damaged) with file and line, for a
/// header or number that cannot be read, a row that is too short or too long, times that do not
/// increase, values below 0, a duplicate column, and a file without rows.
SCISSION_EXPORT ConditionTrace read_condition_trace(const std::filesystem::path& path);
/// The same for text; `place` is its name in error messages.
SCISSION_EXPORT ConditionTrace parse_condition_trace(std::string_view text,
                                                     const std::string& place);

/// The header of the column, for example "link:pi->vm:mbit".
SCISSION_EXPORT std::string to_string(const ConditionColumn& column);

/// CSV text that parse_condition_trace() reads back as the same trace.
SCISSION_EXPORT std::string format_condition_trace(const ConditionTrace& trace);

/// Writes the CSV file atomically. Throws Error(io).
SCISSION_EXPORT void write_condition_trace(const ConditionTrace& trace,
                                           const std::filesystem::path& path);

/// What happens in a generated condition trace.
struct SCISSION_EXPORT ConditionTraceOptions {
  bool has_steps = false;    ///< rates and slowdowns change abruptly
  bool has_ramps = false;    ///< rates and slowdowns change gradually, geometrically
  bool has_noise = false;    ///< each value is multiplied by a random factor in each row
  bool has_outages = false;  ///< links are down for some time

  double duration_s = 600;
  double tick_s = 0.5;         ///< time between two rows
  double change_every_s = 60;  ///< mean time between two changes of a column (exponential)
  double ramp_s = 20;          ///< duration of a gradual change
  /// A changed rate is the network's times a factor from this one to 1, uniformly distributed in
  /// its logarithm.
  double lowest_rate = 0.1;
  double highest_slowdown = 4;  ///< a changed slowdown is from 1 to this one, distributed as rates
  double noise = 0.2;           ///< standard deviation of the logarithm of the factor, of mean 1
  double outage_every_s = 120;  ///< mean time between two outages of a link (exponential)
  double outage_s = 10;         ///< mean duration of an outage (exponential)
  std::uint64_t seed = 1;
};

/// The options with these kinds of changes: "steps", "ramps", "noise", "outages"; "constant" is
/// none of them. Throws Error(invalid_argument) for another word.
SCISSION_EXPORT ConditionTraceOptions parse_trace_kinds(const std::vector<std::string>& kinds);

/// Generates a trace with a rate for each link of the problem and a slowdown for each system. The
/// values of a column depend on the seed and the column's position only, and are the same on every
/// machine to six significant digits. With both steps and ramps, half of the changes are of each
/// kind. Links measured as curves have no rate and are left out.
/// Throws Error(invalid_argument) for options out of range. O(rows · columns).
SCISSION_EXPORT ConditionTrace generate_condition_trace(const PartitionProblem& problem,
                                                        const ConditionTraceOptions& options);

/// The requests of a replay, and what disturbs them.
struct SCISSION_EXPORT ReplayOptions {
  double request_every_s = 0.5;  ///< time between two requests; the first is at the trace's start
  /// Each request multiplies the times of each link and system by a log-normal factor of mean 1;
  /// this is the standard deviation of the factor's logarithm.
  double jitter = 0;
  double switch_s = 0.001;            ///< delay of the next request that a switch causes
  double timeout_s = 0.5;             ///< time until a request notices that a link is down
  bool sends_probes = true;           ///< send wanted probes over links and systems that are idle
  std::uint64_t seed = 1;             ///< of the jitter, which is the same for all strategies
  ControllerOptions controller = {};  ///< its switch_cost_s is ignored in favour of switch_s
};

/// The results of one strategy. Requests that no plan could serve are not included.
struct SCISSION_EXPORT StrategyResult {
  std::string name;
  std::vector<double> latencies_s;  ///< of each request, including delays
  std::vector<int> plans;           ///< the plan of each request: index into ReplayResult::plans
  double total_s = 0;
  double regret = 0;  ///< total ÷ the oracle's total − 1
  int switches = 0;
  double downtime_s = 0;  ///< part of the total that is due to switches and timeouts
  int timeouts = 0;
  int probes = 0;
  double probe_bytes = 0;

  /// Mean latency of a request; 0 when no request was served.
  double mean_s() const {
    return latencies_s.empty() ? 0 : total_s / static_cast<double>(latencies_s.size());
  }
};

/// The results of all strategies over one trace.
struct SCISSION_EXPORT ReplayResult {
  std::vector<double> times_s;  ///< of the requests that were served
  int unservable = 0;           ///< requests at times when no plan could run
  std::vector<Plan> plans;      ///< every plan that any strategy ran
  StrategyResult oracle;        ///< knows the conditions (not the jitter), switches at no cost
  StrategyResult controller;
  /// Knows all link and system times of the last request, used or not, and takes the best plan for
  /// them.
  StrategyResult naive;
  /// The best single plan in hindsight, among the profile's best plan and the 64 plans that the
  /// oracle ran most often. When it cannot run, the oracle's plan serves after a timeout.
  StrategyResult fixed;
};

/// Replays requests along a trace under each strategy. Requests do not queue; each meets the
/// conditions at its arrival. Latencies are those of plan_cost(), so the replay judges the
/// decisions, not the cost model. A system that is down (slowdown 0) has no links; the source is
/// always up.
///
/// Throws Error(invalid_argument) for options out of range, an objective other than latency alone,
/// a column whose system or link is not in the problem, and a column for a link that is a curve;
/// and as Controller does. O(requests · (search + 66 · blocks)).
SCISSION_EXPORT ReplayResult replay(const PartitionProblem& problem, const Query& query,
                                    const ConditionTrace& trace, const ReplayOptions& options = {});

/// The strategies in the order of reports: oracle, controller, naive, fixed.
SCISSION_EXPORT std::array<const StrategyResult*, 4> strategies_of(const ReplayResult& result);

/// How many different plans served a strategy's requests.
SCISSION_EXPORT std::size_t count_plans(const StrategyResult& strategy);

/// The replay as a JSON object; docs/controlling.md describes its fields.
SCISSION_EXPORT std::string format_replay_json(const PartitionProblem& problem, const Query& query,
                                               const ReplayResult& result,
                                               const ReplayOptions& options);

/// A row for each request: its latency under each strategy, and the plans of the oracle and of the
/// controller.
SCISSION_EXPORT std::string format_replay_csv(const PartitionProblem& problem,
                                              const ReplayResult& result);

}  // namespace scission
