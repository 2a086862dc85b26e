// Pictures, drawn by gnuplot from a script that is kept beside them.
#pragma once

#include <filesystem>
#include <string>

#include "scission/plan.hpp"
#include "scission/problem.hpp"

namespace scission {

/// Draws a plan: the time of every block as a bar on a log axis, coloured by platform, every
/// transfer as a bar of its own, systems in the legend, latency and traffic in the title.
///
/// Writes STEM.png, STEM.svg and STEM.gp (the script with its data) in `folder`, which is
/// created if absent; each through a temporary file.
/// Throws Error(unsupported) when gnuplot is not installed, Error(io) when it fails.
void draw_plan(const PartitionProblem& problem, const Plan& plan, double input_bytes,
               const std::filesystem::path& folder, const std::string& stem);

}  // namespace scission
