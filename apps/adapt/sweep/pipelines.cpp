#include "adapt/sweep/pipelines.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "scission/backend/stage_model.hpp"
#include "scission/base/error.hpp"
#include "scission/model/cuts.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::sweep {
namespace {

constexpr double short_call_s = 30;
// For machines with some memory.
constexpr std::int64_t most_bytes = std::int64_t{2} << 30;

std::int64_t bytes_of(const std::vector<runtime::StageAssignment>& assignments) {
  std::int64_t bytes = 0;
  for (const runtime::StageAssignment& assignment : assignments) bytes += assignment.segment.bytes;
  return bytes;
}

}  // namespace

Pipelines::Pipelines(const SweepRequest& request, const torchscript::SplitModel& model,
                     const Rig& rig, const std::vector<RoutePlan>& plans)
    : request_(request),
      model_(model),
      rig_(rig),
      plans_(plans),
      folder_(std::filesystem::temp_directory_path()) {
  for (const auto& [system, worker] : rig.deploying()) {
    for (const runtime::StoredModel& stored : worker->list(short_call_s)) {
      were_there_[system].insert(stored.model);
    }
  }
}

Pipelines::~Pipelines() {
  while (!ready_.empty()) {
    const Ready last = std::move(ready_.back());
    ready_.pop_back();
    let_go(last);
  }
}

std::shared_ptr<runtime::Pipeline> Pipelines::get(std::size_t plan) {
  const auto found = std::find_if(ready_.begin(), ready_.end(),
                                  [plan](const Ready& ready) { return ready.plan == plan; });
  if (found == ready_.end()) {
    ready_.push_front(make(plan));
  } else {
    ready_.splice(ready_.begin(), ready_, found);
  }
  return ready_.front().pipeline;
}

void Pipelines::forget(std::size_t plan) {
  const auto found = std::find_if(ready_.begin(), ready_.end(),
                                  [plan](const Ready& ready) { return ready.plan == plan; });
  if (found == ready_.end()) return;
  const Ready lost = std::move(*found);
  ready_.erase(found);
  let_go(lost);
}

Pipelines::Ready Pipelines::make(std::size_t plan) {
  const std::filesystem::path folder = folder_.path() / "plan";
  const std::vector<runtime::StageAssignment> assignments = cut(plans_[plan], folder);
  Ready ready;
  ready.plan = plan;
  ready.bytes = bytes_of(assignments);
  make_room(ready.bytes);
  for (const runtime::StageAssignment& assignment : assignments) {
    if (rig_.deploying().count(assignment.system) == 0) continue;
    ready.models[assignment.system].insert(
        runtime::served_name(model_.graph().name, assignment.segment));
  }
  std::vector<runtime::PipelineStage> stages;
  try {
    stages = deployed(assignments);
  } catch (...) {
    let_go(ready);  // what some of the workers have of it
    throw;
  }
  runtime::PipelineOptions options;
  options.source = request_.source;
  options.deadline_s = request_.precision.deadline_s;
  options.retries = 0;  // what was sent again would be measured as slow
  ready.pipeline = std::make_shared<runtime::Pipeline>(std::move(stages), options);
  std::filesystem::remove_all(folder);
  return ready;
}

std::vector<runtime::PipelineStage> Pipelines::deployed(
    const std::vector<runtime::StageAssignment>& assignments) const {
  runtime::DeployOptions deploying;
  deploying.load = throttled(torchscript::load_stage, request_.speed);
  auto stages =
      runtime::deploy_stages(model_.graph().name, assignments, rig_.deploying(), deploying);
  take_the_way(stages);
  return stages;
}

std::vector<runtime::StageAssignment> Pipelines::cut(const RoutePlan& plan,
                                                     const std::filesystem::path& folder) {
  std::vector<int> layers;
  for (const Placement& stage : plan) layers.push_back(stage.last_layer);
  std::filesystem::create_directory(folder);
  const SegmentManifest manifest =
      torchscript::write_segments(model_, select_cuts(model_.cuts(), layers), folder);
  return runtime::assignments_of(plan, manifest, folder);
}

// Deploying has told the workers the ways past the links.
void Pipelines::take_the_way(std::vector<runtime::PipelineStage>& stages) const {
  for (runtime::PipelineStage& stage : stages) {
    if (stage.client) stage.client = rig_.way().at(stage.system);
  }
  rig_.announce_peers();
}

void Pipelines::make_room(std::int64_t bytes) {
  for (const Ready& ready : ready_) bytes += ready.bytes;
  while (!ready_.empty() && (ready_.size() >= most_ready || bytes > most_bytes)) {
    const Ready last = std::move(ready_.back());
    ready_.pop_back();
    bytes -= last.bytes;
    let_go(last);
  }
}

bool Pipelines::is_used(const std::string& system, const std::string& model) const {
  return std::any_of(ready_.begin(), ready_.end(), [&](const Ready& ready) {
    const auto models = ready.models.find(system);
    return models != ready.models.end() && models->second.count(model) > 0;
  });
}

void Pipelines::let_go(const Ready& ready) {
  for (const auto& [system, models] : ready.models) {
    for (const std::string& model : models) {
      if (were_there_[system].count(model) > 0 || is_used(system, model)) continue;
      try {
        rig_.deploying().at(system)->drop(model, short_call_s);
      } catch (const Error&) {
        // The worker is gone, and its segments are its operator's to see to.
      }
    }
  }
}

}  // namespace scission::sweep
