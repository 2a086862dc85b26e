// Where the best plan changes as one link or one machine changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/search/analysis.hpp"
#include "scission/search/search.hpp"

namespace scission::explore {

enum class Knob { bandwidth, delay, slowdown };

/// What one slider of the page changes, and how far.
struct Slider {
  Knob knob = Knob::bandwidth;
  int from = 0;                ///< the sender of a link, or the system
  std::optional<int> to = {};  ///< the receiver of a link
  double low = 0;              ///< Mbit/s, ms, or a factor
  double high = 0;
  double base = 0;  ///< the value of the profiles and the network file
};

/// A slider for every bandwidth, delay and slowdown: links that a plan may use, in their order,
/// then systems. Links that were measured as curves have none.
std::vector<Slider> sliders_of(const PartitionProblem& problem, bool is_any_order, bool returns);

/// A stretch of a slider on which one plan is the best.
struct PlanRange {
  double low = 0;
  double high = 0;
  Plan plan;
};

/// The stretches of one slider, in ascending order; `factor` is the slowdown that the problem
/// already contains. Throws as bandwidth_sensitivity() and slowdown_sensitivity() do.
std::vector<PlanRange> ranges_of(const PartitionProblem& problem, const Query& query,
                                 const Slider& slider, double factor, const SearchOptions& options);

/// The system that computes longest in a plan.
int busiest_system(const PartitionProblem& problem, const Plan& plan);

}  // namespace scission::explore
