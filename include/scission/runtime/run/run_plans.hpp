// Plans run on workers, and their figures beside those that were predicted.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/segments.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/run/plan_deployment.hpp"

namespace scission::runtime {

/// A plan to run, and its segments.
struct SCISSION_EXPORT RunnablePlan {
  PlanTimeline plan;
  std::vector<StageAssignment> stages;
};

/// One plan that was run.
struct SCISSION_EXPORT PlanRun {
  int rank = 1;  ///< PlanRunOptions::first_rank for the first plan
  PlanTimeline plan;
  RunSummary summary;
  int wrong = 0;          ///< answers that differ by more than the tolerance
  double difference = 0;  ///< the largest one of an answer
  int checked = 0;        ///< answers that were compared
  std::vector<FailoverSwitch> switches;
};

/// What is sent, in which order, and what its sender observes. All functions may be empty.
struct SCISSION_EXPORT PlanRunOptions {
  std::vector<Tensor> inputs;  ///< of every request
  /// To each plan; its on_result and on_progress are not called.
  LoadOptions load = {};
  int first_rank = 1;
  /// Rounds over all plans that the requests are sent in. With several, all plans are deployed at
  /// once, and what slows the machines down for a while slows all of them.
  int turns = 1;
  /// All plans are deployed ahead; requests go to the first one, and the next one takes over when a
  /// system is lost. The result is one run.
  bool fails_over = false;
  /// How far an answer is from what is expected.
  std::function<double(const std::vector<Tensor>& outputs)> difference = {};
  double tolerance = 0;                                   ///< of differences
  int checked_answers = std::numeric_limits<int>::max();  ///< of each plan, the first ones
  /// Called with each answer of a round.
  std::function<void(int rank, int done, int total)> on_progress = {};
  /// Called by another thread when a system that was lost is back.
  std::function<void(const std::string& system)> on_return = {};
};

/// Deploys and runs the plans and adds each to `runs` when it is done; what is thrown leaves the
/// earlier ones there. After LoadOptions::should_continue has returned false, the runs so far are
/// added, except for those without an answer. Throws as PlanDeployment::pipeline() and run_load()
/// do, and Error(io) with the plan as place when none of its requests was answered.
SCISSION_EXPORT void run_plans(PlanDeployment& deployment, const std::vector<RunnablePlan>& plans,
                               const PlanRunOptions& options, std::vector<PlanRun>& runs);

/// The runs as JSON; docs/running.md describes the fields.
SCISSION_EXPORT std::string format_runs_json(const std::string& model,
                                             const std::vector<PlanRun>& runs);

/// A transfer of other bytes than planned.
struct SCISSION_EXPORT TransferDifference {
  int after_layer = 0;
  double bytes = 0;
  double planned_bytes = 0;
};

/// The first transfer of the plan whose bytes are not those that its segments pass on: profiles of
/// another input shape or batch promise other times. The transfer of the input does not count.
SCISSION_EXPORT std::optional<TransferDifference> transfer_difference(
    const PlanTimeline& plan, const SegmentManifest& manifest);

}  // namespace scission::runtime
