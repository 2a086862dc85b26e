// Connects to workers and deploys segments to them.
#include <algorithm>
#include <mutex>
#include <utility>

#include "runtime/client/deadlines.hpp"
#include "runtime/threads/threads.hpp"
#include "scission/base.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {
namespace {

constexpr std::size_t digits_of_checksum = 12;

std::vector<std::string> names_of(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

std::shared_ptr<Client> client_of(const Clients& clients, const std::string& system) {
  const auto found = clients.find(system);
  return found == clients.end() ? nullptr : found->second;
}

/// One call of deploy_stages().
class StageDeployer {
 public:
  StageDeployer(const std::string& model, const std::vector<StageAssignment>& assignments,
                const Clients& clients, const DeployOptions& options)
      : model_(model), assignments_(assignments), clients_(clients), options_(options) {}

  std::vector<PipelineStage> run() {
    stages_.resize(assignments_.size());
    std::map<std::string, std::vector<std::size_t>> numbers;
    for (std::size_t i = 0; i < assignments_.size(); ++i) {
      check(assignments_[i]);
      numbers[assignments_[i].system].push_back(i);
    }
    SystemThreads threads(assignments_.size());
    for (auto& [system, own] : numbers) {
      threads.run(system, std::move(own), [this](std::size_t i) { make_stage(i); });
    }
    threads.wait();
    return std::move(stages_);
  }

 private:
  void check(const StageAssignment& assignment) const {
    if (client_of(clients_, assignment.system)) return;
    if (assignment.foreign_model.empty() && options_.load) return;
    throw Error(ErrorCode::invalid_argument, "the address of the system is unknown",
                assignment.system);
  }

  void make_stage(std::size_t number) {
    const StageAssignment& assignment = assignments_[number];
    PipelineStage& stage = stages_[number];
    stage.system = assignment.system;
    stage.client = client_of(clients_, assignment.system);
    if (!assignment.foreign_model.empty()) {
      set_up_foreign(assignment.foreign_model, stage);
      return;
    }
    stage.model =
        served_name(model_, assignment.segment, stage.client ? stage.client->lease() : "");
    stage.input_names = names_of(assignment.segment.inputs);
    stage.exits = assignment.segment.exits;
    if (stage.client) {
      upload(assignment, stage);
      const double deadline_s = std::min(options_.deadline_s, short_call_deadline_s);
      stage.codecs = stage.client->server(deadline_s).codecs();
    } else {
      stage.local = options_.load(assignment.file, assignment.segment);
    }
  }

  void set_up_foreign(const std::string& model, PipelineStage& stage) const {
    stage.is_foreign = true;
    stage.model = model;
    const double deadline_s = std::min(options_.deadline_s, short_call_deadline_s);
    stage.input_names = names_of(stage.client->model(model, deadline_s).inputs);
  }

  void upload(const StageAssignment& assignment, const PipelineStage& stage) {
    UploadOptions upload_options;
    upload_options.share = options_.share;
    upload_options.on_progress = [&](std::int64_t sent, std::int64_t total) {
      if (!options_.on_progress) return;
      const std::lock_guard lock(progress_mutex_);
      options_.on_progress(assignment.system, sent, total);
    };
    stage.client->deploy({stage.model, assignment.segment, assignment.file, assignment.is_whole,
                          assignment.any_batch},
                         options_.deadline_s, upload_options);
  }

  const std::string& model_;
  const std::vector<StageAssignment>& assignments_;
  const Clients& clients_;
  const DeployOptions& options_;
  std::mutex progress_mutex_;
  std::vector<PipelineStage> stages_;
};

}  // namespace

std::string served_name(const std::string& model, const Segment& segment,
                        const std::string& lease) {
  return model + "-" + segment.sha256.substr(0, digits_of_checksum) +
         (lease.empty() ? "" : "-" + lease);
}

std::vector<StageAssignment> assignments_of(const std::vector<Placement>& placements,
                                            const SegmentManifest& manifest,
                                            const std::filesystem::path& folder) {
  const auto are_of_one_plan = [](const Placement& placement, const Segment& segment) {
    return placement.first_layer == segment.first_layer &&
           placement.last_layer == segment.last_layer;
  };
  if (!std::equal(placements.begin(), placements.end(), manifest.segments.begin(),
                  manifest.segments.end(), are_of_one_plan)) {
    throw Error(ErrorCode::mismatch,
                "the segments are not those of the plan; split the model again", folder.string());
  }
  const bool is_whole = placements.size() == 1;
  std::vector<StageAssignment> assignments;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    const Segment& segment = manifest.segments[i];
    assignments.push_back(
        {placements[i].system, segment, folder / segment.file, {}, is_whole, manifest.any_batch});
  }
  return assignments;
}

Clients connect(const std::map<std::string, std::string>& addresses, const Security& security,
                const std::string& lease) {
  Clients clients;
  for (const auto& [system, address] : addresses) {
    clients.emplace(system, std::make_shared<Client>(address, security, lease));
  }
  return clients;
}

void announce_peers(const Clients& clients, double deadline_s,
                    const std::vector<std::string>& foreign) {
  const auto is_foreign = [&](const std::string& system) {
    return std::find(foreign.begin(), foreign.end(), system) != foreign.end();
  };
  for (const auto& [system, client] : clients) {
    if (is_foreign(system)) continue;
    std::map<std::string, std::string> peers;
    for (const auto& [other, at] : clients) {
      // Including itself: a route may visit a system twice in a row.
      if (!is_foreign(other)) peers.emplace(other, at->address());
    }
    client->set_peers(peers, deadline_s);
  }
}

std::vector<PipelineStage> deploy_stages(const std::string& model,
                                         const std::vector<StageAssignment>& assignments,
                                         const Clients& clients, const DeployOptions& options) {
  if (assignments.empty()) throw Error(ErrorCode::invalid_argument, "there is no stage to deploy");
  std::vector<PipelineStage> stages = StageDeployer(model, assignments, clients, options).run();
  Clients workers;
  for (const PipelineStage& stage : stages) {
    if (stage.client && !stage.is_foreign) workers[stage.system] = stage.client;
  }
  announce_peers(workers, std::min(options.deadline_s, short_call_deadline_s));
  return stages;
}

}  // namespace scission::runtime
