// The analysis of sweeps in files: JSON and CSV.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/sweep/sweep.hpp"
#include "scission/sweep/sweep_analysis.hpp"

namespace scission {

/// A sweep, and what was computed from it.
struct SCISSION_EXPORT AnalysedSweep {
  std::string path;  ///< that it was read from
  SweepReading reading;
  AdaptivityAnalysis analysis;
  std::vector<PlanSet> plan_sets;             ///< one for each tolerance
  std::optional<SweepComparison> comparison;  ///< with a predicted sweep
};

/// One JSON object for several sweeps; docs/adaptivity.md describes its fields. Figures
/// that are not finite are null. O(conditions · plans).
SCISSION_EXPORT std::string format_analysis_json(const std::vector<AnalysedSweep>& sweeps,
                                                 const AdaptivityOptions& options);

/// Writes STEM-conditions.csv, STEM-levels.csv, STEM-effects.csv and STEM-plans.csv, and creates
/// the folder if needed. Throws Error(io).
SCISSION_EXPORT void write_analysis_csv(const AnalysedSweep& sweep,
                                        const std::filesystem::path& folder,
                                        const std::string& stem);

}  // namespace scission
