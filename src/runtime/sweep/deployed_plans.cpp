#include "runtime/sweep/deployed_plans.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "runtime/client/deadlines.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

// Leaves room on machines with little memory.
constexpr std::int64_t max_bytes = std::int64_t{2} << 30;

}  // namespace

DeployedPlans::DeployedPlans(const SweepOptions& options, const SweepModel& model,
                             const Testbed& testbed, const std::vector<RoutePlan>& plans)
    : options_(options),
      model_(model),
      testbed_(testbed),
      plans_(plans),
      folder_(std::filesystem::temp_directory_path()) {}

std::list<DeployedPlans::Ready>::iterator DeployedPlans::find(std::size_t plan) {
  return std::find_if(ready_.begin(), ready_.end(),
                      [plan](const Ready& ready) { return ready.plan == plan; });
}

std::shared_ptr<Pipeline> DeployedPlans::get(std::size_t plan) {
  const auto found = find(plan);
  if (found == ready_.end()) {
    ready_.push_front(deploy(plan));
  } else {
    ready_.splice(ready_.begin(), ready_, found);
  }
  return ready_.front().pipeline;
}

void DeployedPlans::evict(std::size_t plan) {
  const auto found = find(plan);
  if (found == ready_.end()) return;
  const Ready lost = std::move(*found);
  ready_.erase(found);
  remove(lost);
}

DeployedPlans::Ready DeployedPlans::deploy(std::size_t plan) {
  const std::filesystem::path folder = folder_.path() / "plan";
  std::filesystem::create_directory(folder);
  const std::vector<StageAssignment> assignments = model_.write_segments(plans_[plan], folder);
  Ready ready;
  ready.plan = plan;
  for (const StageAssignment& assignment : assignments) {
    ready.bytes += assignment.segment.bytes;
    const auto worker = testbed_.deploying().find(assignment.system);
    if (worker == testbed_.deploying().end()) continue;
    ready.models[assignment.system].insert(
        served_name(model_.name, assignment.segment, worker->second->lease()));
  }
  make_room(ready.bytes);
  std::vector<PipelineStage> stages;
  try {
    stages = deploy_stages_of(assignments);
  } catch (...) {
    remove(ready);  // the segments that some workers already have
    throw;
  }
  PipelineOptions options;
  options.source = options_.machines.source;
  options.deadline_s = options_.precision.deadline_s;
  options.retries = 0;  // a repeated request would be measured as slow
  ready.pipeline = std::make_shared<Pipeline>(std::move(stages), options);
  std::filesystem::remove_all(folder);
  return ready;
}

std::vector<PipelineStage> DeployedPlans::deploy_stages_of(
    const std::vector<StageAssignment>& assignments) const {
  DeployOptions options;
  options.load = model_.load;
  auto stages = deploy_stages(model_.name, assignments, testbed_.deploying(), options);
  for (PipelineStage& stage : stages) {
    if (stage.client) stage.client = testbed_.routed().at(stage.system);
  }
  testbed_.announce_peers();  // deploy_stages() has told the workers the addresses without relays
  return stages;
}

void DeployedPlans::make_room(std::int64_t bytes) {
  for (const Ready& ready : ready_) bytes += ready.bytes;
  while (!ready_.empty() && (ready_.size() >= max_ready || bytes > max_bytes)) {
    const Ready last = std::move(ready_.back());
    ready_.pop_back();
    bytes -= last.bytes;
    remove(last);
  }
}

bool DeployedPlans::is_used(const std::string& system, const std::string& model) const {
  return std::any_of(ready_.begin(), ready_.end(), [&](const Ready& ready) {
    const auto models = ready.models.find(system);
    return models != ready.models.end() && models->second.count(model) > 0;
  });
}

void DeployedPlans::remove(const Ready& ready) {
  for (const auto& [system, models] : ready.models) {
    for (const std::string& model : models) {
      if (is_used(system, model)) continue;
      try {
        testbed_.deploying().at(system)->drop(model, short_call_deadline_s);
      } catch (const Error&) {
        // The worker is unreachable; the segments go when the lease ends there.
      }
    }
  }
}

}  // namespace scission::runtime
