// What scission-adapt analyse computes, and how it is told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/sweep/sweep.hpp"
#include "scission/sweep/sweep_analysis.hpp"

namespace scission::apps {

/// One DIR of the command line.
struct AnalysedSweep {
  std::string path;
  SweepReading reading;
  AdaptivityAnalysis analysis;
  std::vector<PlanSet> covers;                 ///< one for every --within
  std::optional<SweepComparison> beside = {};  ///< of --beside

  const Sweep& grid() const { return reading.sweep; }
};

struct AnalyseRequest {
  std::vector<std::string> paths;
  AdaptivityOptions options;  ///< all but the baseline, of which each grid makes levels
  std::string baseline;       ///< a condition's code; empty: the first levels
  std::vector<double> within;
  std::vector<std::string> map_factors;  ///< of the heat map; empty: those that matter most
  bool shows_conditions = false;
  bool is_json = false;
  std::string beside;          ///< a predicted sweep; empty: none
  std::string csv_folder;      ///< empty: no CSV
  std::string picture_folder;  ///< empty: no pictures
};

/// For people: a section for one sweep, with `shows_conditions` a row for every condition; and a
/// row for each of several.
std::string format_section(const AnalysedSweep& sweep, const AnalyseRequest& request);
std::string format_overview(const std::vector<AnalysedSweep>& sweeps);

/// For programs; docs/adaptivity.md describes the fields.
std::string format_analysis_json(const std::vector<AnalysedSweep>& sweeps,
                                 const AnalyseRequest& request);

/// STEM-conditions.csv, STEM-levels.csv, STEM-effects.csv and STEM-plans.csv; creates the folder.
void write_analysis_csv(const AnalysedSweep& sweep, const std::string& folder,
                        const std::string& stem);

/// STEM-best.*, STEM-map.*, STEM-regret.* and STEM-effects.*, as draw_best_plans() and the others
/// write them.
void draw_analysis(const AnalysedSweep& sweep, const AnalyseRequest& request,
                   const std::string& stem);

}  // namespace scission::apps
