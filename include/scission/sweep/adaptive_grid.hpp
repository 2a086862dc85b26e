// Plans timed under many conditions: what a sweep measures and adaptivity is analysed from.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// Something that was set to several levels: the network, the load of a system's processor.
struct SCISSION_EXPORT Factor {
  std::string name;                 ///< "network"; not empty, no two alike
  std::string unit;                 ///< "Mbit/s"; may be empty
  std::vector<std::string> levels;  ///< "50", "25", "10", as they came; no two alike
};

/// A way to distribute the model.
struct SCISSION_EXPORT GridPlan {
  std::string label;  ///< short, no two alike: "device:0-4|edge:5-90"; the study's cut, "3"
  int cuts = -1;      ///< places where it is cut; −1 where nobody said
};

/// The latency of one plan under one condition.
struct SCISSION_EXPORT PlanTime {
  double seconds = 0;                ///< the figure to analyse; 0: was not measured
  Interval interval = {};            ///< 95 %, of `seconds`; 0, 0 where unknown
  Summary summary = {};              ///< of the samples; count 0 where unknown
  std::vector<double> samples = {};  ///< seconds, in the order they were taken; may be left out
  std::vector<double> system_seconds = {};  ///< computing, a figure a system of the grid; or empty

  bool is_measured() const { return seconds > 0; }                    ///< there is a figure
  bool has_interval() const { return interval.high > interval.low; }  ///< its interval is known
};

/// From samples: their median with its 95 % interval, which takes six at least; with fewer, none.
/// Keeps the samples. Throws Error(invalid_argument) when there are none.
SCISSION_EXPORT PlanTime plan_time_of(std::vector<double> samples);

/// One setting of all factors, and what every plan took.
struct SCISSION_EXPORT Condition {
  std::vector<int> levels;      ///< an index into its levels for every factor
  std::vector<PlanTime> times;  ///< one for every plan
};

/// Conditions × plans. Conditions may be missing, and plans within a condition.
struct SCISSION_EXPORT AdaptiveGrid {
  std::string model;
  std::vector<Factor> factors;
  std::vector<std::string> systems = {};  ///< those of which PlanTime::system_seconds tells
  std::vector<GridPlan> plans;
  std::vector<Condition> conditions;    ///< in any order, no two alike
  std::vector<std::string> notes = {};  ///< how it was measured; a sentence each
};

/// Throws Error(invalid_argument, place) unless the grid is as described above: sizes that fit,
/// levels that exist, times ≥ 0 that are finite, names and conditions without double ones.
/// O(conditions · (log conditions + plans)).
SCISSION_EXPORT void check_grid(const AdaptiveGrid& grid, const std::string& place);

/// How many conditions the factors' levels make: 243 for five factors of three levels.
/// A number that is too large for a size_t counts as the largest.
SCISSION_EXPORT std::size_t full_size(const AdaptiveGrid& grid);

/// The condition with these levels, if it is there. O(conditions).
SCISSION_EXPORT std::optional<std::size_t> find_condition(const AdaptiveGrid& grid,
                                                          const std::vector<int>& levels);

/// The combinations of levels that are not in the grid, the last factor running fastest; at most
/// `most` of them. O(conditions · log conditions + full size).
SCISSION_EXPORT std::vector<std::vector<int>> missing_conditions(const AdaptiveGrid& grid,
                                                                 std::size_t most);

/// A digit a factor, "02100", or, where a factor has more than ten levels, "0.11.2".
SCISSION_EXPORT std::string condition_code(const AdaptiveGrid& grid,
                                           const std::vector<int>& levels);

/// The other way round. Throws Error(invalid_argument) for a code that names no combination.
SCISSION_EXPORT std::vector<int> condition_of_code(const AdaptiveGrid& grid,
                                                   const std::string& code);

/// "network 25 Mbit/s, edge CPU stress 100 %".
SCISSION_EXPORT std::string describe_condition(const AdaptiveGrid& grid,
                                               const std::vector<int>& levels);

/// "25 Mbit/s".
SCISSION_EXPORT std::string describe_level(const Factor& factor, int level);

}  // namespace scission
