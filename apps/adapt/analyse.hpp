// What scission-adapt analyse is asked for, and its output for people.
#pragma once

#include <string>
#include <vector>

#include "scission/sweep/sweep_analysis.hpp"

namespace scission::apps {

struct AnalyseRequest {
  std::vector<std::string> paths;
  AdaptivityOptions options;  ///< without the baseline, whose levels depend on the sweep
  std::string baseline;       ///< a condition's code; empty: the first levels
  std::vector<double> within;
  std::vector<std::string> map_factors;  ///< of the map; empty: those with the largest effects
  bool shows_conditions = false;
  bool is_json = false;
  std::string beside;          ///< a predicted sweep; empty: none
  std::string csv_folder;      ///< empty: no CSV
  std::string picture_folder;  ///< empty: no pictures
  bool keeps_scripts = false;  ///< those of the pictures
};

/// A section for one sweep, with `shows_conditions` a row for each condition.
std::string format_section(const AnalysedSweep& sweep, const AnalyseRequest& request);

/// A row for each of several sweeps.
std::string format_overview(const std::vector<AnalysedSweep>& sweeps);

}  // namespace scission::apps
