#include "prepare.hpp"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/tensor.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "scission/torchscript/split/split.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "tables.hpp"

namespace scission::run {
namespace {

std::vector<Cut> cuts_of(const torchscript::SplitModel& model, const PlanTimeline& plan,
                         const std::string& place) {
  std::vector<int> layers;
  for (const TimelineItem* stage : stages_of(plan)) layers.push_back(stage->last_layer);
  const int last = static_cast<int>(model.graph().layers.size()) - 1;
  if (layers.back() != last) {
    throw Error(ErrorCode::mismatch,
                fmt::format("is for {} layers, and {} has {}: it is of another model, or of other "
                            "--cuts, --grain or --order",
                            layers.back() + 1, model.graph().name, last + 1),
                place);
  }
  try {
    return select_cuts(model.cuts(), layers);
  } catch (const Error& error) {
    throw Error(ErrorCode::mismatch, error.message(), place);
  }
}

double bytes_after(const Segment& segment) {
  double bytes = 0;
  for (const TensorSpec& tensor : segment.outputs) {
    bytes += static_cast<double>(tensor_bytes(tensor.dtype, tensor.shape));
  }
  return bytes;
}

/// What crosses a cut, against what the plan says does: profiles of another input shape or batch
/// promise other times.
void warn_of_other_sizes(const PlanTimeline& plan, const SegmentManifest& manifest,
                         const std::string& place) {
  constexpr double headers = 256;  // of profiles whose sizes were those of .npy files
  std::size_t stages = 0;
  for (const TimelineItem& item : plan.items) {
    stages += item.is_transfer ? 0 : 1;
    // Before the first stage the input goes over, of which a query may have said anything.
    if (!item.is_transfer || stages == 0) continue;
    const Segment& segment = manifest.segments.at(stages - 1);
    const double bytes = bytes_after(segment);
    if (std::abs(bytes - item.bytes) <= headers) continue;
    spdlog::warn(
        "{}: {} go over after layer {}, and {} were planned: was the model benchmarked "
        "with another --input-shape or batch?",
        place, format_bytes(bytes), segment.last_layer, format_bytes(item.bytes));
    return;
  }
}

std::vector<runtime::StageAssignment> assignments_of(const PlanTimeline& plan,
                                                     const SegmentManifest& manifest,
                                                     const std::filesystem::path& folder,
                                                     const Request& request) {
  std::vector<Placement> placements;
  for (const TimelineItem* stage : stages_of(plan)) {
    placements.push_back({stage->first_layer, stage->last_layer, stage->system});
  }
  std::vector<runtime::StageAssignment> assignments =
      runtime::assignments_of(placements, manifest, folder);
  for (runtime::StageAssignment& assignment : assignments) {
    const auto foreign = request.foreign.find(assignment.system);
    if (foreign != request.foreign.end()) assignment.foreign_model = foreign->second;
  }
  return assignments;
}

/// What --workers names instead.
std::string named_otherwise(const Request& request) {
  std::vector<std::string> names;
  for (const auto& [name, address] : request.addresses) names.push_back(name);
  if (names.empty()) return {};
  return fmt::format(" (it names {})", fmt::join(names, ", "));
}

Error system_error(const std::string& message, const std::string& option) {
  return {ErrorCode::invalid_argument, message, option};
}

bool takes_an_image(const apps::ModelSource& source) {
  if (source.inputs.size() != 1) return false;
  const torchscript::InputSpec& input = source.inputs[0];
  return input.shape.size() == 4 && input.shape[1] == 3 && input.dtype == "float32";
}

}  // namespace

std::vector<std::vector<runtime::StageAssignment>> write_plans(
    const torchscript::SplitModel& model, const std::vector<PlanTimeline>& plans,
    const Request& request, const std::filesystem::path& folder) {
  std::vector<std::vector<runtime::StageAssignment>> all;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const int rank = request.first_plan + static_cast<int>(i);
    const std::string place = fmt::format("{}: plan {}", request.plans.string(), rank);
    const std::filesystem::path own = folder / std::to_string(rank);
    std::filesystem::create_directory(own);
    const SegmentManifest manifest =
        torchscript::write_segments(model, cuts_of(model, plans[i], place), own);
    warn_of_other_sizes(plans[i], manifest, place);
    all.push_back(assignments_of(plans[i], manifest, own, request));
  }
  return all;
}

void check_systems(const std::vector<PlanTimeline>& plans, const Request& request) {
  std::set<std::string> systems;
  for (const PlanTimeline& plan : plans) {
    for (const TimelineItem* stage : stages_of(plan)) {
      systems.insert(stage->system);
      if (stage->system == plan.source || request.addresses.count(stage->system) > 0) continue;
      throw system_error(
          fmt::format("a plan runs layers on {}, and nothing says where that is; add "
                      "{}=HOST:PORT{}",
                      stage->system, stage->system, named_otherwise(request)),
          "--workers");
    }
  }
  for (const auto& [system, model] : request.foreign) {
    if (request.addresses.count(system) == 0) {
      throw system_error(system + " has no address; add it to --workers", "--foreign");
    }
  }
}

std::vector<at::Tensor> request_inputs(const apps::ModelSource& source,
                                       const std::filesystem::path& image) {
  if (image.empty()) return torchscript::random_inputs({source.inputs});
  if (!takes_an_image(source)) {
    throw system_error("the model takes no image; leave INPUT out for random numbers", "INPUT");
  }
  const std::vector<std::int64_t>& shape = source.inputs[0].shape;
  const auto preprocessing = source.file.empty()
                                 ? torchscript::find_zoo_model(source.name).preprocessing
                                 : torchscript::Preprocessing::torch;
  const auto resized = torchscript::resize_nearest(
      torchscript::load_image(image), static_cast<int>(shape[3]), static_cast<int>(shape[2]));
  return {torchscript::to_tensor(resized, preprocessing, static_cast<int>(shape[0]))};
}

std::vector<Tensor> to_tensors(const std::vector<at::Tensor>& tensors) {
  return torchscript::to_tensors(tensors);
}

}  // namespace scission::run
