// A Pareto front as a gnuplot script.
#pragma once

#include <string>
#include <vector>

#include "scission/search/analysis.hpp"

namespace scission {

/// A script, its data inside, that draws the front as STEM.png and STEM.svg in the working folder.
/// Where there are many, neighbours over the same systems share one label.
///
///     traffic (MB) ▏ ●┐ pi
///                  ▏  ●─┐ pi → box
///                  ▏    ●────● vm
///                    latency (s)
std::string pareto_chart_script(const PartitionProblem& problem, const Query& query,
                                const ParetoFront& front, const std::vector<Metric>& measures,
                                const std::string& stem);

}  // namespace scission
