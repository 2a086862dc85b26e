// The chart of a Pareto front.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "report/charts.hpp"
#include "report/label_placement.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/report.hpp"
#include "scission/search/analysis.hpp"

namespace scission {
namespace {

constexpr PictureSize size{900, 560};
constexpr std::size_t max_single_labels = 25;  ///< among more points, neighbours share a label

/// The edges of the plot as fractions of the picture. They are fixed so that labels can be placed.
struct Frame {
  double left = 0.09;
  double right = 0.97;
  double bottom = 0.13;
  double top = 0.91;
};

struct FrontPoints {
  std::string title;
  std::vector<ChartAxis> axes;               ///< [metric]
  std::vector<std::vector<double>> amounts;  ///< [metric][plan], in the unit of the axis
  std::vector<std::string> systems;          ///< [plan]
  std::vector<std::string> routes;           ///< [plan], with the layers
  Frame frame;

  bool has_colour() const { return axes.size() > 2; }
  std::size_t point_count() const { return systems.size(); }
};

std::vector<double> amounts_of(const PartitionProblem& problem, const Query& query,
                               const std::vector<Plan>& plans, Metric metric) {
  std::vector<double> amounts;
  for (const Plan& plan : plans) {
    amounts.push_back(metric_value(metric, plan_cost(problem, plan, query.input_bytes)));
  }
  return amounts;
}

std::string title_of(const PartitionProblem& problem, const std::vector<Metric>& metrics,
                     std::size_t count) {
  std::vector<std::string> names;
  for (const Metric metric : metrics) names.push_back(to_string(metric));
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{}: {} trade-off{} of {} and {}", problem.model, count, count == 1 ? "" : "s",
                     text::join(names, ", "), last);
}

FrontPoints points_of(const PartitionProblem& problem, const Query& query,
                      const std::vector<Plan>& plans, const std::vector<Metric>& metrics) {
  FrontPoints front;
  front.title = title_of(problem, metrics, plans.size());
  for (const Metric metric : metrics) {
    std::vector<double> amounts = amounts_of(problem, query, plans, metric);
    front.axes.push_back(axis_over(amounts, metric));
    for (double& each : amounts) each /= front.axes.back().unit;
    front.amounts.push_back(std::move(amounts));
  }
  for (const Plan& plan : plans) {
    front.systems.push_back(systems_of_route(problem, plan));
    front.routes.push_back(describe_plan(problem, plan));
  }
  if (front.has_colour()) front.frame.right = 0.85;
  return front;
}

// --- Labels ---

Pixel pixel_of(const FrontPoints& front, std::size_t point) {
  const auto along = [&](std::size_t axis, double low, double high) {
    const ChartAxis& one = front.axes[axis];
    return low + (high - low) * one.position(front.amounts[axis][point] * one.unit);
  };
  return {along(0, front.frame.left, front.frame.right) * size.width_px,
          along(1, front.frame.bottom, front.frame.top) * size.height_px};
}

/// The points [first, end) from the middle outwards, so that a label is near the middle of its
/// points.
std::vector<std::size_t> middle_first(std::size_t first, std::size_t end) {
  std::vector<std::size_t> ordered;
  const std::size_t middle = first + (end - first) / 2;
  for (std::size_t distance = 0; distance <= end - first; ++distance) {
    if (middle + distance < end) ordered.push_back(middle + distance);
    if (distance > 0 && middle >= first + distance) ordered.push_back(middle - distance);
  }
  return ordered;
}

/// Labels one of the points, the first for which there is room away from labelled points of the
/// same systems.
void label_one_of(const FrontPoints& front, const std::vector<std::size_t>& run,
                  const std::vector<Pixel>& points, std::vector<std::size_t>& labelled,
                  LabelPlacement& places) {
  constexpr double near_px = 130;
  for (const std::size_t point : run) {
    const bool has_like = std::any_of(labelled.begin(), labelled.end(), [&](std::size_t other) {
      return front.systems[other] == front.systems[point] &&
             std::hypot(points[other].x - points[point].x, points[other].y - points[point].y) <
                 near_px;
    });
    const std::size_t before = places.labels().size();
    if (!has_like) places.place(front.routes[point], {points[point]});
    if (places.labels().size() == before) continue;
    labelled.push_back(point);
    return;
  }
}

/// A label for every point that looks like none before it; among many points, one for every run of
/// points with the same systems, which names the layers of the point that it stands beside.
LabelPlacement place_labels(const FrontPoints& front) {
  std::vector<Pixel> points;
  for (std::size_t i = 0; i < front.point_count(); ++i) points.push_back(pixel_of(front, i));
  const Frame& frame = front.frame;
  LabelPlacement places({{frame.left * size.width_px, frame.bottom * size.height_px},
                         {frame.right * size.width_px, frame.top * size.height_px}},
                        points);
  if (points.size() <= max_single_labels) {
    std::vector<std::size_t> distinct = distinct_points(front.amounts);
    // From the right edge on, where there is room on one side only.
    std::reverse(distinct.begin(), distinct.end());
    for (const std::size_t i : distinct) places.place(front.routes[i], {points[i]});
    return places;
  }
  std::vector<std::size_t> labelled;
  for (std::size_t first = 0, end = 1; first < points.size(); first = end++) {
    while (end < points.size() && front.systems[end] == front.systems[first]) ++end;
    label_one_of(front, middle_first(first, end), points, labelled, places);
  }
  return places;
}

std::string on_screen(Pixel at) {
  return fmt::format("screen {:.4f},{:.4f}", at.x / size.width_px, at.y / size.height_px);
}

std::string label_commands(const FrontPoints& front) {
  std::string text;
  const LabelPlacement places = place_labels(front);
  for (const PlacedLabel& label : places.labels()) {
    text += fmt::format("set label {} at {} {} font ',10' tc rgb '#444444'\n",
                        gnuplot_quote(label.text), on_screen(label.anchor),
                        label.is_right_aligned ? "right" : "left");
    if (!label.leader) continue;
    text += fmt::format("set arrow from {} to {} nohead lw 0.7 lc rgb '#999999' back\n",
                        on_screen(label.leader->from), on_screen(label.leader->to));
  }
  return text;
}

std::string rows_of(const FrontPoints& front) {
  std::string rows;
  for (std::size_t i = 0; i < front.point_count(); ++i) {
    for (const std::vector<double>& amounts : front.amounts) {
      rows += fmt::format("{:.9g} ", amounts[i]);
    }
    std::string route = front.routes[i];
    std::replace(route.begin(), route.end(), '"', '\'');
    rows += fmt::format("\"{}\"\n", route);
  }
  return rows;
}

}  // namespace

std::vector<std::size_t> distinct_points(const std::vector<std::vector<double>>& amounts) {
  constexpr double min_difference = 0.01;
  std::vector<std::size_t> distinct;
  const auto look_alike = [&](std::size_t one, std::size_t other) {
    return std::all_of(amounts.begin(), amounts.end(), [&](const std::vector<double>& of_metric) {
      const double larger = std::max(of_metric[one], of_metric[other]);
      return std::abs(of_metric[one] - of_metric[other]) <= min_difference * larger;
    });
  };
  for (std::size_t point = 0; !amounts.empty() && point < amounts.front().size(); ++point) {
    const bool is_distinct = std::none_of(distinct.begin(), distinct.end(),
                                          [&](std::size_t one) { return look_alike(one, point); });
    if (is_distinct) distinct.push_back(point);
  }
  return distinct;
}

Chart pareto_chart(const PartitionProblem& problem, const Query& query, const ParetoFront& front,
                   const std::vector<Metric>& metrics) {
  const FrontPoints points = points_of(problem, query, front.plans, metrics);
  const Frame& frame = points.frame;
  Chart chart{.title = points.title, .size = size};
  chart.data = {{"data", "one column per axis, plan", rows_of(points)}};
  chart.set_axis("x", points.axes[0]);
  chart.set_axis("y", points.axes[1]);
  chart.commands += fmt::format(
      "set xtics nomirror out scale 0.5\nset grid xtics\nunset key\n"
      "set lmargin at screen {}\nset rmargin at screen {}\n"
      "set bmargin at screen {}\nset tmargin at screen {}\n",
      frame.left, frame.right, frame.bottom, frame.top);
  if (points.has_colour()) {
    chart.set_axis("cb", points.axes[2]);
    chart.commands +=
        "set cblabel offset 1\n"
        "set palette defined (0 '#0D0887', 1 '#7E03A8', 2 '#CC4778', 3 '#F89540')\n";
    chart.layers = {{"$data using 1:2:3 with points pt 7 ps 1 palette", {}}};
  } else {
    chart.layers = {
        {"$data using 1:2 with steps lw 1 lc rgb '#999999'", {}},
        {fmt::format("$data using 1:2 with points pt 7 ps 1 lc rgb '{}'", chart_colour(0)), {}}};
  }
  chart.commands += label_commands(points);
  return chart;
}

void draw_pareto(const PartitionProblem& problem, const Query& query, const ParetoFront& front,
                 const std::vector<Metric>& metrics, const std::filesystem::path& folder,
                 const std::string& stem) {
  require_picture_name(stem);
  if (front.plans.empty()) {
    throw Error(ErrorCode::invalid_argument, "the front has no plan to draw", stem);
  }
  pareto_chart(problem, query, front, metrics).draw(folder, stem);
}

}  // namespace scission
