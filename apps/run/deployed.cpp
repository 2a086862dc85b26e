#include "deployed.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "connection_options.hpp"
#include "progress.hpp"
#include "scission/backend/backend.hpp"
#include "scission/base/error.hpp"
#include "scission/torchscript/execute/execute.hpp"

namespace scission::run {

runtime::PlanDeploymentOptions deployment_options(const Request& request, std::string model,
                                                  std::string source,
                                                  const apps::Interrupts* interrupts) {
  runtime::PlanDeploymentOptions options;
  options.model = std::move(model);
  options.source = std::move(source);
  options.addresses = request.addresses;
  options.deploy_addresses = request.deploy_addresses;
  for (const auto& [system, name] : request.foreign) options.foreign.insert(system);
  options.security = request.security;
  options.load =
      with_warmup(throttled(torchscript::load_stage, request.speed), [threads = request.threads] {
        if (threads) torchscript::set_threads(*threads);
      });
  options.deadline_s = request.deadline_s;
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

void warn_of_other_names(const runtime::PlanDeployment& deployment, const Request& request) {
  for (const auto& [system, client] : deployment.deploy_clients()) {
    if (request.foreign.count(system) == 0) apps::warn_of_other_name(system, *client);
  }
}

}  // namespace scission::run
