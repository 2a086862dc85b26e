// Plans deployed on the workers, ready to be measured.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/run_program.hpp"
#include "runtime/sweep/testbed.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// Writes plans' segments and deploys them without the relays. The most recently used plans stay
/// deployed, within the workers' limits, until the testbed's lease ends.
class DeployedPlans {
 public:
  /// Maximum number of plans at a time: a worker takes 64 models.
  static constexpr std::size_t max_ready = 48;

  /// The arguments must outlive this.
  DeployedPlans(const SweepOptions& options, const SweepModel& model, const Testbed& testbed,
                const std::vector<RoutePlan>& plans);
  DeployedPlans(const DeployedPlans&) = delete;
  DeployedPlans& operator=(const DeployedPlans&) = delete;

  /// Throws as SweepModel::write_segments and deploy_stages() do.
  std::shared_ptr<Pipeline> get(std::size_t plan);
  /// The next get() deploys the plan again.
  void evict(std::size_t plan);

 private:
  struct Ready {
    std::size_t plan = 0;
    std::shared_ptr<Pipeline> pipeline;
    std::map<std::string, std::set<std::string>> models;  ///< by worker
    std::int64_t bytes = 0;
  };

  std::list<Ready>::iterator find(std::size_t plan);
  Ready deploy(std::size_t plan);
  std::vector<PipelineStage> deploy_stages_of(
      const std::vector<StageAssignment>& assignments) const;
  void make_room(std::int64_t bytes);
  void remove(const Ready& ready);
  bool is_used(const std::string& system, const std::string& model) const;

  const SweepOptions& options_;
  const SweepModel& model_;
  const Testbed& testbed_;
  const std::vector<RoutePlan>& plans_;
  WorkFolder folder_;
  std::list<Ready> ready_;  ///< the most recently used one first
};

}  // namespace scission::runtime
