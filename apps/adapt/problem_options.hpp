// Arguments and options that several commands share: the problem, and the controller.
#pragma once

#include <cxxopts.hpp>
#include <string>

#include "command_line.hpp"
#include "scission/control/controller.hpp"
#include "scission/plan/problem.hpp"

namespace scission::apps {

/// Reads the positional arguments "profiles", "network" and "model". The network is looked for in
/// the working directory, then beside the profiles. Throws as the readers and make_problem() do,
/// and Error(invalid_argument) where one is missing.
PartitionProblem read_problem(const Arguments& arguments);

/// The number of an option with a default value; throws Error(invalid_argument) with the option as
/// place where it is outside of [min, max].
double number_of(const Arguments& arguments, const std::string& option, double min, double max);

/// Adds --horizon, --least-gain, --confidence and --forgetting, as the group "Controller".
void add_controller_options(cxxopts::Options& options);

/// Throws as number_of() does.
ControllerOptions controller_options(const Arguments& arguments);

}  // namespace scission::apps
