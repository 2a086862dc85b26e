// Plans ready to be measured.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapt/sweep/rig.hpp"
#include "adapt/sweep/routes.hpp"
#include "base/run_program.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::sweep {

/// Cuts the model as plans want it and brings the segments where they belong, past the links. The
/// plans that were used last stay deployed, as far as workers' memory goes; a smaller model's all
/// do. What was not there before is taken away at the end.
class Pipelines {
 public:
  /// Plans at a time: a worker takes 64 models.
  static constexpr std::size_t most_ready = 48;

  /// Throws Error(io | unsupported) when a worker is away, or is none.
  Pipelines(const SweepRequest& request, const torchscript::SplitModel& model, const Rig& rig,
            const std::vector<RoutePlan>& plans);
  ~Pipelines();
  Pipelines(const Pipelines&) = delete;
  Pipelines& operator=(const Pipelines&) = delete;

  /// Throws as write_segments() and deploy_stages() do.
  std::shared_ptr<runtime::Pipeline> get(std::size_t plan);
  /// The next get() deploys it again.
  void forget(std::size_t plan);

 private:
  struct Ready {
    std::size_t plan = 0;
    std::shared_ptr<runtime::Pipeline> pipeline;
    std::map<std::string, std::set<std::string>> models;  ///< by worker
    std::int64_t bytes = 0;
  };

  Ready make(std::size_t plan);
  std::vector<runtime::PipelineStage> deployed(
      const std::vector<runtime::StageAssignment>& assignments) const;
  std::vector<runtime::StageAssignment> cut(const RoutePlan& plan,
                                            const std::filesystem::path& folder);
  void take_the_way(std::vector<runtime::PipelineStage>& stages) const;
  void make_room(std::int64_t bytes);
  void let_go(const Ready& ready);
  bool is_used(const std::string& system, const std::string& model) const;

  const SweepRequest& request_;
  const torchscript::SplitModel& model_;
  const Rig& rig_;
  const std::vector<RoutePlan>& plans_;
  WorkFolder folder_;
  std::list<Ready> ready_;  ///< the last one used first
  std::map<std::string, std::set<std::string>> were_there_;
};

}  // namespace scission::sweep
