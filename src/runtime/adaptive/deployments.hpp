// The plans that are deployed, and the thread that deploys and removes them.
#pragma once

#include <string>
#include <vector>

#include "runtime/adaptive/events.hpp"
#include "runtime/threads/threads.hpp"

namespace scission::runtime {

/// Whether a stage of the plan is on that system.
bool uses(const Plan& plan, int system);

/// Whether the plans run the same stages on the same systems, so that one deployment serves both.
bool has_same_stages(const Plan& a, const Plan& b);

/// The plan's codecs by name, as Pipeline::set_codecs() takes them.
std::vector<std::string> codec_names_of(const PartitionProblem& problem, const Plan& plan);

/// Deployed plans: the running one, then the others by last use. Not thread-safe.
class DeploymentPool {
 public:
  /// Null when no plan is deployed.
  SharedPlan running() const { return plans_.empty() ? nullptr : plans_.front(); }
  bool is_empty() const { return plans_.empty(); }
  int count() const { return static_cast<int>(plans_.size()); }

  std::vector<Plan> plans() const;

  /// Null when the plan is not deployed.
  SharedPlan find(const Plan& plan) const;
  /// The plan with these stages, with any codecs of its hops, or null.
  SharedPlan find_deployment(const Plan& plan) const;
  /// Puts `by` in the place of a plan of the pool.
  void replace(const SharedPlan& plan, const SharedPlan& by);
  /// A plan other than the running one with a stage on that system; null without one.
  SharedPlan spare_on(int system) const;

  /// Adds a plan after the running one, or as the running one if no plan runs.
  void keep(const SharedPlan& plan);
  /// Makes the plan the running one, and adds it if necessary.
  void run(const SharedPlan& plan);

  /// Removes the plans used least recently until `count` are left, but never the running one.
  std::vector<SharedPlan> shrink_to(int count);
  std::vector<SharedPlan> remove_all();
  /// Removes the plans that need the system, except the running one.
  std::vector<SharedPlan> remove_using(int system);
  /// Removes the deployment of that plan unless it is the running one; null if it is not deployed.
  SharedPlan remove_spare(const Plan& plan);

 private:
  std::vector<SharedPlan> plans_;
};

/// A deployment to be made.
struct DeployJob {
  SwitchRequest request;
  SharedPlan kept;  ///< the plan's deployment, if there is one: it is only tested then
  /// Removed first, each when its last request has ended.
  std::vector<SharedPlan> removed;
};

/// Deploys, warms up, probes and removes plans, one after the other on its thread. Links
/// are probed on a second thread, as a probe of a broken link ends with a timeout. Results are
/// events.
class PlanDeployer {
 public:
  PlanDeployer(const PartitionProblem& problem, const AdaptiveCallbacks& callbacks,
               const AdaptiveOptions& options, RequestRouter& router, EventQueue& events)
      : problem_(problem),
        callbacks_(callbacks),
        options_(options),
        router_(router),
        events_(events) {}

  /// Before all other jobs when it is urgent.
  void start(DeployJob job);
  void probe_link(const Probe& probe);
  void probe_plan(const Probe& probe, const SharedPlan& plan);
  /// Removes the plans in the order given, each when its last request has ended.
  void remove(std::vector<SharedPlan> plans);

  /// Deploys in the calling thread. Throws as AdaptiveCallbacks::deploy does, after removing what
  /// was left on systems.
  DeployResult deploy(const SwitchRequest& request);

 private:
  DeployResult run(const DeployJob& job);
  DeployResult deploy_and_warm_up(const SwitchRequest& request) const;
  std::vector<HopTiming> warm_up(const DeployedPlan& plan, int requests) const;
  void remove_now(const std::vector<SharedPlan>& plans);
  void retire(const Plan& plan);

  const PartitionProblem& problem_;
  const AdaptiveCallbacks& callbacks_;
  const AdaptiveOptions& options_;
  RequestRouter& router_;
  EventQueue& events_;
  std::vector<Plan>
      on_systems_;  ///< without codecs, one for each deployment that has not been removed
  // The last members, as their jobs use the others.
  SerialExecutor link_prober_;
  SerialExecutor runner_;
};

}  // namespace scission::runtime
