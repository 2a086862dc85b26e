// Plans brought to life on the workers, for an adaptive pipeline.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapt/run/request.hpp"
#include "base/run_program.hpp"
#include "run/deployed.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::adaptive_run {

/// Cuts the model as plans say, deploys the segments and takes them away again. At the end the
/// workers are as they were.
class PlanHost {
 public:
  /// `problem` and `request` must outlive this. Throws as run::Deployed's constructor does.
  PlanHost(const PartitionProblem& problem, const RunRequest& request,
           torchscript::SplitModel model, const std::string& source);

  /// The calls that bind here; on_switch and on_deploy_failed are the caller's to fill in. Throws
  /// Error(mismatch) from `make` where the profiles are of other cuts than the model.
  runtime::AdaptiveCallbacks callbacks();

  /// "device 0-6 → edge1 7-25".
  std::string text_of(const Plan& plan) const;

 private:
  using Assignments = std::vector<runtime::StageAssignment>;

  PlanTimeline timeline_of(const Plan& plan) const;
  const Assignments& assignments_of(const Plan& plan);
  bool is_alive(int system) const;
  std::optional<double> probe(int from, int to, double bytes) const;
  const std::string& name_of(int system) const;
  const std::shared_ptr<runtime::Client>& client_of(int system) const;

  const PartitionProblem& problem_;
  const RunRequest& request_;
  torchscript::SplitModel model_;
  WorkFolder folder_;
  std::deque<std::pair<Plan, Assignments>> known_;  ///< the deploying thread's alone
  run::Deployed deployed_;
};

}  // namespace scission::adaptive_run
