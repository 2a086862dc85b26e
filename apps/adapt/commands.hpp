// The commands of scission-adapt, and what several of them read: the problem, and the controller.
#pragma once

#include <cxxopts.hpp>
#include <memory>
#include <string>

#include "scission/control/controller.hpp"
#include "scission/plan/problem.hpp"
#include "tool.hpp"

namespace scission::apps {

Tool analyse_command();
Tool replay_command();
Tool adaptive_run_command();  ///< with the runtime only
Tool sweep_command();         ///< with the runtime only
Tool trace_command();

/// A text with a default, as the value of an option.
std::shared_ptr<cxxopts::Value> usually(const char* text);

/// Reads the positional arguments "profiles", "network" and "model". The network is looked for in
/// the working directory, then beside the profiles. Throws as the readers and make_problem() do,
/// and Error(invalid_argument) where one is missing or they are in another order. `command` is
/// "scission-adapt replay", for the error.
PartitionProblem read_problem(const std::string& command, const Arguments& arguments);

/// The number of an option with a default value; throws Error(invalid_argument) with the option as
/// place where it is outside of [min, max].
double number_of(const Arguments& arguments, const std::string& option, double min, double max);

/// Adds --horizon, --least-gain, --confidence and --forgetting, as the group "Controller".
void add_controller_options(cxxopts::Options& options);

/// Throws as number_of() does.
ControllerOptions controller_options(const Arguments& arguments);

}  // namespace scission::apps
