// Pictures, drawn by gnuplot from a script that is kept beside them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/analysis.hpp"

namespace scission {

/// Draws a plan: the time of every block as a bar on a log axis, coloured by platform, every
/// transfer as a bar of its own, systems in the legend, latency and traffic in the title.
///
/// Writes STEM.png, STEM.svg and STEM.gp (the script with its data) in `folder`, which is
/// created if absent; each through a temporary file.
/// Throws Error(unsupported) when gnuplot is not installed, Error(io) when it fails.
SCISSION_EXPORT void draw_plan(const PartitionProblem& problem, const Plan& plan,
                               double input_bytes, const std::filesystem::path& folder,
                               const std::string& stem);

/// Draws a Pareto front: every plan a point, labelled with its systems as far as there is room (of
/// many points, neighbours share a label); with three measures the third is the colour. Files and
/// errors as draw_plan(); the front must not be empty: Error(invalid_argument).
SCISSION_EXPORT void draw_pareto(const PartitionProblem& problem, const Query& query,
                                 const ParetoFront& front, const std::vector<Metric>& measures,
                                 const std::filesystem::path& folder, const std::string& stem);

/// Draws the best plan's objective over a link's bandwidth or a system's slowdown: one colour a
/// plan, breakpoints marked with their values, `now` (the present value) as a line across where it
/// is in the ranges, of which there must be one at least. Files and errors as
/// draw_plan().
SCISSION_EXPORT void draw_sensitivity(const PartitionProblem& problem, const Query& query,
                                      const std::vector<SensitivityRange>& ranges,
                                      const std::string& axis_title, double now,
                                      const std::filesystem::path& folder, const std::string& stem);

}  // namespace scission
