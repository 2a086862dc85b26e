// Plans deployed on workers for as long as they are needed, and workers that come back.
#include "scission/runtime/run/run_plans.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/client/deadlines.hpp"
#include "runtime/pipeline/plan_choice.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

constexpr double drop_s = 2;  // a switch of plans waits for it

PlanDeploymentOptions with_deploy_addresses(PlanDeploymentOptions options) {
  if (options.deploy_addresses.empty()) options.deploy_addresses = options.addresses;
  return options;
}

/// Calls a function at the end of a scope.
class ScopeExit {
 public:
  explicit ScopeExit(const std::function<void()>& call) : call_(call) {}
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;
  ~ScopeExit() {
    if (call_) call_();
  }

 private:
  const std::function<void()>& call_;
};

}  // namespace

PlanDeployment::PlanDeployment(PlanDeploymentOptions options)
    : options_(with_deploy_addresses(std::move(options))),
      lease_(options_.keeps_models ? nullptr : std::make_unique<Lease>()),
      clients_(connect(options_.addresses, options_.security, lease_ ? lease_->id() : "")),
      deploy_clients_(
          connect(options_.deploy_addresses, options_.security, lease_ ? lease_->id() : "")) {
  Clients workers = deploy_clients_;
  std::erase_if(workers, [&](const auto& worker) { return options_.foreign.count(worker.first); });
  if (lease_) {
    lease_->hold(std::move(workers));
  } else {
    for (const auto& [system, worker] : workers) (void)worker->list(short_call_deadline_s);
  }
}

std::string PlanDeployment::name_of(const StageAssignment& assignment) const {
  return served_name(options_.model, assignment.segment, lease_ ? lease_->id() : "");
}

void PlanDeployment::remove(const std::vector<StageAssignment>& plan,
                            const std::vector<std::vector<StageAssignment>>& kept) {
  if (options_.keeps_models) return;
  std::set<std::pair<std::string, std::string>> needed;
  for (const auto& other : kept) {
    for (const StageAssignment& assignment : other) {
      needed.emplace(assignment.system, name_of(assignment));
    }
  }
  std::set<std::string> away;
  for (const StageAssignment& assignment : plan) {
    if (away.count(assignment.system) > 0) continue;
    const std::string model = name_of(assignment);
    if (needed.count({assignment.system, model}) > 0) continue;
    const auto deployed = deployed_.find(assignment.system);
    if (deployed == deployed_.end() || deployed->second.erase(model) == 0) continue;
    try {
      deploy_clients_.at(assignment.system)->drop(model, drop_s);
    } catch (const Error&) {
      away.insert(assignment.system);
    }
  }
}

// The stages' clients at the addresses for tensors, announced to each other.
void PlanDeployment::use_tensor_addresses(std::vector<PipelineStage>& stages) const {
  if (options_.addresses == options_.deploy_addresses) return;
  Clients workers;
  for (PipelineStage& stage : stages) {
    if (!stage.client) continue;
    stage.client = clients_.at(stage.system);
    if (!stage.is_foreign) workers[stage.system] = stage.client;
  }
  announce_peers(workers, short_call_deadline_s);
}

bool PlanDeployment::has_recovered(const std::string& system) const {
  constexpr double soon_s = 1;
  if (const auto link = ends_of_link(system)) {
    try {
      clients_.at(link->first)->probe_peer(link->second, 1, soon_s);
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  const auto worker = clients_.find(system);
  if (worker == clients_.end()) return false;  // this process, which does not come back
  Client& client = *worker->second;
  try {
    if (!client.is_ready(soon_s)) return false;
    const auto models = deployed_.find(system);
    if (models == deployed_.end()) return true;  // a foreign server
    for (const std::string& model : models->second) {
      if (!client.is_model_ready(model, soon_s)) return false;
    }
    client.set_peers(options_.addresses, soon_s);
    return true;
  } catch (const Error&) {
    return false;  // away again, or still starting
  }
}

std::shared_ptr<Pipeline> PlanDeployment::pipeline(const std::vector<StageAssignment>& plan,
                                                   const std::function<double()>& share,
                                                   const std::function<bool()>& may_wait) {
  const ScopeExit at_end(options_.on_deployed);
  DeployOptions options;
  options.load = options_.load;
  options.share = share;
  if (share) options.deadline_s /= share();
  options.on_progress = options_.on_upload;
  std::vector<StageAssignment> assignments = plan;
  for (StageAssignment& assignment : assignments) {
    const auto foreign = options_.foreign.find(assignment.system);
    if (foreign != options_.foreign.end()) assignment.foreign_model = foreign->second;
    if (!assignment.foreign_model.empty() || clients_.count(assignment.system) == 0) continue;
    deployed_[assignment.system].insert(name_of(assignment));
  }
  std::vector<PipelineStage> stages =
      deploy_stages(options_.model, assignments, deploy_clients_, options);
  use_tensor_addresses(stages);
  PipelineOptions pipeline_options;
  pipeline_options.source = options_.source;
  pipeline_options.deadline_s = options_.deadline_s;
  pipeline_options.stall_timeout_s = options_.stall_timeout_s;
  pipeline_options.may_wait = may_wait;
  return std::make_shared<Pipeline>(std::move(stages), pipeline_options);
}

struct RecoveryMonitor::Thread {
  Failover& failover;
  std::function<bool(const std::string&)> has_recovered;
  std::function<void(const std::string&)> on_return;
  std::mutex mutex = {};
  std::condition_variable ends = {};
  bool has_ended = false;
  std::thread thread = {};

  void watch() {
    constexpr auto pause = std::chrono::seconds(1);
    std::unique_lock lock(mutex);
    while (!ends.wait_for(lock, pause, [this] { return has_ended; })) {
      lock.unlock();
      for (const std::string& system : failover.lost()) {
        if (!has_recovered(system)) continue;
        failover.restore(system);
        if (on_return) on_return(system);
      }
      lock.lock();
    }
  }
};

RecoveryMonitor::RecoveryMonitor(Failover& failover,
                                 std::function<bool(const std::string&)> has_recovered,
                                 std::function<void(const std::string&)> on_return)
    : thread_(new Thread{failover, std::move(has_recovered), std::move(on_return)}) {
  thread_->thread = std::thread([watched = thread_.get()] { watched->watch(); });
}

RecoveryMonitor::~RecoveryMonitor() {
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->has_ended = true;
  }
  thread_->ends.notify_all();
  thread_->thread.join();
}

}  // namespace scission::runtime
