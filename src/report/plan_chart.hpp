// A plan as a gnuplot script.
#pragma once

#include <string>

#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

/// A script, its data inside, that draws the plan as STEM.png and STEM.svg in the working folder.
///
///     time (ms, log)  ▏█     ░ 1.14 MB
///                     ▏█ █   ░ ▓
///                     ▏█ █ █ ░ ▓ ▓
///                      0 1-2 3   4 5      blocks by their layers, a transfer between systems
std::string plan_chart_script(const PartitionProblem& problem, const Plan& plan, double input_bytes,
                              const std::string& stem);

}  // namespace scission
