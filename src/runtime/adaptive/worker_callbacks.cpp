// Plans of an adaptive pipeline on workers.
#include <algorithm>
#include <deque>
#include <utility>

#include "base/run_program.hpp"
#include "runtime/client/deadlines.hpp"
#include "runtime/pipeline/continuation.hpp"
#include "scission/base.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::runtime {
namespace {

constexpr double is_alive_s = 0.5;  // of a call to a worker that may be lost

using Assignments = std::vector<StageAssignment>;

/// Shared by all callbacks.
class WorkerPlans {
 public:
  WorkerPlans(const PartitionProblem& problem, AdaptiveDeployment deployment)
      : problem_(problem), deployment_(std::move(deployment)) {
    announce_peers(deployment_.clients, short_call_deadline_s);  // for probes between workers
  }

  std::shared_ptr<Pipeline> deploy(const Plan& plan, const std::function<double()>& share) {
    return deployment_.deploy(assignments(plan), share);
  }

  void retire(const Plan& plan, const std::vector<Plan>& kept) {
    std::vector<Assignments> others;
    for (const Plan& other : kept) others.push_back(assignments(other));
    deployment_.remove(assignments(plan), others);
  }

  /// Directly, or from another worker: a lost link is not a lost system.
  bool is_alive(int system) const {
    const Clients& clients = deployment_.clients;
    const auto own = clients.find(name_of(system));
    if (own == clients.end()) return true;  // this process
    if (own->second->is_live(is_alive_s)) return true;
    return std::any_of(clients.begin(), clients.end(), [&](const auto& other) {
      if (other.first == own->first) return false;
      try {
        other.second->probe_peer(own->first, 1, is_alive_s);
        return true;
      } catch (const Error&) {
        return false;
      }
    });
  }

  std::optional<double> probe(int from, int to, double bytes) const {
    const Clients& clients = deployment_.clients;
    const auto size = static_cast<std::size_t>(bytes);
    const double deadline_s = deployment_.probe_deadline_s;
    try {
      if (clients.count(name_of(from)) == 0) return client_of(to).probe(size, deadline_s);
      if (clients.count(name_of(to)) > 0) {
        return client_of(from).probe_peer(name_of(to), size, deadline_s);
      }
      const double empty_s = client_of(from).probe_back(0, deadline_s);
      return std::max(0.0, client_of(from).probe_back(size, deadline_s) - empty_s);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

 private:
  /// Segments are written once for each plan.
  const Assignments& assignments(const Plan& plan) {
    const auto known = std::find_if(known_.begin(), known_.end(),
                                    [&](const auto& entry) { return entry.first == plan; });
    if (known != known_.end()) return known->second;
    known_.emplace_back(plan, deployment_.write_segments(placements_of(problem_, plan)));
    return known_.back().second;
  }

  const std::string& name_of(int system) const {
    return problem_.systems[static_cast<std::size_t>(system)].name;
  }

  Client& client_of(int system) const { return *deployment_.clients.at(name_of(system)); }

  const PartitionProblem problem_;
  const AdaptiveDeployment deployment_;
  std::deque<std::pair<Plan, Assignments>> known_;  // used by the deploying thread only
};

AdaptiveDeployment deployment_on(PlanDeployment& deployed, const WorkerRunOptions& options,
                                 const std::filesystem::path& folder,
                                 const std::shared_ptr<Continuation>& continues) {
  AdaptiveDeployment deployment;
  deployment.clients = deployed.clients();
  deployment.write_segments = [&options, folder,
                               count = 0](const std::vector<Placement>& plan) mutable {
    const std::filesystem::path own = folder / std::to_string(++count);
    return assignments_of(plan, options.write_segments(plan, count, own), own);
  };
  deployment.deploy = [&deployed, continues](const Assignments& plan,
                                             const std::function<double()>& share) {
    return deployed.pipeline(plan, share, [continues] { return continues->is_wanted_quietly(); });
  };
  deployment.remove = [&deployed](const Assignments& plan, const std::vector<Assignments>& kept) {
    deployed.remove(plan, kept);
  };
  deployment.probes = options.probes;
  deployment.probe_deadline_s = options.deployment.deadline_s;
  return deployment;
}

}  // namespace

AdaptiveCallbacks worker_callbacks(const PartitionProblem& problem, AdaptiveDeployment deployment) {
  const bool probes = deployment.probes;
  const auto plans = std::make_shared<WorkerPlans>(problem, std::move(deployment));
  AdaptiveCallbacks calls;
  calls.deploy = [plans](const Plan& plan, const std::function<double()>& share) {
    return plans->deploy(plan, share);
  };
  calls.retire = [plans](const Plan& plan, const std::vector<Plan>& kept) {
    plans->retire(plan, kept);
  };
  calls.is_alive = [plans](int system) { return plans->is_alive(system); };
  if (probes) {
    calls.probe = [plans](int from, int to, double bytes) { return plans->probe(from, to, bytes); };
  }
  return calls;
}

AdaptiveReport run_on_workers(const PartitionProblem& problem, const Query& query,
                              const WorkerRunOptions& options) {
  const WorkFolder folder(std::filesystem::temp_directory_path());
  PlanDeployment deployed(options.deployment);
  if (options.on_connected) options.on_connected(deployed);
  const auto continues = std::make_shared<Continuation>(options.run.should_continue);
  AdaptiveCallbacks calls =
      worker_callbacks(problem, deployment_on(deployed, options, folder.path(), continues));
  const auto route = [&](const Plan& plan) { return layers_of_route(problem, plan); };
  const auto report_event = [&](const std::string& event) {
    if (options.on_event) options.on_event(event);
  };
  AdaptiveRunOptions run = options.run;
  run.should_continue = [continues] { return continues->is_wanted(); };
  run.on_start = [&](const Plan& plan) {
    report_event("plan 1, " + route(plan));
    if (options.run.on_start) options.run.on_start(plan);
  };
  if (options.rehearsed_plans > 1) {
    Query best = query;
    best.result_count = options.rehearsed_plans;
    run.rehearsed = search(problem, best).plans;
  } else {
    calls.on_switch = [&](const PlanSwitch& change, const Plan& to) {
      report_event(format_switch(change, route(to)));
    };
  }
  calls.on_deploy_failed = [&](const Plan& plan, const std::string& why) {
    if (options.on_warning) options.on_warning(route(plan) + " could not be deployed: " + why);
  };
  AdaptiveReport report = run_adaptive(problem, query, std::move(calls), options.adaptive, run);
  report.model = problem.model;
  return report;
}

}  // namespace scission::runtime
