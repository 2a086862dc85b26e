// The design of a sweep: which factors it sets to which levels, and which plans it compares.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/sweep/sweep.hpp"

namespace scission::runtime {

/// What a factor changes.
enum class FactorKind {
  link_rate,     ///< the rate of one link or of all links, in Mbit/s
  cpu_stress,    ///< the load of one system's processors, in %
  memory_stress  ///< the occupied share of one system's memory, in %
};

/// How much of a system's resources are occupied, in % from 0 to 100.
struct SCISSION_EXPORT SweepStress {
  int cpu_percent = 0;
  int memory_percent = 0;
};

/// A factor of the design, and what it means for the machines.
struct SCISSION_EXPORT SweepFactor {
  FactorKind kind = FactorKind::link_rate;
  Factor factor;               ///< as sweep.json stores it; its levels are numbers
  std::vector<double> values;  ///< of the levels, in their order: Mbit/s or %
  std::string system = {};     ///< the stressed system; empty for a rate
  std::string one_end = {};    ///< of the link; empty: the rate is that of all links
  std::string other_end = {};
};

/// The levels of factors of one kind, as a comma-separated list gives them.
struct SCISSION_EXPORT FactorText {
  FactorKind kind = FactorKind::link_rate;
  /// Link rates: {"50", "25"} for all links, {"edge-cloud=50", "25"} for one.
  /// Stress: {"edge=0", "50", "cloud=0", "100"}: a level without a name belongs to the name before.
  std::vector<std::string> items;
  std::string place;  ///< named in errors
};

/// The factors in the order of `texts`. Throws Error(invalid_argument) with the text's place for a
/// system that `systems` does not contain, a level that is no number in range (rates > 0, stress
/// whole numbers from 0 to 100), a repeated level, and a repeated factor.
SCISSION_EXPORT std::vector<SweepFactor> parse_factors(const std::vector<FactorText>& texts,
                                                       const std::vector<std::string>& systems);

/// A plan as consecutive layers, each run on one system.
using RoutePlan = std::vector<Placement>;

/// Every plan with at most one stage on each of `systems`, visited in the given order; systems may
/// be left out. Stages end after `last_layers` (ascending; the last one is the model's last layer).
/// Plans with fewer cuts come first, then the order follows systems and layers.
/// Throws Error(invalid_argument) when there are more than `max_count`. O(plans · systems).
SCISSION_EXPORT std::vector<RoutePlan> enumerate_routes(const std::vector<std::string>& systems,
                                                        const std::vector<int>& last_layers,
                                                        std::size_t max_count);

/// "device:0-4|edge:5-90": the plan's label in sweep.json.
SCISSION_EXPORT std::string format_route(const RoutePlan& plan);

/// A sweep of these plans and factors without any condition.
SCISSION_EXPORT Sweep empty_sweep(const std::string& model, const std::vector<SweepFactor>& factors,
                                  const std::vector<std::string>& systems,
                                  const std::vector<RoutePlan>& plans);

/// The plans that are among the `count` fastest under any condition of the sweep, in its
/// order; `plans` are the sweep's. O(conditions · plans · log plans).
SCISSION_EXPORT std::vector<RoutePlan> fastest_plans(const Sweep& sweep,
                                                     const std::vector<RoutePlan>& plans,
                                                     int count);

}  // namespace scission::runtime
