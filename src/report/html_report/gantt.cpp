#include "report/html_report/gantt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scission/base/units.hpp"

namespace scission::html_report {
namespace {

constexpr double bar_height = 24;
constexpr double transfer_height = 12;
constexpr double lane_padding = 8;
constexpr double row_height = 16;
constexpr double letter_width = 6.8;  // of the widest usual font at 11 px, on average
constexpr double label_gap = 8;
constexpr double inside_margin = 6;
constexpr double axis_height = 34;
constexpr double baseline_in_row = 12;

double text_width(const std::string& text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return letter_width * static_cast<double>(letters);
}

std::string label_of(const TimelineItem& item) {
  const std::string seconds = format_duration(item.seconds);
  if (item.is_transfer) {
    return fmt::format("→ {}: {}, {}", item.to, format_bytes(item.bytes), seconds);
  }
  return fmt::format("{} {}: {}", item.first_layer == item.last_layer ? "layer" : "layers",
                     layer_range(item.first_layer, item.last_layer), seconds);
}

std::string description_of(const TimelineItem& item) {
  const std::string when =
      fmt::format("{}, from {} on", format_duration(item.seconds), format_duration(item.begin_s));
  if (item.is_transfer) {
    return fmt::format("{} → {}: {}, {}", item.system, item.to, format_bytes(item.bytes), when);
  }
  return fmt::format("{}: layers {} to {}, {}", item.system, item.first_layer, item.last_layer,
                     when);
}

int lane_of(const std::vector<GanttLane>& lanes, const std::string& system) {
  const auto found = std::find_if(lanes.begin(), lanes.end(),
                                  [&](const GanttLane& lane) { return lane.system == system; });
  return static_cast<int>(found - lanes.begin());
}

GanttBar bar_of(const Gantt& gantt, const TimelineItem& item) {
  GanttBar bar;
  bar.lane = lane_of(gantt.lanes, item.system);
  bar.lane_to = item.is_transfer ? lane_of(gantt.lanes, item.to) : bar.lane;
  bar.is_transfer = item.is_transfer;
  bar.x = gantt.x_of(item.begin_s);
  bar.width = gantt.x_of(item.begin_s + item.seconds) - bar.x;
  bar.height = item.is_transfer ? transfer_height : bar_height;
  bar.label.text = label_of(item);
  bar.label.width = text_width(bar.label.text);
  bar.label.is_inside = !item.is_transfer && bar.label.width + 2 * inside_margin <= bar.width;
  bar.description = description_of(item);
  return bar;
}

// Centred under the bar as far as the drawing's edges allow. A transfer's label keeps clear of the
// arrow that goes on from its end: to its left, or else to its right.
double left_of(const GanttBar& bar) {
  constexpr double arrow_gap = 6;
  const double width = bar.label.width;
  const double last = std::max(gantt_left, gantt_right - width);
  const double centred = std::clamp(bar.x + (bar.width - width) / 2, gantt_left, last);
  const double arrow = bar.x + bar.width;
  if (!bar.is_transfer || centred + width + arrow_gap <= arrow) return centred;
  if (arrow - arrow_gap - width >= gantt_left) return arrow - arrow_gap - width;
  return std::min(arrow + arrow_gap, last);
}

// Labels below the bars of one lane, placed row by row from the left.
class LabelRows {
 public:
  /// In the first row with room.
  void place(GanttBar& bar, double top) {
    GanttLabel& label = bar.label;
    label.x = left_of(bar);
    std::size_t row = 0;
    while (row < ends_.size() && ends_[row] + label_gap > label.x) ++row;
    if (row == ends_.size()) ends_.push_back(0);
    ends_[row] = label.x + label.width;
    label.y = top + row_height * static_cast<double>(row) + baseline_in_row;
  }

  double height() const { return row_height * static_cast<double>(ends_.size()); }

 private:
  std::vector<double> ends_;  ///< of each row's last label
};

void place_bar(GanttBar& bar, double lane_y, LabelRows& rows) {
  bar.y = lane_y + lane_padding + (bar_height - bar.height) / 2;
  if (bar.label.is_inside) {
    bar.label.x = bar.x + (bar.width - bar.label.width) / 2;
    bar.label.y = bar.y + bar.height / 2 + 4;
  } else {
    rows.place(bar, lane_y + lane_padding + bar_height + 2);
  }
}

// Top down: how high a lane is depends on its labels.
void stack_lanes(Gantt& gantt) {
  double y = 0;
  for (std::size_t index = 0; index < gantt.lanes.size(); ++index) {
    LabelRows rows;
    for (GanttBar& bar : gantt.bars) {
      if (bar.lane == static_cast<int>(index)) place_bar(bar, y, rows);
    }
    gantt.lanes[index].y = y;
    gantt.lanes[index].height = 2 * lane_padding + bar_height + rows.height();
    y += gantt.lanes[index].height;
  }
  gantt.height = y + axis_height;
}

}  // namespace

double Gantt::x_of(double seconds) const {
  if (!(span_s > 0)) return gantt_left;
  return gantt_left + (gantt_right - gantt_left) * seconds / span_s;
}

Gantt lay_out(const PlanTimeline& plan, double span_s) {
  Gantt gantt;
  double end_s = 0;
  for (const TimelineItem& item : plan.items) end_s = std::max(end_s, item.begin_s + item.seconds);
  gantt.span_s = std::max(span_s, end_s);
  for (const std::string& system : plan.systems()) gantt.lanes.push_back({system, 0, 0});
  for (const TimelineItem& item : plan.items) gantt.bars.push_back(bar_of(gantt, item));
  stack_lanes(gantt);
  return gantt;
}

}  // namespace scission::html_report
