// When each part of a plan happens: what a Gantt chart shows.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// A stage on a system, or a transfer from one.
struct SCISSION_EXPORT TimelineItem {
  bool is_transfer = false;
  std::string system;  ///< that computes, or sends
  std::string to;      ///< that a transfer goes to
  int first_layer = 0;
  int last_layer = 0;
  double bytes = 0;    ///< of a transfer
  double begin_s = 0;  ///< after the input is there
  double seconds = 0;
};

/// One input's way through a plan: one item after the other, without overlap.
struct SCISSION_EXPORT PlanTimeline {
  std::string source;                      ///< the system that holds the input
  std::optional<std::string> destination;  ///< that the output is sent to
  double latency_s = 0;
  double compute_s = 0;
  double transfer_s = 0;
  double period_s = 0;
  double traffic_bytes = 0;
  std::optional<double> energy_j;
  std::optional<double> money;
  std::vector<TimelineItem> items;

  /// The systems in the order in which the plan comes to them, the source first.
  std::vector<std::string> systems() const;
};

/// The plans in what `scission-predict --json` wrote (docs/plan-format.md).
struct SCISSION_EXPORT PlanTimelines {
  std::string model;
  double input_bytes = 0;
  std::vector<PlanTimeline> plans;  ///< best first; none where no plan met the query
};

/// Throws Error(not_found | io | damaged) with the file and field as place, where stages have gaps
/// or hops do not lead from stage to stage too; Error(unsupported) on a newer version of the
/// format.
SCISSION_EXPORT PlanTimelines read_plan_timelines(const std::filesystem::path& path);
SCISSION_EXPORT PlanTimelines parse_plan_timelines(std::string_view text, const std::string& place);

}  // namespace scission
