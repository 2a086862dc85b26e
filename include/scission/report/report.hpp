// Charts of plans, Pareto fronts and sensitivities, drawn by gnuplot.
//
// Each function writes STEM.png, STEM.svg and STEM.gp (the script with its data) into `folder`,
// each atomically, and creates the folder if needed. It throws Error(unsupported) if gnuplot is not
// installed, Error(io) if it fails, and Error(invalid_argument) if there is nothing to draw or the
// stem is not a plain file name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/analysis.hpp"

namespace scission {

/// Draws a plan: the time of every block as a bar on a logarithmic axis, coloured by platform, and
/// every transfer as a bar. The legend names the systems, the title latency and traffic.
SCISSION_EXPORT void draw_plan(const PartitionProblem& problem, const Plan& plan,
                               double input_bytes, const std::filesystem::path& folder,
                               const std::string& stem);

/// Draws a Pareto front: every plan is a point. Points are labelled with their systems as far as
/// there is room; among many points, neighbours share a label. A third metric is the colour.
SCISSION_EXPORT void draw_pareto(const PartitionProblem& problem, const Query& query,
                                 const ParetoFront& front, const std::vector<Metric>& measures,
                                 const std::filesystem::path& folder, const std::string& stem);

/// Draws the objective of the best plan over the bandwidth of a link or the slowdown of a system:
/// one colour per plan, breakpoints marked with their values. `now`, the present value, is a dashed
/// line if it lies in the ranges.
SCISSION_EXPORT void draw_sensitivity(const PartitionProblem& problem, const Query& query,
                                      const std::vector<SensitivityRange>& ranges,
                                      const std::string& axis_title, double now,
                                      const std::filesystem::path& folder, const std::string& stem);

}  // namespace scission
