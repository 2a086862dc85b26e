#include "report/sensitivity_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/chart_style.hpp"
#include "report/gnuplot.hpp"
#include "scission/plan/plan.hpp"

namespace scission {
namespace {

constexpr int plot_height_px = 480;
constexpr int legend_line_px = 18;
constexpr int width_px = 900;
constexpr std::size_t column_letters = 52;  ///< more in a line of the legend leave no second column
constexpr std::size_t most_legend_lines = 24;
constexpr double least_gap = 0.022;  ///< between two labels on their side, of the axis

struct Chart {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  const std::vector<SensitivityRange>& ranges;
  std::vector<std::string> legend;  ///< of the first ranges; a last line for all others
  double now = 0;

  bool shows_now() const { return ranges.front().low <= now && now <= ranges.back().high; }
};

/// The measure that is the objective, unless it weighs several.
std::optional<Metric> single_measure(const Objective& objective) {
  for (const Metric measure : all_metrics()) {
    if (objective == single_objective(measure)) return measure;
  }
  return std::nullopt;
}

ChartAxis objective_axis(const Query& query, const std::vector<SensitivityRange>& ranges) {
  std::vector<double> values;
  for (const SensitivityRange& range : ranges) {
    values.insert(values.end(), {range.value_at_low, range.value_at_high});
  }
  if (const std::optional<Metric> measure = single_measure(query.objective)) {
    return axis_over(values, *measure);
  }
  ChartAxis axis = axis_over(values);
  axis.title = "objective";
  return axis;
}

/// Without room beside it: the ranges cover all of it.
ChartAxis parameter_axis(const std::vector<SensitivityRange>& ranges, const std::string& title) {
  ChartAxis axis = axis_over({ranges.front().low, ranges.back().high});
  axis.title = title;
  axis.low = ranges.front().low;
  axis.high = ranges.back().high;
  return axis;
}

std::string title_of(const PartitionProblem& problem, std::size_t count) {
  return fmt::format("{}: {}", problem.model,
                     count == 1 ? "one plan is the best throughout"
                                : fmt::format("{} plans, each the best in its range", count));
}

std::vector<std::string> legend_of(const PartitionProblem& problem,
                                   const std::vector<SensitivityRange>& ranges) {
  std::vector<std::string> legend;
  for (const SensitivityRange& range : ranges) {
    if (legend.size() + 1 == most_legend_lines && ranges.size() > most_legend_lines) {
      legend.push_back(fmt::format("… and {} more plans", ranges.size() - legend.size()));
      break;
    }
    legend.push_back(layers_of_route(problem, range.plan));
  }
  return legend;
}

// --- Data ---

double along(const SensitivityRange& range, double share, bool is_log) {
  return is_log ? range.low * std::pow(range.high / range.low, share)
                : range.low + (range.high - range.low) * share;
}

std::string data_block(const Chart& chart) {
  constexpr int steps = 64;
  std::string text = "# a block a plan: parameter, objective\n$data << END\n";
  for (const SensitivityRange& range : chart.ranges) {
    for (int i = 0; i <= steps; ++i) {
      const double x = along(range, static_cast<double>(i) / steps, chart.x.is_log);
      text += fmt::format("{:.9g} {:.9g}\n", x, range.value_at(x) / chart.y.unit);
    }
    text += "\n\n";
  }
  return text + "END\n";
}

std::string breakpoint_block(const Chart& chart) {
  std::string text = "# where one plan gives way to the next\n$breakpoints << END\n";
  for (std::size_t i = 1; i < chart.ranges.size(); ++i) {
    text += fmt::format("{:.9g} {:.9g}\n", chart.ranges[i].low,
                        chart.ranges[i].value_at_low / chart.y.unit);
  }
  return text + "END\n";
}

/// Three significant digits, or all before the point.
std::string three_digits(double value) {
  return value < 1000 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
}

/// Breakpoints on the upper axis; of those that are too close, the first.
std::string breakpoint_tics(const Chart& chart) {
  std::string tics;
  double last = -1;
  for (std::size_t i = 1; i < chart.ranges.size(); ++i) {
    const double position = chart.x.position(chart.ranges[i].low);
    if (last >= 0 && position - last < least_gap) continue;
    tics += fmt::format("{}'{}' {:.9g}", tics.empty() ? "" : ", ",
                        three_digits(chart.ranges[i].low), chart.ranges[i].low);
    last = position;
  }
  if (tics.empty()) return {};
  return fmt::format(
      "set x2range [{:.9g}:{:.9g}]\n{}set x2tics rotate by 90 left nomirror out scale 0.5 font "
      "',10' ({})\nset grid x2tics\n",
      chart.x.low, chart.x.high, chart.x.is_log ? "set logscale x2\n" : "", tics);
}

// --- The script ---

/// Of UTF-8, each letter once.
std::size_t letters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

int legend_columns(const Chart& chart) {
  const bool all_short =
      std::all_of(chart.legend.begin(), chart.legend.end(),
                  [](const std::string& plan) { return letters(plan) <= column_letters; });
  return all_short && chart.legend.size() > 1 ? 2 : 1;
}

PictureSize picture_size(const Chart& chart) {
  const int entries = static_cast<int>(chart.legend.size()) + (chart.shows_now() ? 1 : 0);
  const int columns = legend_columns(chart);
  return {width_px, plot_height_px + legend_line_px * ((entries + columns - 1) / columns)};
}

std::string commands(const Chart& chart) {
  std::string text = data_block(chart) + breakpoint_block(chart);
  if (chart.shows_now()) {
    text += fmt::format("$now << END\n{0:.9g} {1:.9g}\n{0:.9g} {2:.9g}\nEND\n", chart.now,
                        chart.y.low, chart.y.high);
  }
  text += axis_commands(chart.x, "x") + axis_commands(chart.y, "y");
  text += picture_style();
  text += "set xtics nomirror out scale 0.5\n" + breakpoint_tics(chart);
  text +=
      fmt::format("set key below center horizontal maxcols {} samplen 3\n", legend_columns(chart));
  return text + fmt::format("set title {} font ',15'\n", gnuplot_quote(chart.title));
}

/// A colour a plan; where colours run out, other shades of them.
std::string colour_of(std::size_t plan) {
  return shaded(chart_colour(plan), static_cast<int>(plan / chart_colour_count()));
}

std::string plot(const Chart& chart) {
  std::vector<std::string> layers;
  for (std::size_t i = 0; i < chart.ranges.size(); ++i) {
    const std::string title =
        i < chart.legend.size() ? "title " + gnuplot_quote(chart.legend[i]) : "notitle";
    layers.push_back(fmt::format("$data index {} using 1:2 with lines lw 3 lc rgb '{}' {}", i,
                                 colour_of(i), title));
  }
  if (chart.shows_now()) {
    layers.push_back(
        fmt::format("$now using 1:2 with lines lw 1.5 dt 2 lc rgb '#444444' title 'now: {}'",
                    three_digits(chart.now)));
  }
  if (chart.ranges.size() > 1) {
    layers.emplace_back("$breakpoints using 1:2 with points pt 7 ps 0.8 lc rgb '#444444' notitle");
  }
  return "plot " + text::join(layers, ", \\\n  ") + "\n";
}

}  // namespace

std::string sensitivity_chart_script(const PartitionProblem& problem, const Query& query,
                                     const std::vector<SensitivityRange>& ranges,
                                     const std::string& axis_title, double now,
                                     const std::string& stem) {
  Chart chart{title_of(problem, ranges.size()),
              parameter_axis(ranges, axis_title),
              objective_axis(query, ranges),
              ranges,
              {},
              now};
  chart.legend = legend_of(problem, ranges);
  return picture_script(commands(chart), plot(chart), picture_size(chart), stem);
}

}  // namespace scission
