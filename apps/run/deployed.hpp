// Deploying a run's plans as the command line says.
#pragma once

#include <string>

#include "interrupts.hpp"
#include "request.hpp"
#include "scission/runtime/run/plan_deployment.hpp"

namespace scission::run {

/// The request's deployment, with a line on the terminal during uploads. Where `interrupts` is not
/// null, a signal during an upload throws apps::Interrupted.
runtime::PlanDeploymentOptions deployment_options(const Request& request, std::string model,
                                                  std::string source,
                                                  const apps::Interrupts* interrupts = nullptr);

/// Warns of workers that call themselves otherwise than --workers does.
void warn_of_other_names(const runtime::PlanDeployment& deployment, const Request& request);

}  // namespace scission::run
