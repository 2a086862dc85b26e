// Condition traces, and what a controller does along one compared with other strategies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/control/controller.hpp"

namespace scission {

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
  /// A changed rate is this to 1 of the network's, uniformly distributed in its logarithm.
  double lowest_rate = 0.1;
  double highest_slowdown = 4;  ///< a changed slowdown is 1 to this, distributed as rates are
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
