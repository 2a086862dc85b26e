// A plan in time, one lane a system: where everything lies.
#pragma once

#include <string>
#include <vector>

#include "report/html.hpp"
#include "scission/plan/plan.hpp"

namespace scission::html_report {

/// All lengths in pixels of a drawing of this width; times lie between `left` and `right`.
inline constexpr double gantt_width = 1080;
inline constexpr double gantt_left = 150;
inline constexpr double gantt_right = 1060;

struct GanttLabel {
  std::string text;
  double x = 0;            ///< left end
  double y = 0;            ///< baseline
  double width = 0;        ///< estimated, rather too much
  bool is_inside = false;  ///< of its bar; else a line leads there
};

struct GanttBar {
  int lane = 0;
  int lane_to = 0;  ///< of a transfer, where it arrives; else the lane itself
  bool is_transfer = false;
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  GanttLabel label;
  std::string description;  ///< in full
};

struct GanttLane {
  std::string system;
  double y = 0;  ///< top
  double height = 0;
};

struct Gantt {
  double height = 0;  ///< with the axis
  double span_s = 0;  ///< from gantt_left to gantt_right
  std::vector<GanttLane> lanes;
  std::vector<GanttBar> bars;  ///< in the plan's order

  double x_of(double seconds) const;
};

/// Lays out the plan; a transfer lies in the lane of the system that sends. `span_s` is what the
/// width stands for, at least the plan's latency: plans side by side share it. Labels that do not
/// fit into their bars stand below them, in as many rows as it takes for none to touch another.
/// O(items²).
Gantt lay_out(const PlanTimeline& plan, double span_s);

/// As SVG, with an axis of time. `prefix` makes its ids the page's only ones.
html::Markup draw(const Gantt& gantt, const std::string& prefix);

}  // namespace scission::html_report
