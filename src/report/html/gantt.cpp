#include "report/html/gantt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/chart.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission::html_report {
namespace {

// --- Layout ---

constexpr double bar_height = 24;
constexpr double transfer_height = 12;
constexpr double lane_padding = 8;
constexpr double row_height = 16;
constexpr double letter_width = 6.8;  // average of a wide font at 11 px
constexpr double label_gap = 8;
constexpr double inside_margin = 6;
constexpr double axis_height = 34;
constexpr double baseline_in_row = 12;

double text_width(const std::string& text) {
  return letter_width * static_cast<double>(text::character_count(text));
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

// Centred below the bar as far as the edges allow. The label of a transfer stays to the left of the
// arrow at its end, or else to its right.
double left_of(const GanttBar& bar) {
  constexpr double arrow_gap = 6;
  const double width = bar.label.width;
  const double last = std::max(gantt_left_px, gantt_right_px - width);
  const double centred = std::clamp(bar.x + (bar.width - width) / 2, gantt_left_px, last);
  const double arrow = bar.x + bar.width;
  if (!bar.is_transfer || centred + width + arrow_gap <= arrow) return centred;
  if (arrow - arrow_gap - width >= gantt_left_px) return arrow - arrow_gap - width;
  return std::min(arrow + arrow_gap, last);
}

// Places labels below the bars of one lane.
class LabelRows {
 public:
  /// Into the first row with room.
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

// From the top: the height of a lane depends on its labels.
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

// --- Drawing ---

using html::Attributes;
using html::Markup;

constexpr double tick_height = 5;
constexpr std::size_t max_name_letters = 20;

std::string px(double length) { return fmt::format("{:.1f}", length); }

Markup line(std::string_view style, double x1, double y1, double x2, double y2) {
  return html::void_element("line", {{"class", std::string(style)},
                                     {"x1", px(x1)},
                                     {"y1", px(y1)},
                                     {"x2", px(x2)},
                                     {"y2", px(y2)}});
}

Markup svg_label(std::string_view style, double x, double y, const std::string& text) {
  return html::element("text", {{"class", std::string(style)}, {"x", px(x)}, {"y", px(y)}}, text);
}

// 1, 2 or 5 times a power of ten, of which at most ten fit into the span.
double tick_step(double span_s) {
  const double rough = span_s / 10;
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade >= rough * 0.999) return factor * decade;
  }
  return 10 * decade;
}

Markup axis(const Gantt& gantt) {
  const double y = gantt.height - 28;
  Markup axis = line("axis", gantt_left_px, y, gantt_right_px, y);
  if (!(gantt.span_s > 0)) return axis;
  const double step = tick_step(gantt.span_s);
  for (int tick = 0; tick * step <= gantt.span_s * 1.0001; ++tick) {
    const double x = gantt.x_of(tick * step);
    axis += line("grid", x, 0, x, y);
    axis += line("axis", x, y, x, y + tick_height);
    axis += svg_label("tick", x, y + 18, format_duration(tick * step));
  }
  return axis;
}

std::string shortened_name(const std::string& name) {
  if (text::character_count(name) <= max_name_letters) return name;
  return std::string(text::first_characters(name, max_name_letters - 1)) + "…";
}

Markup lane(const GanttLane& one, std::size_t index) {
  const Markup background =
      html::void_element("rect", {{"class", index % 2 == 0 ? "lane even" : "lane"},
                                  {"x", "0"},
                                  {"y", px(one.y)},
                                  {"width", px(gantt_width_px)},
                                  {"height", px(one.height)}});
  const Markup name =
      html::element("text", {{"class", "system"}, {"x", "8"}, {"y", px(one.y + 25)}},
                    html::element("title", one.system) + html::text(shortened_name(one.system)));
  return background + name;
}

Markup rectangle(const GanttBar& bar) {
  constexpr double min_width = 1.5;  // for very short times
  Attributes attributes = {{"class", bar.is_transfer ? "transfer" : "stage"},
                           {"x", px(bar.x)},
                           {"y", px(bar.y)},
                           {"width", px(std::max(bar.width, min_width))},
                           {"height", px(bar.height)}};
  if (!bar.is_transfer) {
    const std::string_view colour = chart_colour(static_cast<std::size_t>(bar.lane));
    attributes.emplace_back("fill", shaded(colour, 1));
    attributes.emplace_back("stroke", colour);
  }
  return html::element("rect", attributes, html::element("title", bar.description));
}

// From the end of a transfer to the receiving lane.
Markup arrow(const Gantt& gantt, const GanttBar& bar, const std::string& prefix) {
  const GanttLane& to = gantt.lanes[static_cast<std::size_t>(bar.lane_to)];
  const double x = bar.x + bar.width;
  const bool goes_down = bar.lane_to > bar.lane;
  const double from_y = bar.y + bar.height / 2;
  const double to_y = goes_down ? to.y + 7 : to.y + 33;
  return html::void_element("path", {{"class", "arrow"},
                                     {"d", fmt::format("M{:.1f} {:.1f}V{:.1f}", x, from_y, to_y)},
                                     {"marker-end", fmt::format("url(#{}-tip)", prefix)}});
}

// From a bar to its label outside.
Markup leader(const GanttBar& bar) {
  if (bar.label.is_inside) return {};
  const double x = std::clamp(bar.x + bar.width / 2, bar.label.x, bar.label.x + bar.label.width);
  if (x > bar.x + bar.width) return {};  // the label is beside the arrow
  return line("leader", x, bar.y + bar.height, x, bar.label.y - 10);
}

Markup label_of(const GanttLabel& one) {
  return svg_label(one.is_inside ? "inside" : "outside", one.x + one.width / 2, one.y, one.text);
}

Markup tip(const std::string& prefix) {
  const Markup path = html::void_element("path", {{"class", "tip"}, {"d", "M0 0L6 3L0 6z"}});
  return html::element("defs", html::element("marker",
                                             {{"id", prefix + "-tip"},
                                              {"markerWidth", "6"},
                                              {"markerHeight", "6"},
                                              {"refX", "5"},
                                              {"refY", "3"},
                                              {"orient", "auto"}},
                                             path));
}

}  // namespace

double Gantt::x_of(double seconds) const {
  if (!(span_s > 0)) return gantt_left_px;
  return gantt_left_px + (gantt_right_px - gantt_left_px) * seconds / span_s;
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

html::Markup draw(const Gantt& gantt, const std::string& prefix) {
  Markup content = tip(prefix);
  for (std::size_t i = 0; i < gantt.lanes.size(); ++i) content += lane(gantt.lanes[i], i);
  content += axis(gantt);
  for (const GanttBar& bar : gantt.bars) {
    if (bar.is_transfer) content += arrow(gantt, bar, prefix);
  }
  for (const GanttBar& bar : gantt.bars) content += rectangle(bar);
  for (const GanttBar& bar : gantt.bars) content += leader(bar);
  for (const GanttBar& bar : gantt.bars) content += label_of(bar.label);
  return html::element("svg",
                       {{"class", "gantt"},
                        {"viewBox", fmt::format("0 0 {:.0f} {:.0f}", gantt_width_px, gantt.height)},
                        {"role", "img"},
                        {"aria-label", "Timeline of the plan"}},
                       content);
}

}  // namespace scission::html_report
