// Plans of an adaptive pipeline on workers.
#include <algorithm>
#include <deque>
#include <utility>

#include "runtime/client/deadlines.hpp"
#include "scission/base/error.hpp"
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

}  // namespace scission::runtime
