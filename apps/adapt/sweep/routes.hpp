// The ways to cut that a sweep compares.
#pragma once

#include <string>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission::sweep {

/// Consecutive layers, each on one system.
using RoutePlan = std::vector<Placement>;

/// Every plan with at most one stage on each of `systems`, in their order, any of them left out;
/// stages end after `last_layers` (ascending; the last one is the model's last layer). Fewer cuts
/// first, then by systems' and layers' order.
/// Throws Error(invalid_argument) when there are more than `most`.
std::vector<RoutePlan> all_routes(const std::vector<std::string>& systems,
                                  const std::vector<int>& last_layers, std::size_t most);

/// "device:0-4|edge:5-90".
std::string label_of(const RoutePlan& plan);

/// --plans: all of them, or the best so many of every condition, as predicted.
struct CutChoice {
  int best = 0;  ///< 0: all
};

/// "all" or "best:5". Throws Error(invalid_argument) with --plans as place.
CutChoice parse_cuts(const std::string& text);

}  // namespace scission::sweep
