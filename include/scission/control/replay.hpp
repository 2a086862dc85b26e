// What a controller would have done along a trace, beside what others do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/control/controller.hpp"
#include "scission/control/trace.hpp"

namespace scission {

/// The requests of a replay, and what goes wrong in it.
struct SCISSION_EXPORT ReplayOptions {
  double request_every_s =
      0.5;                  ///< requests arrive at this interval, from the trace's first row on
  double jitter = 0;        ///< of each request: on every link and system a factor of its own,
                            ///< log-normal of mean 1; standard deviation of its logarithm
  double switch_s = 0.001;  ///< what a switch delays the next request by
  double timeout_s = 0.5;   ///< until a request notices that a link is down
  bool probes = true;       ///< whether wanted probes are sent, over what no request uses just then
  std::uint64_t seed = 1;   ///< of the jitter, which is the same for all strategies
  ControllerOptions controller = {};  ///< its switch_cost_s is switch_s, whatever it says
};

/// How one strategy fared. Requests that nobody could serve count for none.
struct SCISSION_EXPORT StrategyResult {
  std::string name;
  std::vector<double> latencies_s;  ///< of each request, its delays included
  std::vector<int> plans;           ///< by which it was served: into ReplayResult::plans
  double total_s = 0;
  double regret = 0;  ///< total ÷ the oracle's − 1
  int switches = 0;
  double downtime_s = 0;  ///< part of the total: switches and timeouts
  int timeouts = 0;
  int probes = 0;
  double probe_bytes = 0;

  /// Of a request's latency; 0 where none could be served.
  double mean_s() const {
    return latencies_s.empty() ? 0 : total_s / static_cast<double>(latencies_s.size());
  }
};

/// How the strategies fared over a trace.
struct SCISSION_EXPORT ReplayResult {
  std::vector<double> times_s;  ///< of the requests
  int unservable = 0;           ///< more requests, at times when no plan could run
  std::vector<Plan> plans;      ///< every plan that anyone ran
  StrategyResult oracle;        ///< knows the conditions (not the jitter) and switches for free
  StrategyResult controller;
  /// Knows what everything, seen or not, measured at the last request, and takes the best for it.
  StrategyResult naive;
  /// The best single plan in hindsight, among the profile's best and the 64 that the oracle ran
  /// most; when it cannot run, its request is served by the oracle's after a timeout.
  StrategyResult fixed;
};

/// Requests one by one, none waiting for another; a request meets the conditions at its arrival.
/// Latencies are those that plan_cost() computes, so what is judged is the deciding, not the model
/// of what plans cost. A system that is down (slowdown 0) has no links; the source runs always.
///
/// Throws Error(invalid_argument) for options out of range, an objective that is not latency alone,
/// a column of a system or link that the problem does not have, or of a link that is a curve; and
/// as Controller does. O(requests · (search + 66 · blocks)).
SCISSION_EXPORT ReplayResult replay(const PartitionProblem& problem, const Query& query,
                                    const Trace& trace, const ReplayOptions& options = {});

}  // namespace scission
