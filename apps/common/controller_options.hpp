// The options of a controller: when it switches plans, and how it learns.
#pragma once

#include "command_line.hpp"
#include "scission/control.hpp"

namespace scission::apps {

/// Adds --horizon, --least-gain, --confidence and --forgetting, as the group "Controller".
void add_controller_options(cxxopts::Options& options);

/// Throws as number_of() does.
ControllerOptions controller_options(const Arguments& arguments);

}  // namespace scission::apps
