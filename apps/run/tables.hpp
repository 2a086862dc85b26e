// What scission-run prints.
#pragma once

#include <string>
#include <vector>

#include "scission/plan/plan.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::run {

/// One plan that was run.
struct PlanRun {
  int rank = 1;  ///< in the plan file
  PlanTimeline plan;
  runtime::RunSummary summary;
  int wrong = 0;          ///< answers that are not the whole model's; only with --verify
  double difference = 0;  ///< the largest one from the whole model's answer; see verify.hpp
  std::vector<runtime::FailoverSwitch> switches;
};

/// 1 where a request was lost or an answer is wrong, and reports the first on stderr; else 0.
int exit_code_of(const std::vector<PlanRun>& runs);

/// The plan's stages, in order. They are its own.
std::vector<const TimelineItem*> stages_of(const PlanTimeline& plan);

/// Where the time went: a row a hop, with the plan's figures and how far they are off, and the
/// lines below it.
std::string hops_text(const PlanRun& run);

/// Of several plans: a row each, measured beside predicted, and whether the first is the first.
std::string ranking_text(const std::vector<PlanRun>& runs);

/// All of it for programs; docs/running.md describes it.
std::string runs_json(const std::string& model, const std::vector<PlanRun>& runs);

}  // namespace scission::run
