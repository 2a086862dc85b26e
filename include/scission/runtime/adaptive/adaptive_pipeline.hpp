// A pipeline that switches to another plan while it runs.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/control/controller.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

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
};

/// How an AdaptivePipeline observes, decides and switches.
struct SCISSION_EXPORT AdaptiveOptions {
  ControllerOptions controller = {};
  /// Plans that are kept deployed, including the running one. 1: the running plan is removed before
  /// the next one is deployed, and requests wait in between.
  int plans_in_memory = 2;
  /// Share of link bandwidth that deploying may use while requests are served, 0.01 to 1; it is 1
  /// while requests wait for the deployment.
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

enum class SwitchReason { faster, lost, limits, asked };

/// "faster", "lost", "limits" or "asked".
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

}  // namespace scission::runtime
