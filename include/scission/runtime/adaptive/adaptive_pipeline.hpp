// A running plan that is left for another when that pays.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/control/controller.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

struct PlanSwitch;

/// What an AdaptivePipeline needs of its owner. The first `make` is called by the constructor; all
/// else from threads of its own: `make` and `retire` one at a time and `probe` beside them, and
/// these may take as long as they do; the others from the thread that decides, which waits for them
/// and passes over what they throw.
struct SCISSION_EXPORT AdaptiveCallbacks {
  /// Deploys a plan: a pipeline with one stage for each of the plan's. `share` says which share of
  /// its links that may take just then, for DeployOptions; it is good while `make` runs. What it
  /// throws, or a null pointer, means that the plan cannot be had now. Must be set.
  std::function<std::shared_ptr<Pipeline>(const Plan&, const std::function<double()>& share)> make;
  /// The plan's pipeline is gone and its segments may go: those that no plan in `kept` has. Must
  /// not throw. May be empty.
  std::function<void(const Plan&, const std::vector<Plan>& kept)> retire;
  /// Whether the system answers anybody: what failed was then the link to it. Empty, or throwing:
  /// it does not.
  std::function<bool(int system)> is_alive;
  /// Seconds that a transfer took, nothing when it failed. Empty: nothing is probed.
  std::function<std::optional<double>(int from, int to, double bytes)> probe;
  /// Told of each switch as it happens, and of the plan that runs now. May be empty.
  std::function<void(const PlanSwitch&, const Plan& to)> on_switch;
  /// A plan that was wanted could not be deployed. May be empty.
  std::function<void(const Plan&, const std::string& why)> on_failure;
};

/// How requests are watched, and plans changed.
struct SCISSION_EXPORT AdaptiveOptions {
  ControllerOptions controller = {};
  /// The running plan, and those kept beside it. 1: the running plan is taken away before the next
  /// one is deployed, and requests wait meanwhile.
  int plans_in_memory = 2;
  /// The share of its links that deploying takes while requests flow; all of them, and 1, while
  /// requests wait for it. 0.01 to 1.
  double deploy_share = 0.25;
  double gap_s = 0.25;         ///< what may disturb requests waits so long for a gap between them
  bool decides = true;         ///< false: plans change by go_over() and when something is lost
  int most_waiting = 256;      ///< requests that may wait while no plan runs; more are refused
  std::vector<Tensor> sample;  ///< a request's inputs, to warm plans up; empty: they are not
  int warmup = 3;              ///< requests for that; what the last one took is observed
  /// At most so often, unless something is lost: a search on cold caches takes a tenth of a ms.
  double decide_every_s = 0.4;
  double idle_s = 0.5;          ///< so long must nothing be under way before anything is probed
  double deploy_again_s = 30;   ///< a plan that could not be deployed is not tried before
  double overlapped_for_s = 1;  ///< see docs/controlling.md: of transfers that overlap
};

enum class SwitchReason { faster, lost, limits, asked };

/// "faster", "lost", …
SCISSION_EXPORT std::string to_string(SwitchReason reason);

/// From one plan to another; seconds.
struct SCISSION_EXPORT PlanSwitch {
  double at_s = 0;  ///< since the pipeline was made
  int from = 0;     ///< indices into plans()
  int to = 0;
  SwitchReason reason = SwitchReason::faster;
  double running = 0;     ///< the old plan's objective as it was believed; +∞: could not run
  double best = 0;        ///< the new one's
  double deploy_s = 0;    ///< from wanting the plan to having it deployed and warm
  bool was_kept = false;  ///< it had been deployed before
  double cut_over_s = 0;  ///< so long send() was kept from passing requests on
  int waited = 0;         ///< requests that had to wait for the new plan
  double longest_wait_s = 0;
  int plans_in_memory = 2;  ///< at the most while this went on
};

/// What became of a request, and by which plan.
struct SCISSION_EXPORT AdaptiveResult {
  PipelineResult result;  ///< latency_s from send(), waiting included
  int plan = 0;           ///< that answered it, index into plans()
  double waited_s = 0;    ///< while no plan could take it, and on plans that failed
};

/// What watching has cost so far.
struct SCISSION_EXPORT WatchingCost {
  long observations = 0;
  long decisions = 0;
  double cpu_s = 0;  ///< of observing and deciding; measured, all threads
  long probes = 0;
  double probe_bytes = 0;
};

/// Requests through the plan that is the best at the time. Watches what they take, tells a
/// Controller of its own, and goes over to another plan between two requests: it is deployed and
/// warmed beside the running one first, requests under way finish where they are. A request that
/// fails because a system is lost goes through the next plan; each is answered exactly once.
/// Thread-safe.
class SCISSION_EXPORT AdaptivePipeline {
 public:
  /// Deploys the first plan and warms it. `query.input_bytes` has to be what a request's tensors
  /// take: what the first link's bandwidth is learnt from.
  /// Throws as Controller's constructor and `make` do, and Error(invalid_argument) on options out
  /// of range and without `make`.
  AdaptivePipeline(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks,
                   AdaptiveOptions options, std::optional<Plan> first = {});
  /// Waits until every request is answered. Not from within a `done`.
  ~AdaptivePipeline();
  AdaptivePipeline(const AdaptivePipeline&) = delete;
  AdaptivePipeline& operator=(const AdaptivePipeline&) = delete;

  /// As Pipeline::send(). Unanswered when no plan is left, when a request is refused, and as busy
  /// when too many wait.
  void send(std::vector<Tensor> inputs, std::function<void(AdaptiveResult)> done);

  /// Goes over to a plan whatever pays, some time after returning; the last one asked for counts.
  /// Throws Error as plan_cost() does when it is no plan.
  void go_over(const Plan& plan);

  int running() const;                       ///< index into plans()
  std::vector<Plan> plans() const;           ///< that were wanted, in the order in which they came
  std::vector<PlanSwitch> switches() const;  ///< in their order
  WatchingCost watching() const;             ///< up to now

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::runtime
