// The controller's options, alike in replays and in runs.
#pragma once

#include <cxxopts.hpp>

#include "scission/control/controller.hpp"

namespace scission::apps {

/// Adds --horizon, --least-gain, --confidence and --forgetting, as the group "Controller".
void add_controller_options(cxxopts::Options& options);

/// What they say. Throws Error(invalid_argument) with the option as place.
ControllerOptions controller_options(const cxxopts::ParseResult& arguments);

}  // namespace scission::apps
