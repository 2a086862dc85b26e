// A whole run of an adaptive pipeline: plans on workers, requests, and a report.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/tensor.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// How an adaptive pipeline's plans reach the workers. The functions bind a backend; `deploy`,
/// `remove` and `write_segments` are called one at a time.
struct SCISSION_EXPORT AdaptiveDeployment {
  Clients clients;  ///< by system; a system without a client is this process
  /// Writes the segments of a plan. Called once for each plan; the files must persist.
  std::function<std::vector<StageAssignment>(const std::vector<Placement>&)> write_segments;
  /// Deploys them; `share` is that of AdaptiveCallbacks::deploy.
  std::function<std::shared_ptr<Pipeline>(const std::vector<StageAssignment>&,
                                          const std::function<double()>& share)>
      deploy;
  /// Removes a plan's segments from the workers, except those that a plan in `kept` uses. Must not
  /// throw.
  std::function<void(const std::vector<StageAssignment>& plan,
                     const std::vector<std::vector<StageAssignment>>& kept)>
      remove;
  bool probes = true;            ///< links may be probed
  double probe_deadline_s = 30;  ///< of one probe
};

/// AdaptiveCallbacks for plans on workers, without on_switch and on_deploy_failed. A system is
/// alive when its worker answers directly or to another worker. Announces the workers to each
/// other, and throws as announce_peers() does.
SCISSION_EXPORT AdaptiveCallbacks worker_callbacks(const PartitionProblem& problem,
                                                   AdaptiveDeployment deployment);

/// The inputs of one request.
struct SCISSION_EXPORT AdaptiveInput {
  std::string name;  ///< as the log gives it: a file, a number
  std::vector<Tensor> tensors;
  std::vector<Tensor> expected;  ///< outputs to compare the answer with; may be empty
};

/// What is sent, and for how long. Sending ends at the first limit.
struct SCISSION_EXPORT AdaptiveRunOptions {
  int concurrency = 1;       ///< requests in flight
  double rate = 0;           ///< above 0: requests per second, evenly spaced, at most 64 in flight
  std::optional<int> count;  ///< maximum number of requests
  std::optional<double> seconds;  ///< maximum time of sending
  int warmup = 3;  ///< requests with AdaptiveOptions::sample before the reported ones
  /// The next request's inputs; null ends the run. Required.
  std::function<std::shared_ptr<const AdaptiveInput>()> next_input;
  /// How far an answer is from what is expected, for AdaptiveRecord::difference. May be empty.
  std::function<double(const std::vector<Tensor>& outputs, const std::vector<Tensor>& expected)>
      difference;
  /// Called between requests, and at least every 0.1 s: false ends the run. May be empty.
  std::function<bool()> should_continue;
  std::function<void(const Plan&)> on_start;  ///< called with the first plan. May be empty.
  /// Plans to switch between regardless of their objectives, one after the other, to measure what a
  /// switch costs; fewer than two: none. Meant with AdaptiveOptions::is_automatic = false.
  std::vector<Plan> rehearsed;
  double rehearse_every_s = 60;  ///< time between these switches
};

/// One request of a run.
struct SCISSION_EXPORT AdaptiveRecord {
  std::string input;
  double sent_s = 0;     ///< since the pipeline's construction; at a rate, when it was due
  double latency_s = 0;  ///< from sent_s to the answer
  double waited_s = 0;   ///< see AdaptiveResult
  int plan = 0;          ///< index into AdaptiveReport::plans
  int attempts = 1;
  bool is_answered = false;
  long largest = -1;      ///< index_of_largest() of the outputs: the class
  double difference = 0;  ///< see AdaptiveRunOptions; 0 without an answer
  std::string failure;    ///< why there is no answer
};

/// A finished run.
struct SCISSION_EXPORT AdaptiveReport {
  std::string model;
  std::string source;                   ///< system where requests begin
  std::vector<std::string> plans;       ///< "device 0-6 → edge1 7-25"
  std::vector<AdaptiveRecord> records;  ///< in the order of sending
  std::vector<PlanSwitch> switches;
  MonitoringCost monitoring;
  std::optional<double> tolerance;  ///< answers with a larger difference are wrong; empty: none is
};

/// Constructs an AdaptivePipeline, warms it up, sends requests, and returns when all are answered.
/// Outputs are examined between requests, where that delays none.
/// Throws as AdaptivePipeline's constructor and `next_input` do, once no request is in flight.
///
///     AdaptiveRunOptions run;
///     run.count = 100;
///     run.next_input = [&] { return std::make_shared<AdaptiveInput>(read_next()); };
///     const AdaptiveReport report =
///         run_adaptive(problem, query, worker_callbacks(problem, deployment), {}, run);
SCISSION_EXPORT AdaptiveReport run_adaptive(const PartitionProblem& problem, const Query& query,
                                            AdaptiveCallbacks callbacks,
                                            const AdaptiveOptions& options,
                                            const AdaptiveRunOptions& run);

/// Index of the largest number of the first tensor in row-major order; −1 without tensors and for
/// tensors that are not float32. O(elements).
SCISSION_EXPORT long index_of_largest(const std::vector<Tensor>& outputs);

// Figures of a report.

/// Answered requests of one plan.
struct SCISSION_EXPORT PlanLatency {
  int plan = 0;  ///< index into AdaptiveReport::plans
  int answered = 0;
  Quantiles latency;
};

/// How much longer requests took than the median of their plan's undisturbed requests, in seconds;
/// all 0 without requests.
struct SCISSION_EXPORT DelaySummary {
  int requests = 0;
  double median = 0;
  double p95 = 0;
  double max = 0;
};

/// Delays by what happened while the requests were in flight.
struct SCISSION_EXPORT SwitchDelays {
  DelaySummary deploying;    ///< a plan was deployed and warmed up
  DelaySummary cut_over;     ///< a plan was switched to, or it was among the first three after that
  DelaySummary undisturbed;  ///< neither
};

SCISSION_EXPORT std::vector<PlanLatency> plan_latencies(const AdaptiveReport& report);
SCISSION_EXPORT SwitchDelays switch_delays(const AdaptiveReport& report);
SCISSION_EXPORT Quantiles latency_of(const AdaptiveReport& report);  ///< of all answered requests
SCISSION_EXPORT int count_answered(const AdaptiveReport& report);
SCISSION_EXPORT int count_wrong(const AdaptiveReport& report);

/// CPU time of monitoring, as a share of the summed latency of all answered requests.
SCISSION_EXPORT double monitoring_share(const AdaptiveReport& report);

/// The report as JSON; docs/controlling.md describes its fields.
SCISSION_EXPORT std::string format_report_json(const AdaptiveReport& report);

/// A row for each request:
/// "request,input,sent_s,latency_s,waited_s,plan,attempts,answered,largest,difference".
SCISSION_EXPORT std::string format_report_csv(const AdaptiveReport& report);

}  // namespace scission::runtime
