// The chart of the best plans over a parameter.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/charts.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

constexpr int plot_height_px = 480;
constexpr int legend_line_px = 18;
constexpr std::size_t column_letters = 52;  ///< longer legend entries allow only one column
constexpr std::size_t max_legend_lines = 24;
constexpr double min_tic_gap = 0.022;  ///< between two rotated labels, as a fraction of the axis

/// The metric that is the objective, unless it is a weighted sum.
std::optional<Metric> single_metric(const Objective& objective) {
  for (const Metric metric : all_metrics()) {
    if (objective == single_objective(metric)) return metric;
  }
  return std::nullopt;
}

ChartAxis objective_axis(const Query& query, const std::vector<SensitivityRange>& ranges) {
  std::vector<double> values;
  for (const SensitivityRange& range : ranges) {
    values.insert(values.end(), {range.value_at_low, range.value_at_high});
  }
  if (const std::optional<Metric> metric = single_metric(query.objective)) {
    return axis_over(values, *metric);
  }
  ChartAxis axis = axis_over(values);
  axis.title = "objective";
  return axis;
}

/// Without a margin: the ranges cover the whole axis.
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
    if (legend.size() + 1 == max_legend_lines && ranges.size() > max_legend_lines) {
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

/// The curve of every plan, each with a separate index.
std::string curve_rows(const std::vector<SensitivityRange>& ranges, bool is_log, double unit) {
  constexpr int steps = 64;
  std::string rows;
  for (const SensitivityRange& range : ranges) {
    for (int i = 0; i <= steps; ++i) {
      const double x = along(range, static_cast<double>(i) / steps, is_log);
      rows += fmt::format("{:.9g} {:.9g}\n", x, range.value_at(x) / unit);
    }
    rows += "\n\n";
  }
  return rows;
}

std::string breakpoint_rows(const std::vector<SensitivityRange>& ranges, double unit) {
  std::string rows;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    rows += fmt::format("{:.9g} {:.9g}\n", ranges[i].low, ranges[i].value_at_low / unit);
  }
  return rows;
}

/// Three significant digits, or all digits before the point.
std::string three_digits(double value) {
  return value < 999.5 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
}

/// Breakpoints on the upper axis, without those that are too close to the previous one.
ChartTics breakpoint_tics(const std::vector<SensitivityRange>& ranges, const ChartAxis& x) {
  ChartTics tics{"rotate by 90 left nomirror out scale 0.5 font ',10'", {}};
  double last = -1;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const double position = x.position(ranges[i].low);
    if (last >= 0 && position - last < min_tic_gap) continue;
    tics.labels.emplace_back(three_digits(ranges[i].low), ranges[i].low);
    last = position;
  }
  return tics;
}

// --- Legend and curves ---

int legend_columns(const std::vector<std::string>& legend) {
  const bool all_short = std::all_of(legend.begin(), legend.end(), [](const std::string& plan) {
    return text::character_count(plan) <= column_letters;
  });
  return all_short && legend.size() > 1 ? 2 : 1;
}

/// A colour for each plan, in other shades once the colours are used up.
std::string colour_of(std::size_t plan) {
  return shaded(chart_colour(plan), static_cast<int>(plan / chart_colour_count()));
}

std::vector<ChartLayer> curve_layers(std::size_t count, const std::vector<std::string>& legend) {
  std::vector<ChartLayer> layers;
  for (std::size_t i = 0; i < count; ++i) {
    layers.push_back(
        {fmt::format("$data index {} using 1:2 with lines lw 3 lc rgb '{}'", i, colour_of(i)),
         i < legend.size() ? std::optional(legend[i]) : std::nullopt});
  }
  return layers;
}

}  // namespace

Chart sensitivity_chart(const PartitionProblem& problem, const Query& query,
                        const std::vector<SensitivityRange>& ranges, const std::string& axis_title,
                        double now) {
  const ChartAxis x = parameter_axis(ranges, axis_title);
  const ChartAxis y = objective_axis(query, ranges);
  const std::vector<std::string> legend = legend_of(problem, ranges);
  const ChartTics tics = breakpoint_tics(ranges, x);
  const bool shows_now = ranges.front().low <= now && now <= ranges.back().high;
  const int columns = legend_columns(legend);
  const int entries = static_cast<int>(legend.size()) + (shows_now ? 1 : 0);

  Chart chart{.title = title_of(problem, ranges.size())};
  chart.size.height_px = plot_height_px + legend_line_px * ((entries + columns - 1) / columns);
  chart.data = {{"data", "an index for each plan: parameter, objective",
                 curve_rows(ranges, x.is_log, y.unit)},
                {"breakpoints", "where the best plan changes", breakpoint_rows(ranges, y.unit)}};
  chart.set_axis("x", x);
  chart.set_axis("y", y);
  chart.commands += "set xtics nomirror out scale 0.5\n";
  if (!tics.labels.empty()) {
    chart.commands += fmt::format("set x2range [{:.9g}:{:.9g}]\n{}set grid x2tics\n", x.low, x.high,
                                  x.is_log ? "set logscale x2\n" : "");
    chart.set_tics("x2", tics);
  }
  chart.commands += fmt::format("set key below center horizontal maxcols {} samplen 3\n", columns);
  chart.layers = curve_layers(ranges.size(), legend);
  if (shows_now) {
    chart.data.push_back({"now", "the present value",
                          fmt::format("{0:.9g} {1:.9g}\n{0:.9g} {2:.9g}\n", now, y.low, y.high)});
    chart.layers.push_back(
        {"$now using 1:2 with lines lw 1.5 dt 2 lc rgb '#444444'", "now: " + three_digits(now)});
  }
  if (ranges.size() > 1) {
    chart.layers.push_back({"$breakpoints using 1:2 with points pt 7 ps 0.8 lc rgb '#444444'", {}});
  }
  return chart;
}

void draw_sensitivity(const PartitionProblem& problem, const Query& query,
                      const std::vector<SensitivityRange>& ranges, const std::string& axis_title,
                      double now, const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  if (ranges.empty()) {
    throw Error(ErrorCode::invalid_argument, "there is no range to draw", stem);
  }
  sensitivity_chart(problem, query, ranges, axis_title, now).draw(folder, stem);
}

}  // namespace scission
