#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_style.hpp"
#include "report/html_report/gantt.hpp"
#include "scission/base/units.hpp"

namespace scission::html_report {
namespace {

using html::Attributes;
using html::Markup;

constexpr double tick_height = 5;
constexpr std::size_t most_name_letters = 20;

std::string px(double length) { return fmt::format("{:.1f}", length); }

Markup line(std::string_view style, double x1, double y1, double x2, double y2) {
  return html::void_element("line", {{"class", std::string(style)},
                                     {"x1", px(x1)},
                                     {"y1", px(y1)},
                                     {"x2", px(x2)},
                                     {"y2", px(y2)}});
}

Markup label(std::string_view style, double x, double y, const std::string& text) {
  return html::element("text", {{"class", std::string(style)}, {"x", px(x)}, {"y", px(y)}}, text);
}

// 1, 2 or 5 times a power of ten: at most ten of them fit into the span.
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
  Markup axis = line("axis", gantt_left, y, gantt_right, y);
  if (!(gantt.span_s > 0)) return axis;
  const double step = tick_step(gantt.span_s);
  for (int tick = 0; tick * step <= gantt.span_s * 1.0001; ++tick) {
    const double x = gantt.x_of(tick * step);
    axis += line("grid", x, 0, x, y);
    axis += line("axis", x, y, x, y + tick_height);
    axis += label("tick", x, y + 18, format_duration(tick * step));
  }
  return axis;
}

// The first letters of a name; letters of UTF-8 are kept whole.
std::string shortened(const std::string& name) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((static_cast<unsigned char>(name[i]) & 0xC0) == 0x80) continue;
    if (++letters == most_name_letters && name.size() > i + 1) return name.substr(0, i) + "…";
  }
  return name;
}

Markup lane(const GanttLane& one, std::size_t index) {
  const Markup background =
      html::void_element("rect", {{"class", index % 2 == 0 ? "lane even" : "lane"},
                                  {"x", "0"},
                                  {"y", px(one.y)},
                                  {"width", px(gantt_width)},
                                  {"height", px(one.height)}});
  const Markup name =
      html::element("text", {{"class", "system"}, {"x", "8"}, {"y", px(one.y + 25)}},
                    html::element("title", one.system) + html::text(shortened(one.system)));
  return background + name;
}

Markup rectangle(const GanttBar& bar) {
  constexpr double least_width = 1.5;  // of what takes next to no time
  Attributes attributes = {{"class", bar.is_transfer ? "transfer" : "stage"},
                           {"x", px(bar.x)},
                           {"y", px(bar.y)},
                           {"width", px(std::max(bar.width, least_width))},
                           {"height", px(bar.height)}};
  if (!bar.is_transfer) {
    const std::string_view colour = chart_colour(static_cast<std::size_t>(bar.lane));
    attributes.emplace_back("fill", shaded(colour, 1));
    attributes.emplace_back("stroke", colour);
  }
  return html::element("rect", attributes, html::element("title", bar.description));
}

// Where a transfer arrives: from the end of its bar to the other lane.
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

// From a bar to the label that it has no room for.
Markup leader(const GanttBar& bar) {
  if (bar.label.is_inside) return {};
  const double x = std::clamp(bar.x + bar.width / 2, bar.label.x, bar.label.x + bar.label.width);
  if (x > bar.x + bar.width) return {};  // beside its arrow
  return line("leader", x, bar.y + bar.height, x, bar.label.y - 10);
}

Markup label_of(const GanttLabel& one) {
  return label(one.is_inside ? "inside" : "outside", one.x + one.width / 2, one.y, one.text);
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
                        {"viewBox", fmt::format("0 0 {:.0f} {:.0f}", gantt_width, gantt.height)},
                        {"role", "img"},
                        {"aria-label", "Timeline of the plan"}},
                       content);
}

}  // namespace scission::html_report
