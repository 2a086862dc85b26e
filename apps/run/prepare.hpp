// From plans to segments on workers: inputs, cutting, deploying.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "interrupts.hpp"
#include "open_model.hpp"
#include "request.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/run/run_plans.hpp"

namespace scission::run {

/// Writes the segments of a plan into `folder`, which it creates.
/// Throws Error(mismatch) with `place` when the plan does not fit the model, and as
/// write_segments() does.
SegmentManifest write_plan(const torchscript::SplitModel& model, const std::vector<Placement>& plan,
                           const std::string& place, const std::filesystem::path& folder);

/// Throws Error(invalid_argument) when --workers or --foreign names what no plan has, or a plan has
/// a system that nothing is said of.
void validate_systems(const std::vector<PlanTimeline>& plans, const Request& request);

/// What goes into the model: the image, fitted to it, or seeded random numbers.
/// Throws Error(invalid_argument) when the model takes no image.
std::vector<at::Tensor> request_inputs(const apps::ModelSource& source,
                                       const std::filesystem::path& image);

/// The request's deployment, with a line on the terminal during uploads. Where `interrupts` is not
/// null, a signal during an upload throws apps::Interrupted.
runtime::PlanDeploymentOptions deployment_options(const Request& request, std::string model,
                                                  std::string source,
                                                  const apps::Interrupts* interrupts = nullptr);

/// Warns of workers that call themselves otherwise than --workers does.
void require_names(const runtime::PlanDeployment& deployment, const Request& request);

}  // namespace scission::run
