// A pipeline that switches to another plan while it runs, and a whole run of it: plans on workers,
// requests, and a report.
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/base.hpp"
#include "scission/control.hpp"
#include "scission/model.hpp"
#include "scission/prepare.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/run/run_plans.hpp"

namespace scission::runtime {

struct PlanSwitch;

/// What an AdaptivePipeline needs from its owner. The first `deploy` is called by the constructor,
/// everything else from threads of the pipeline. `deploy` and `retire` are called one at a time and
/// may block; `probe` runs beside them and may block as well. The other functions block the thread
/// that decides; their exceptions are ignored.
struct SCISSION_EXPORT AdaptiveCallbacks {
  /// Deploys a plan and returns its pipeline, with one stage for each stage of the plan. `share`
  /// returns the share of links that deploying may use at the moment, for DeployOptions; it is
  /// valid until `deploy` returns. An exception or a null pointer means that the plan cannot be
  /// deployed. Required.
  std::function<std::shared_ptr<Pipeline>(const Plan&, const std::function<double()>& share)>
      deploy;
  /// The plan's pipeline has been destroyed: segments that no plan in `kept` uses may be removed.
  /// Must not throw. May be empty.
  std::function<void(const Plan&, const std::vector<Plan>& kept)> retire;
  /// Whether any path reaches the system, in which case a failure is attributed to the link. Empty,
  /// or an exception: false.
  std::function<bool(int system)> is_alive;
  /// Seconds that a transfer takes; nothing when it fails. Empty: links are not probed.
  std::function<std::optional<double>(int from, int to, double bytes)> probe;
  /// Called after each switch with the plan that runs now. May be empty.
  std::function<void(const PlanSwitch&, const Plan& to)> on_switch;
  /// A wanted plan could not be deployed. May be empty.
  std::function<void(const Plan&, const std::string& why)> on_deploy_failed;
  /// Called before each decision with the controller that makes it, about every
  /// AdaptiveOptions::decide_every_s. May be empty.
  std::function<void(double now_s, const Controller&)> on_decision;
};

/// How an AdaptivePipeline observes, decides and switches.
struct SCISSION_EXPORT AdaptiveOptions {
  ControllerOptions controller = {};
  /// Plans that are kept deployed, including the running one. 1: the running plan is removed before
  /// the next one is deployed, and requests wait in between.
  int plans_in_memory = 2;
  /// Share of link bandwidth that deploying may use while requests are served, 0.01 to 1; it is 1
  /// while requests wait for the deployment, and for a plan with less than half of the objective.
  double deploy_share = 0.25;
  /// Maximum wait for a gap between requests, before work that could delay them.
  double max_gap_wait_s = 0.25;
  bool is_automatic = true;      ///< false: plans change by switch_to() and after losses only
  int max_waiting = 256;         ///< requests that may wait while no plan runs; more are refused
  std::vector<Tensor> sample;    ///< inputs of a request, to warm plans up; empty: no warm-up
  int warmup = 3;                ///< number of warm-up requests; the last one is observed
  double decide_every_s = 0.4;   ///< minimum time between decisions, unless something is lost
  double idle_s = 0.5;           ///< time without requests before anything is probed
  double redeploy_after_s = 30;  ///< wait before a plan that could not be deployed is tried again
  /// Of transfers that overlap, the fastest in this time is observed (docs/controlling.md).
  double overlap_window_s = 1;
};

enum class SwitchReason { faster, lost, limits, requested };

/// "faster", "lost", "limits" or "requested".
SCISSION_EXPORT std::string to_string(SwitchReason reason);

/// A switch from one plan to another.
struct SCISSION_EXPORT PlanSwitch {
  double at_s = 0;  ///< since the pipeline's construction
  int from = 0;     ///< index into plans()
  int to = 0;       ///< index into plans()
  SwitchReason reason = SwitchReason::faster;
  double running_objective = 0;  ///< estimate for the old plan; +∞ when it could not run
  double best_objective = 0;     ///< estimate for the new plan
  double deploy_s = 0;           ///< from the decision to the plan being deployed and warm
  bool was_kept = false;         ///< the plan was still deployed
  double cut_over_s = 0;         ///< time for which the switch blocked send()
  int waited = 0;                ///< requests that waited for the new plan
  double longest_wait_s = 0;     ///< of these requests
  int plans_in_memory = 2;       ///< maximum number of plans deployed during the switch
};

/// The outcome of a request.
struct SCISSION_EXPORT AdaptiveResult {
  PipelineResult result;  ///< latency_s includes waiting for a plan
  int plan = 0;           ///< the plan that answered: index into plans()
  double waited_s = 0;    ///< time without a plan, and on plans that failed
};

/// The cost of observing and deciding so far.
struct SCISSION_EXPORT MonitoringCost {
  long observations = 0;
  long decisions = 0;
  double cpu_s = 0;  ///< measured, over all threads
  long probes = 0;
  double probe_bytes = 0;
};

/// Sends requests through the plan that is best at the moment. It observes the times of requests,
/// passes them to a Controller, and switches between two requests to another plan, which is
/// deployed and warmed up beside the running one first; requests in flight finish on the old plan.
/// A request that fails because a system is lost is sent again through the next plan. Each request
/// is answered exactly once. Thread-safe.
class SCISSION_EXPORT AdaptivePipeline {
 public:
  /// Deploys the first plan and warms it up. `query.input_bytes` must be the size of a request's
  /// tensors, as the first link's bandwidth is estimated with it.
  /// Throws as Controller's constructor and `deploy` do, and Error(invalid_argument) for options
  /// out of range and without `deploy`.
  AdaptivePipeline(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks,
                   AdaptiveOptions options, std::optional<Plan> first = {});
  /// Waits until every request is answered. Must not be called from within a `done`.
  ~AdaptivePipeline();
  AdaptivePipeline(const AdaptivePipeline&) = delete;
  AdaptivePipeline& operator=(const AdaptivePipeline&) = delete;

  /// As Pipeline::send(). Not answered when no plan is left, when the request is refused, and when
  /// max_waiting requests wait already (the failure is marked busy).
  void send(std::vector<Tensor> inputs, std::function<void(AdaptiveResult)> done);
  /// The same; the future becomes ready when the request is answered or has failed.
  std::future<AdaptiveResult> send(std::vector<Tensor> inputs);

  /// Switches to a plan regardless of its objective. Returns at once; a later call overrides an
  /// earlier one that has not been acted upon.
  /// Throws Error as plan_cost() does when it is not a valid plan.
  void switch_to(const Plan& plan);

  int running() const;                       ///< index into plans()
  std::vector<Plan> plans() const;           ///< all plans wanted so far, in chronological order
  std::vector<PlanSwitch> switches() const;  ///< in chronological order
  MonitoringCost monitoring_cost() const;    ///< up to now

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

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

/// What is sent, and for how long. Sending ends at the first limit.
struct SCISSION_EXPORT AdaptiveRunOptions {
  int concurrency = 1;        ///< requests in flight
  double requests_per_s = 0;  ///< above 0: requests per second, evenly spaced, at most 64 in flight
  std::optional<int> count;   ///< maximum number of requests
  std::optional<double> seconds;  ///< maximum time of sending
  int warmup = 3;  ///< requests with AdaptiveOptions::sample before the reported ones
  /// The next request's inputs; null ends the run. Required.
  std::function<std::shared_ptr<const RequestInput>()> next_input;
  /// How far an answer is from what is expected, for AdaptiveRecord::difference. May be empty.
  std::function<double(const std::vector<Tensor>& outputs, const std::vector<Tensor>& expected)>
      difference;
  /// Called between requests, and at least every 0.1 s: false ends the run. May be empty.
  std::function<bool()> should_continue;
  std::function<void(const Plan&)> on_start;  ///< called with the first plan. May be empty.
  /// Plans to switch between regardless of their objectives, one after the other, to measure what a
  /// switch costs; fewer than two: none. Meant with AdaptiveOptions::is_automatic = false.
  std::vector<Plan> rehearsed;
  double rehearse_every_s = 60;              ///< time between these switches
  std::shared_ptr<RunEventLog> events = {};  ///< of what happens, without warm-up; may be null
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
  std::vector<LimitWaits> limit_waits;  ///< part of the requests' latencies
  /// Answers with a difference above this and `error_bound` are wrong; empty: none is.
  std::optional<double> tolerance;
  double error_bound = 0;  ///< largest PlanCost::error of the plans, by their codecs
};

/// Constructs an AdaptivePipeline, warms it up, sends requests, and returns when all are answered.
/// Outputs are examined between requests, where that delays none.
/// Throws as AdaptivePipeline's constructor and `next_input` do, once no request is in flight.
///
///     AdaptiveRunOptions run;
///     run.count = 100;
///     run.next_input = [&] { return std::make_shared<RequestInput>(read_next()); };
///     const AdaptiveReport report =
///         run_adaptive(problem, query, worker_callbacks(problem, deployment), {}, run);
SCISSION_EXPORT AdaptiveReport run_adaptive(const PartitionProblem& problem, const Query& query,
                                            AdaptiveCallbacks callbacks,
                                            const AdaptiveOptions& options,
                                            const AdaptiveRunOptions& run);

/// An adaptive run on workers, whose plans are cut and deployed when they are first needed.
struct SCISSION_EXPORT WorkerRunOptions {
  PlanDeploymentOptions deployment;
  /// Writes the segments of the run's plan `number`, from 1 on, into `folder`, which it creates.
  std::function<SegmentManifest(const std::vector<Placement>& plan, int number,
                                const std::filesystem::path& folder)>
      write_segments;
  bool probes = true;  ///< links may be probed
  AdaptiveOptions adaptive = {};
  AdaptiveRunOptions run = {};
  /// Number of best plans that the run switches between, as AdaptiveRunOptions::rehearsed has it;
  /// then on_event gets no switches. 0 and 1: no such switches.
  int rehearsed_plans = 0;
  std::function<void(const PlanDeployment&)> on_connected;  ///< before anything is deployed
  std::function<void(const std::string&)> on_event;         ///< one line: the first plan, a switch
  std::function<void(const std::string&)> on_warning;       ///< one line: a plan is not deployed
};

/// run_adaptive() with worker_callbacks() of a PlanDeployment. Segments are written below the
/// system's folder for temporary files and removed at the end. Throws as these do.
SCISSION_EXPORT AdaptiveReport run_on_workers(const PartitionProblem& problem, const Query& query,
                                              const WorkerRunOptions& options);

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
/// Of all requests; one without an answer counts as an infinite one.
SCISSION_EXPORT Quantiles latency_of(const AdaptiveReport& report);
SCISSION_EXPORT int count_answered(const AdaptiveReport& report);
SCISSION_EXPORT int count_wrong(const AdaptiveReport& report);

/// CPU time of monitoring, as a share of the summed latency of all answered requests.
SCISSION_EXPORT double monitoring_share(const AdaptiveReport& report);

/// The report as text: plans, switches, delays around them, and totals. Tables wider than `width`
/// characters have a block of lines for each row; empty: no limit. O(n log n) in the records.
SCISSION_EXPORT std::string format_report(const AdaptiveReport& report,
                                          std::optional<std::size_t> width = {});

/// "12.3 s: plan 2, device 0-6 → edge1 7-25: faster by 12 %; …", without a line end; `route` is
/// that of the plan that runs now.
SCISSION_EXPORT std::string format_switch(const PlanSwitch& change, const std::string& route);

/// Why: "faster by 12.0 %".
SCISSION_EXPORT std::string format_reason(const PlanSwitch& change);

/// What went wrong, one line each without a line end: wrong answers, and missing ones with their
/// causes.
SCISSION_EXPORT std::vector<std::string> find_faults(const AdaptiveReport& report);

/// The report as JSON; docs/controlling.md describes its fields.
SCISSION_EXPORT std::string format_report_json(const AdaptiveReport& report);

/// A row for each request:
/// "request,input,sent_s,latency_s,waited_s,plan,attempts,answered,largest,difference".
SCISSION_EXPORT std::string format_report_csv(const AdaptiveReport& report);

}  // namespace scission::runtime
