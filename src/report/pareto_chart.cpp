#include "report/pareto_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "report/chart_style.hpp"
#include "report/gnuplot.hpp"
#include "report/label_places.hpp"
#include "scission/plan/plan.hpp"

namespace scission {
namespace {

constexpr PictureSize size{900, 560};
constexpr std::size_t most_single_labels = 25;  ///< of more points, neighbours share a label

/// The plot's corners, as shares of the picture; fixed, so that it is known where points will lie.
struct Frame {
  double left = 0.09;
  double right = 0.97;
  double bottom = 0.13;
  double top = 0.91;
};

struct Chart {
  std::string title;
  std::vector<ChartAxis> axes;               ///< a measure each
  std::vector<std::vector<double>> amounts;  ///< [measure][plan], in the axis' unit
  std::vector<std::string> systems;          ///< [plan]
  Frame frame;

  bool has_colour() const { return axes.size() > 2; }
  std::size_t point_count() const { return systems.size(); }
};

std::vector<double> amounts_of(const PartitionProblem& problem, const Query& query,
                               const std::vector<Plan>& plans, Metric measure) {
  std::vector<double> amounts;
  for (const Plan& plan : plans) {
    amounts.push_back(metric_value(measure, plan_cost(problem, plan, query.input_bytes)));
  }
  return amounts;
}

std::string title_of(const PartitionProblem& problem, const std::vector<Metric>& measures,
                     std::size_t count) {
  std::vector<std::string> names;
  for (const Metric measure : measures) names.push_back(to_string(measure));
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{}: {} trade-off{} of {} and {}", problem.model, count, count == 1 ? "" : "s",
                     text::join(names, ", "), last);
}

Chart make_chart(const PartitionProblem& problem, const Query& query,
                 const std::vector<Plan>& plans, const std::vector<Metric>& measures) {
  Chart chart;
  chart.title = title_of(problem, measures, plans.size());
  for (const Metric measure : measures) {
    std::vector<double> amounts = amounts_of(problem, query, plans, measure);
    chart.axes.push_back(axis_over(amounts, measure));
    for (double& each : amounts) each /= chart.axes.back().unit;
    chart.amounts.push_back(std::move(amounts));
  }
  for (const Plan& plan : plans) chart.systems.push_back(systems_of_route(problem, plan));
  if (chart.has_colour()) chart.frame.right = 0.85;
  return chart;
}

// --- Labels ---

Pixel pixel_of(const Chart& chart, std::size_t point) {
  const auto along = [&](std::size_t axis, double low, double high) {
    const ChartAxis& one = chart.axes[axis];
    return low + (high - low) * one.position(chart.amounts[axis][point] * one.unit);
  };
  return {along(0, chart.frame.left, chart.frame.right) * size.width_px,
          along(1, chart.frame.bottom, chart.frame.top) * size.height_px};
}

/// From the middle outwards, so that a label stands amid its points where it can.
std::vector<Pixel> middle_first(std::vector<Pixel> run) {
  std::vector<Pixel> ordered;
  const std::size_t middle = run.size() / 2;
  for (std::size_t distance = 0; distance <= middle; ++distance) {
    if (middle + distance < run.size()) ordered.push_back(run[middle + distance]);
    if (distance > 0) ordered.push_back(run[middle - distance]);
  }
  return ordered;
}

/// Points whose own label would stand next to another one of the same text do without.
std::vector<Pixel> away_from_same(const std::string& text, const LabelPlaces& places,
                                  std::vector<Pixel> points) {
  constexpr double near_px = 130;
  std::erase_if(points, [&](Pixel point) {
    return std::any_of(
        places.labels().begin(), places.labels().end(), [&](const PlacedLabel& label) {
          return label.text == text &&
                 std::hypot(label.anchor.x - point.x, label.anchor.y - point.y) < near_px;
        });
  });
  return points;
}

/// A label for every point; of many points, for every run of neighbours over the same systems.
LabelPlaces place_labels(const Chart& chart) {
  std::vector<Pixel> points;
  for (std::size_t i = 0; i < chart.point_count(); ++i) points.push_back(pixel_of(chart, i));
  const Frame& frame = chart.frame;
  LabelPlaces places({{frame.left * size.width_px, frame.bottom * size.height_px},
                      {frame.right * size.width_px, frame.top * size.height_px}},
                     points);
  const bool each_one = points.size() <= most_single_labels;
  for (std::size_t first = 0, end = 1; first < points.size(); first = end++) {
    const std::string& text = chart.systems[first];
    while (!each_one && end < points.size() && chart.systems[end] == text) ++end;
    std::vector<Pixel> run(points.begin() + static_cast<std::ptrdiff_t>(first),
                           points.begin() + static_cast<std::ptrdiff_t>(end));
    if (!each_one) run = away_from_same(text, places, middle_first(std::move(run)));
    places.place(text, run);
  }
  return places;
}

std::string on_screen(Pixel at) {
  return fmt::format("screen {:.4f},{:.4f}", at.x / size.width_px, at.y / size.height_px);
}

std::string label_commands(const Chart& chart) {
  std::string text;
  const LabelPlaces places = place_labels(chart);
  for (const PlacedLabel& label : places.labels()) {
    text += fmt::format("set label {} at {} {} font ',10' tc rgb '#444444'\n",
                        gnuplot_quote(label.text), on_screen(label.anchor),
                        label.is_right_aligned ? "right" : "left");
    if (!label.leader_to) continue;
    text += fmt::format("set arrow from {} to {} nohead lw 0.7 lc rgb '#999999' back\n",
                        on_screen(*label.leader_to), on_screen(label.anchor));
  }
  return text;
}

// --- The script ---

std::string data_block(const Chart& chart) {
  std::string text = "# amounts in the order of the axes, systems\n$data << END\n";
  for (std::size_t i = 0; i < chart.point_count(); ++i) {
    for (const std::vector<double>& amounts : chart.amounts) {
      text += fmt::format("{:.9g} ", amounts[i]);
    }
    std::string systems = chart.systems[i];
    std::replace(systems.begin(), systems.end(), '"', '\'');
    text += fmt::format("\"{}\"\n", systems);
  }
  return text + "END\n";
}

std::string commands(const Chart& chart) {
  std::string text = data_block(chart) + axis_commands(chart.axes[0], "x") +
                     axis_commands(chart.axes[1], "y") + std::string(picture_style());
  text += "set xtics nomirror out scale 0.5\nset grid xtics\nunset key\n";
  text += fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", chart.frame.left,
                      chart.frame.right);
  text += fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n", chart.frame.bottom,
                      chart.frame.top);
  if (chart.has_colour()) {
    text += axis_commands(chart.axes[2], "cb") +
            "set cblabel offset 1\n"
            "set palette defined (0 '#0D0887', 1 '#7E03A8', 2 '#CC4778', 3 '#F89540')\n";
  }
  return text + fmt::format("set title {} font ',15'\n", gnuplot_quote(chart.title)) +
         label_commands(chart);
}

std::string plot(const Chart& chart) {
  if (chart.has_colour()) return "plot $data using 1:2:3 with points pt 7 ps 1 palette\n";
  return "plot $data using 1:2 with steps lw 1 lc rgb '#999999', \\\n"
         "  $data using 1:2 with points pt 7 ps 1 lc rgb '" +
         std::string(chart_colour(0)) + "'\n";
}

}  // namespace

std::string pareto_chart_script(const PartitionProblem& problem, const Query& query,
                                const ParetoFront& front, const std::vector<Metric>& measures,
                                const std::string& stem) {
  const Chart chart = make_chart(problem, query, front.plans, measures);
  return picture_script(commands(chart), plot(chart), size, stem);
}

}  // namespace scission
