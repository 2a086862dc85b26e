// The commands of scission-adapt.
#pragma once

#include "scission/control.hpp"
#include "tool.hpp"

namespace scission::apps {

Tool analyse_command();
Tool replay_command();
Tool adaptive_run_command();  ///< with the runtime only
Tool sweep_command();         ///< with the runtime only
Tool trace_command();

/// Adds --horizon, --least-gain, --confidence and --forgetting, as the group "Controller".
void add_controller_options(cxxopts::Options& options);

/// Throws as number_of() does.
ControllerOptions controller_options(const Arguments& arguments);

}  // namespace scission::apps
