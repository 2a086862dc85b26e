// The loop behind an AdaptivePipeline: observes, decides, and has plans deployed and switched.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/adaptive/deployments.hpp"
#include "runtime/adaptive/events.hpp"
#include "runtime/adaptive/observations.hpp"
#include "runtime/pipeline/request_router.hpp"
#include "scission/control.hpp"

namespace scission::runtime {

/// What the loop is doing.
///
///  requests are served             requests wait
///  ┌───────────┐       loss       ┌─────────────┐  plan_removed  ┌────────────┐
///  │           │ ───────────────▶ │             │ ─────────────▶ │            │
///  │  serving  │                  │ interrupted │                │ undeployed │
///  │           │ ◀─────────────── │             │                │            │
///  └───────────┘     cut_over     └─────────────┘                └────────────┘
///   │         ▲                    │           ▲                  │          ▲
///   │ deploy_ │ deploy_            │ deploy_   │ deploy_ended,    │ deploy_  │ deploy_ended,
///   │ started │ ended              │ started   │ a plan is left   │ started  │ no plan is left
///   ▼         │                    ▼           │                  ▼          │
///  ┌───────────┐    loss, or      ┌───────────────────────────────────────────┐
///  │           │ ─plan_removed──▶ │                                           │
///  │ deploying │                  │                 awaiting                  │
///  │           │ ◀─────────────── │                                           │
///  └───────────┘     cut_over     └───────────────────────────────────────────┘
///
/// Not drawn: plan_removed leads from serving to undeployed, and cut_over back.
enum class LoopState {
  serving,      ///< a plan runs; nothing is being deployed
  deploying,    ///< a plan runs; another one is being deployed
  interrupted,  ///< the running plan lost a system, and nothing has been decided yet
  awaiting,     ///< requests wait while a plan is being deployed
  undeployed    ///< no plan is deployed, nor being deployed; the next step tries again
};

enum class LoopEvent {
  loss,            ///< the running plan needs a system that is lost
  plan_removed,    ///< all plans, including the running one, were removed
  deploy_started,  ///< the deployer was given a plan
  deploy_ended,    ///< the deployer has finished or failed
  cut_over         ///< a plan became the active one
};

/// The transitions of the diagram. `has_plan`: a plan is deployed after the event.
LoopState next_state(LoopState state, LoopEvent event, bool has_plan);

/// Whether requests wait in that state.
bool is_holding(LoopState state);

/// Runs the loop on a thread, the only one that uses the controller.
class AdaptationLoop {
 public:
  /// Deploys the first plan before it returns. Throws as Controller's constructor and
  /// AdaptiveCallbacks::deploy do.
  AdaptationLoop(PartitionProblem problem, Query query, AdaptiveCallbacks callbacks,
                 AdaptiveOptions options, std::optional<Plan> first);
  /// Waits until every request is answered, and removes all plans.
  ~AdaptationLoop();
  AdaptationLoop(const AdaptationLoop&) = delete;
  AdaptationLoop& operator=(const AdaptationLoop&) = delete;

  // From any thread.
  RequestRouter& router() { return router_; }
  void request_switch(const Plan& plan);
  int running() const;
  std::vector<Plan> plans() const;
  std::vector<PlanSwitch> switches() const;
  MonitoringCost monitoring_cost() const;

 private:
  void run();
  void step(Events& events);
  void abort_step(Events events, const std::string& why);
  void apply(LoopEvent event);

  // adaptation_loop.cpp: what has happened.
  void observe(const CompletedRequest& request);
  void observe_overdue();
  LeftBehind left_behind(const InFlightRequest& request, const PartitionProblem& estimated) const;
  void observe_own(const DeployedPlan& plan, const std::vector<HopTiming>& hops);
  void on_probe_result(const ProbeResult& result);
  void on_lost_request(const LostRequest& lost);
  bool is_new_loss(const LostRequest& lost) const;
  bool may_probe(bool is_idle);
  bool is_observed_by_requests(const Probe& probe) const;
  void mark_lost(const Plan& plan, const CallFailure& failure);
  void probe_if_idle();

  // adaptation_decisions.cpp: what to do about it.
  void on_deployed(const DeployResult& result);
  void on_deploy_failed(const DeployResult& result);
  bool is_still_wanted(const SwitchRequest& request);
  void decide();
  void fall_back();
  void keep_running_or_refuse(const std::string& why);
  void resume();
  std::optional<Plan> take_requested();
  SwitchRequest request_for(const Plan& plan, SwitchReason reason);
  SwitchRequest request_for(const Decision& decision);
  void start_switch(SwitchRequest request);
  SharedPlan find_deployed(const SwitchRequest& request);
  std::vector<SharedPlan> make_room();
  void cut_over(const SwitchRequest& request, const SharedPlan& plan, bool was_kept);
  void retire(std::vector<SharedPlan> plans);

  bool is_alive(int system) const;
  int number_of(const Plan& plan);

  const PartitionProblem problem_;
  const Query query_;
  const AdaptiveCallbacks callbacks_;
  const AdaptiveOptions options_;
  Controller controller_;
  RequestObserver observer_;
  EventQueue events_;
  RequestRouter router_;
  LoopState state_ = LoopState::serving;
  DeploymentPool pool_;
  int deploying_ = 0;                        ///< number of the last plan given to the deployer
  std::vector<SharedPlan> retired_;          ///< from the pool, to be removed after this step
  std::map<int, double> not_before_s_;       ///< plans that could not be deployed
  std::map<std::string, double> lost_at_s_;  ///< when a system was last found lost
  int probes_in_flight_ = 0;
  double next_busy_probe_s_ = 0;

  mutable std::mutex mutex_;  // of the following, which other threads use
  std::vector<Plan> plans_;
  int running_ = 0;
  std::vector<PlanSwitch> switches_;
  MonitoringCost cost_;
  std::optional<Plan> requested_;

  std::atomic<bool> is_ending_ = false;
  std::optional<PlanDeployer> deployer_;  // ends before what its jobs use
  std::thread thread_;
};

}  // namespace scission::runtime
