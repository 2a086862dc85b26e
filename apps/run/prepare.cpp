#include "prepare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scission/cuts.hpp"
#include "scission/error.hpp"
#include "scission/torchscript/image.hpp"
#include "scission/torchscript/random_inputs.hpp"
#include "scission/torchscript/segments.hpp"
#include "torchscript/tensors.hpp"

namespace scission::run {
namespace {

std::vector<const TimelineItem*> stages_of(const PlanTimeline& plan) {
  std::vector<const TimelineItem*> stages;
  for (const TimelineItem& item : plan.items) {
    if (!item.is_transfer) stages.push_back(&item);
  }
  return stages;
}

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

std::vector<runtime::Assignment> assignments_of(const PlanTimeline& plan,
                                                const SegmentManifest& manifest,
                                                const std::filesystem::path& folder,
                                                const Request& request) {
  std::vector<runtime::Assignment> assignments;
  const std::vector<const TimelineItem*> stages = stages_of(plan);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Segment& segment = manifest.segments.at(i);
    const auto foreign = request.foreign.find(stages[i]->system);
    assignments.push_back({stages[i]->system, segment, folder / segment.file,
                           foreign == request.foreign.end() ? "" : foreign->second});
  }
  return assignments;
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

std::vector<std::vector<runtime::Assignment>> write_plans(const torchscript::SplitModel& model,
                                                          const std::vector<PlanTimeline>& plans,
                                                          const Request& request,
                                                          const std::filesystem::path& folder) {
  std::vector<std::vector<runtime::Assignment>> all;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const int rank = request.first_plan + static_cast<int>(i);
    const std::string place = fmt::format("{}: plan {}", request.plans.string(), rank);
    const std::filesystem::path own = folder / std::to_string(rank);
    std::filesystem::create_directory(own);
    const SegmentManifest manifest =
        torchscript::write_segments(model, cuts_of(model, plans[i], place), own);
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
                      "{}=HOST:PORT",
                      stage->system, stage->system),
          "--at");
    }
  }
  for (const auto& [system, model] : request.foreign) {
    if (request.addresses.count(system) == 0) {
      throw system_error(system + " has no address; add it to --at", "--foreign");
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
  std::vector<Tensor> copies;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor dense = tensor.contiguous();
    copies.push_back({"", torchscript::dtype_name(dense.scalar_type()), dense.sizes().vec(),
                      share({static_cast<const char*>(dense.data_ptr()), dense.nbytes()})});
  }
  return copies;
}

}  // namespace scission::run
