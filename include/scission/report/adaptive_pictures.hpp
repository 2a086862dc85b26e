// Pictures of an analysis of adaptivity, drawn by gnuplot from a script that is kept beside them.
//
// All write STEM.png, STEM.svg and STEM.gp (the script with its data) in `folder`, which is created
// if absent. They throw Error(unsupported) when gnuplot is not installed, Error(io) when it fails,
// Error(invalid_argument) when there is nothing to draw or the stem cannot be a file's name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/sweep/adaptive_analysis.hpp"

namespace scission {

/// Which factors go where; over the levels of those not named geometric means of latencies are
/// taken. Of several in one direction the first changes slowest.
struct SCISSION_EXPORT PlanMap {
  std::vector<int> across;
  std::vector<int> down;
};

/// A heat map of the best plan: a cell a combination of levels, coloured by the plan, with its
/// label and, where there is room, what it gains over the baseline's plan. Where a cell is one
/// condition, a frame marks that repartitioning pays there beyond noise.
/// Throws Error(invalid_argument) for factors that are not there or named twice.
SCISSION_EXPORT void draw_best_plans(const AdaptiveGrid& grid, const AdaptivityAnalysis& analysis,
                                     const PlanMap& map, const std::filesystem::path& folder,
                                     const std::string& stem);

/// What keeping the baseline's plan loses in every condition as measured, the worst first; the
/// likely gain with its interval where that is beyond noise; and what the plan that the other
/// conditions suggest would have gained.
SCISSION_EXPORT void draw_regret(const AdaptiveGrid& grid, const AdaptivityAnalysis& analysis,
                                 double least_gain, const std::filesystem::path& folder,
                                 const std::string& stem);

/// The shares of variance as bars, those of the regret the first: at most a dozen effects, the rest
/// and the noise.
SCISSION_EXPORT void draw_effects(const AdaptiveGrid& grid, const AdaptivityAnalysis& analysis,
                                  const std::filesystem::path& folder, const std::string& stem);

}  // namespace scission
