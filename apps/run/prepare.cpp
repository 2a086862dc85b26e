#include "prepare.hpp"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "connection_options.hpp"
#include "progress.hpp"
#include "scission/backend/backend.hpp"
#include "scission/base/error.hpp"
#include "scission/model/cuts.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::run {
namespace {

std::vector<Cut> cuts_of(const torchscript::SplitModel& model, const std::vector<Placement>& plan,
                         const std::string& place) {
  std::vector<int> layers;
  for (const Placement& stage : plan) layers.push_back(stage.last_layer);
  try {
    return cuts_of_plan(model.graph(), model.cuts(), layers);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), place);
  }
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

}  // namespace

SegmentManifest write_plan(const torchscript::SplitModel& model, const std::vector<Placement>& plan,
                           const std::string& place, const std::filesystem::path& folder) {
  const std::vector<Cut> cuts = cuts_of(model, plan, place);
  std::filesystem::create_directory(folder);
  return torchscript::write_segments(model, cuts, folder);
}

void validate_systems(const std::vector<PlanTimeline>& plans, const Request& request) {
  for (const PlanTimeline& plan : plans) {
    for (const Placement& stage : placements_of(plan)) {
      if (stage.system == plan.source || request.addresses.count(stage.system) > 0) continue;
      throw system_error(
          fmt::format("a plan runs layers on {}, and nothing says where that is; add "
                      "{}=HOST:PORT{}",
                      stage.system, stage.system, named_otherwise(request)),
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
  if (std::any_of(source.inputs.begin(), source.inputs.end(),
                  [](const torchscript::InputSpec& input) { return !input.file.empty(); })) {
    throw system_error("not together with --input-files", "INPUT");
  }
  if (!apps::takes_an_image(source)) {
    throw system_error("the model takes no image; leave INPUT out for random numbers", "INPUT");
  }
  return {apps::image_input(source, torchscript::load_image(image))};
}

runtime::PlanDeploymentOptions deployment_options(const Request& request, std::string model,
                                                  std::string source,
                                                  const apps::Interrupts* interrupts) {
  runtime::PlanDeploymentOptions options;
  options.model = std::move(model);
  options.source = std::move(source);
  options.addresses = request.addresses;
  options.deploy_addresses = request.deploy_addresses;
  options.foreign = request.foreign;
  options.security = request.security;
  options.load =
      with_warmup(throttled(torchscript::load_stage, request.speed), [threads = request.threads] {
        if (threads) torchscript::set_threads(*threads);
      });
  options.deadline_s = request.deadline_s;
  if (request.fails_over) options.stall_timeout_s = request.stall_timeout_s;
  options.keeps_models = request.keeps;
  const auto progress = std::make_shared<std::optional<apps::Progress>>();
  options.on_upload = [progress, interrupts](const std::string& system, std::int64_t sent,
                                             std::int64_t total) {
    if (!*progress) progress->emplace("deploying");
    (*progress)->update(total > 0 ? static_cast<double>(sent) / static_cast<double>(total) : 1, 0,
                        "to " + system);
    const std::optional<int> signal = interrupts ? interrupts->take() : std::nullopt;
    if (signal) throw apps::Interrupted{*signal};
  };
  options.on_deployed = [progress] { progress->reset(); };
  return options;
}

void require_names(const runtime::PlanDeployment& deployment, const Request& request) {
  for (const auto& [system, client] : deployment.deploy_clients()) {
    if (request.foreign.count(system) == 0) apps::require_name(system, *client);
  }
}

}  // namespace scission::run
