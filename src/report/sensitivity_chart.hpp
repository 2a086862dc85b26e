// Ranges of best plans as a gnuplot script.
#pragma once

#include <string>
#include <vector>

#include "scission/search/analysis.hpp"

namespace scission {

/// A script, its data inside, that draws the ranges as STEM.png and STEM.svg in the working folder:
/// the objective over the bandwidth or factor, a line a plan, breakpoints with their values on top.
std::string sensitivity_chart_script(const PartitionProblem& problem, const Query& query,
                                     const std::vector<SensitivityRange>& ranges,
                                     const std::string& axis_title, double now,
                                     const std::string& stem);

}  // namespace scission
