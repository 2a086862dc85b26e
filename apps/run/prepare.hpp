// From plans to segments on workers.
#pragma once

#include <cxxopts.hpp>
#include <filesystem>
#include <vector>

#include "open_model.hpp"
#include "request.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::run {

/// Writes the segments of each plan into a folder of `folder`'s and says which goes where.
/// Throws Error(mismatch) when a plan does not fit the model, with the plan's rank, and as
/// write_segments() does.
std::vector<std::vector<runtime::StageAssignment>> write_plans(
    const torchscript::SplitModel& model, const std::vector<PlanTimeline>& plans,
    const Request& request, const std::filesystem::path& folder);

/// Throws Error(invalid_argument) when --workers or --foreign names what no plan has, or a plan has
/// a system that nothing is said of.
void check_systems(const std::vector<PlanTimeline>& plans, const Request& request);

/// What goes into the model: the image, fitted to it, or seeded random numbers.
/// Throws Error(invalid_argument) when the model takes no image.
std::vector<at::Tensor> request_inputs(const apps::ModelSource& source,
                                       const std::filesystem::path& image);

/// torchscript::to_tensors().
std::vector<Tensor> to_tensors(const std::vector<at::Tensor>& tensors);

}  // namespace scission::run
