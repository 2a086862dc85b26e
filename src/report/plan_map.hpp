// The cells of a map of best plans.
#pragma once

#include <string>
#include <vector>

#include "scission/report/pictures.hpp"

namespace scission {

/// The conditions that share the levels of a place, by the geometric means of their latencies.
struct MapCell {
  std::size_t column = 0;
  std::size_t row = 0;
  bool is_measured = false;
  std::size_t best = 0;  ///< of the plans that all of them have a time for
  double gain = 0;       ///< over the baseline's plan; 0 where that is not among those
  bool is_worthwhile_beyond_noise = false;  ///< of a single condition alone
};

/// A direction's places: combinations of its factors' levels.
struct MapSide {
  std::vector<std::vector<int>> levels;  ///< of the direction's factors, a vector a place
  std::vector<std::string> tics;         ///< "10 / 50"
  std::string title;                     ///< "network (Mbit/s) / edge CPU stress (%)"
};

struct MapLayout {
  MapSide across;
  MapSide down;
  std::vector<MapCell> cells;
  std::vector<std::string> others;  ///< the factors over whose levels means are taken
};

/// The plan that is kept where all of the baseline's plans have a time. O(conditions).
std::size_t baseline_plan_of(const Sweep& sweep, const AdaptivityAnalysis& analysis);

/// O(cells · conditions + conditions · plans). Throws as draw_best_plans().
MapLayout lay_out(const Sweep& sweep, const AdaptivityAnalysis& analysis, const PlanMap& map);

}  // namespace scission
