// A Gantt chart of a plan, with one lane per system.
#pragma once

#include <string>
#include <vector>

#include "report/html/html.hpp"
#include "scission/plan/plan.hpp"

namespace scission::html_report {

/// In pixels; the axis of time runs from `left` to `right`.
inline constexpr double gantt_width_px = 1080;
inline constexpr double gantt_left_px = 150;
inline constexpr double gantt_right_px = 1060;

struct GanttLabel {
  std::string text;
  double x = 0;            ///< left end
  double y = 0;            ///< baseline
  double width = 0;        ///< estimated, an upper bound
  bool is_inside = false;  ///< inside its bar; otherwise a line leads to it
};

struct GanttBar {
  int lane = 0;
  int lane_to = 0;  ///< the receiving lane of a transfer; otherwise the lane itself
  bool is_transfer = false;
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  GanttLabel label;
  std::string description;  ///< tooltip
};

struct GanttLane {
  std::string system;
  double y = 0;  ///< top
  double height = 0;
};

struct Gantt {
  double height = 0;  ///< with the axis
  double span_s = 0;  ///< from gantt_left_px to gantt_right_px
  std::vector<GanttLane> lanes;
  std::vector<GanttBar> bars;  ///< in the plan's order

  double x_of(double seconds) const;
};

/// Lays out the plan. A transfer is in the lane of its sender. `span_s` is the time that the width
/// stands for, at least the plan's latency; it gives several plans the same scale. Labels that do
/// not fit into their bars are below them, in as many rows as they need not to touch. O(items²).
Gantt lay_out(const PlanTimeline& plan, double span_s);

/// The chart as SVG. `prefix` makes its ids unique on the page.
html::Markup draw(const Gantt& gantt, const std::string& prefix);

}  // namespace scission::html_report
