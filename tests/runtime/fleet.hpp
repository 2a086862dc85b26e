// Several workers in this process, and pipelines over them.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/fake_stage.hpp"
#include "runtime/running_worker.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::testing {

/// Workers by name, each with a client.
struct Fleet {
  explicit Fleet(const std::vector<std::string>& names) {
    for (const std::string& name : names) start(worker_options(name));
  }

  void start(runtime::WorkerOptions options) {
    const std::string name = options.name;
    workers[name] = std::make_unique<RunningWorker>(std::move(options));
    clients[name] = std::make_shared<runtime::Client>(address_of(workers.at(name)->worker),
                                                      runtime::Security{});
  }

  /// A stage whose segment is `words`. All stages have the same inputs and outputs, so that any two
  /// can be chained.
  runtime::StageAssignment assign(const std::string& system, const std::string& words) const {
    Segment segment = small_segment();
    segment.outputs = segment.inputs;
    const auto deployment = fake_deployment(folder, "unused", words, segment);
    return {system, deployment.segment, deployment.file, {}};
  }

  /// Deploys and connects the stages. A system without a worker is this process, where "wait" waits
  /// for the gate.
  std::shared_ptr<runtime::Pipeline> pipeline(
      const std::vector<std::pair<std::string, std::string>>& systems_and_words,
      runtime::PipelineOptions options = {}, std::shared_ptr<Gate> gate = {}) const {
    std::vector<runtime::StageAssignment> assignments;
    for (const auto& [system, words] : systems_and_words) {
      assignments.push_back(assign(system, words));
    }
    runtime::DeployOptions deploying;
    deploying.load = fake_loader(std::move(gate));
    options.source = "here";
    return std::make_shared<runtime::Pipeline>(
        runtime::deploy_stages("net", assignments, clients, deploying), std::move(options));
  }

  Scratch folder;
  std::map<std::string, std::unique_ptr<RunningWorker>> workers;
  runtime::Clients clients;
};

/// Results in the order in which they arrive.
class Collected {
 public:
  std::function<void(runtime::PipelineResult)> done() {
    return [this](runtime::PipelineResult result) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(result));
      changed_.notify_all();
    };
  }

  /// Waits for `count` results; returns fewer if they do not arrive within `patience`.
  std::vector<runtime::PipelineResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return all_.size() >= count; });
    return all_;
  }

  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<runtime::PipelineResult> all_;
};

}  // namespace scission::testing
