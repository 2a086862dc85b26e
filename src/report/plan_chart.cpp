#include "report/plan_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "report/chart_style.hpp"
#include "report/gnuplot.hpp"
#include "scission/base/units.hpp"

namespace scission {
namespace {

constexpr std::string_view transfer_colour = "#999999";

constexpr int widest_px = 2400;
constexpr int narrowest_px = 900;
constexpr int height_px = 520;
constexpr int margins_px = 110;
constexpr int upright_label_px = 15;  ///< what a bar needs below it for a label on its side
constexpr int flat_label_px = 42;     ///< the same for a horizontal one

struct Bar {
  int position = 0;
  double ms = 0;
  std::string label;
};

/// Bars of one colour, and their line in the legend.
struct Series {
  std::string title;
  std::string colour;
  std::vector<Bar> bars;
  int system = -1;     ///< the system whose blocks these are; none for transfers
  double seconds = 0;  ///< what they take together
};

struct Chart {
  std::string title;
  std::vector<Series> systems;  ///< in the order in which the plan comes to them
  Series transfers;
  int bar_count = 0;
};

/// A platform's colour; its second, third, … system has other shades of it.
std::string colour_of(const PartitionProblem& problem, int system) {
  const int platform = problem.platform_of(system);
  int earlier = 0;
  for (int other = 0; other < system; ++other) earlier += problem.platform_of(other) == platform;
  return shaded(chart_colour(static_cast<std::size_t>(platform)), earlier);
}

/// A system's bars; one that is visited again keeps the ones it has.
Series& series_of(const PartitionProblem& problem, int system, Chart& chart) {
  const auto found = std::find_if(chart.systems.begin(), chart.systems.end(),
                                  [system](const Series& one) { return one.system == system; });
  if (found != chart.systems.end()) return *found;
  chart.systems.push_back({{}, colour_of(problem, system), {}, system});
  return chart.systems.back();
}

void add_stage(const PartitionProblem& problem, const Stage& stage, double stage_s, Chart& chart) {
  Series& series = series_of(problem, stage.system, chart);
  series.seconds += stage_s;
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    const Block& one = problem.blocks[block];
    series.bars.push_back({chart.bar_count++,
                           problem.block_s[stage.system][block] * milliseconds_per_second,
                           layer_range(one.first_layer, one.last_layer)});
  }
}

void add_transfer(const Hop& hop, Chart& chart) {
  chart.transfers.bars.push_back(
      {chart.bar_count++, hop.seconds * milliseconds_per_second, format_bytes(hop.bytes)});
}

void title_systems(const PartitionProblem& problem, Chart& chart) {
  for (Series& series : chart.systems) {
    const System& system = problem.systems[series.system];
    series.title = fmt::format("{}: {}, {}", text::capitalized(system.platform), system.name,
                               format_duration(series.seconds));
  }
}

Chart make_chart(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  Chart chart;
  chart.title = fmt::format("{}: latency {}, traffic {}", problem.model,
                            format_duration(total.latency_s), format_bytes(total.traffic_bytes));
  chart.transfers = {
      "Transfers, " + format_duration(total.transfer_s), std::string(transfer_colour), {}};
  auto hop = total.hops.begin();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    if (stage.system != at) add_transfer(*hop++, chart);
    at = stage.system;
    add_stage(problem, stage, total.stage_s[i], chart);
  }
  if (hop != total.hops.end()) add_transfer(*hop, chart);  // the output, to its destination
  title_systems(problem, chart);
  return chart;
}

std::vector<Series> all_series(const Chart& chart) {
  std::vector<Series> series = chart.systems;
  if (!chart.transfers.bars.empty()) series.push_back(chart.transfers);
  return series;
}

struct Range {
  double low = 0.001;
  double high = 1;
};

/// From a whole decade below the least time above 0 to some room above the greatest, where the
/// sizes of transfers stand. In ms.
Range axis_range(const std::vector<Series>& series) {
  Range range{INFINITY, 0};
  for (const Series& one : series) {
    for (const Bar& bar : one.bars) {
      if (bar.ms > 0) range.low = std::min(range.low, bar.ms);
      range.high = std::max(range.high, bar.ms);
    }
  }
  if (range.high <= 0) return {};
  const double lowest_decade = std::floor(std::log10(range.low * 0.8));
  const double decades = std::log10(range.high) - lowest_decade;
  return {std::pow(10, lowest_decade), range.high * std::pow(10, 0.2 * decades)};
}

std::string data_block(const std::vector<Series>& series) {
  std::string text = "# position, milliseconds, what the bar is\n$data << END\n";
  for (const Series& one : series) {
    for (const Bar& bar : one.bars) {
      text += fmt::format("{} {:.6g} \"{}\"\n", bar.position, bar.ms, bar.label);
    }
    text += "\n\n";
  }
  return text + "END\n";
}

int width_px(const Chart& chart) {
  return std::clamp(chart.bar_count * upright_label_px + margins_px, narrowest_px, widest_px);
}

/// Layer ranges below the bars of blocks: all that fit, and every n-th beyond that.
std::string tick_labels(const Chart& chart) {
  const int drawable_px = width_px(chart) - margins_px;
  const int every = 1 + (chart.bar_count * upright_label_px - 1) / drawable_px;
  std::string labels;
  for (const Series& system : chart.systems) {
    for (std::size_t i = 0; i < system.bars.size(); i += static_cast<std::size_t>(every)) {
      labels += fmt::format("{}{} {}", labels.empty() ? "" : ", \\\n  ",
                            gnuplot_quote(system.bars[i].label), system.bars[i].position);
    }
  }
  const bool flat = chart.bar_count * flat_label_px <= drawable_px;
  return fmt::format("set xtics {} nomirror out scale 0.5 font ',10' ( \\\n  {})\n",
                     flat ? "norotate" : "rotate by 90 right", labels);
}

std::string plot_command(const std::vector<Series>& series, const Chart& chart) {
  std::string text = "plot ";
  for (std::size_t i = 0; i < series.size(); ++i) {
    text += fmt::format(
        "{}$data index {} using 1:(bar($2)):($1-0.42):($1+0.42):(floor):(bar($2)) "
        "\\\n    with boxxyerror fc rgb '{}' title {}",
        i == 0 ? "" : ", \\\n  ", i, series[i].colour, gnuplot_quote(series[i].title));
  }
  if (!chart.transfers.bars.empty()) {
    text += fmt::format(
        ", \\\n  $data index {} using 1:(bar($2)):3 with labels font ',10' "
        "rotate by 90 left offset 0,0.4 notitle",
        series.size() - 1);
  }
  return text + "\n";
}

std::string axes(const Chart& chart, const Range& range) {
  return fmt::format(
      "floor = {:g}\n"
      "bar(ms) = ms > 1.1 * floor ? ms : 1.1 * floor   # a log axis has no place for 0\n"
      "set title {} font ',15'\n"
      "set logscale y\n"
      "set yrange [floor:{:g}]\n"
      "set xrange [-0.8:{}.8]\n"
      "set ylabel 'time (ms)'\n"
      "set xlabel 'layers' offset 0,0.5\n"
      "set format y '%g'\n",
      range.low, gnuplot_quote(chart.title), range.high, chart.bar_count - 1);
}

std::string script(const Chart& chart, const std::string& stem) {
  const std::vector<Series> series = all_series(chart);
  std::string commands = data_block(series) + axes(chart, axis_range(series)) + tick_labels(chart);
  commands += picture_style();
  return picture_script(commands, plot_command(series, chart), {width_px(chart), height_px}, stem);
}

}  // namespace

std::string plan_chart_script(const PartitionProblem& problem, const Plan& plan, double input_bytes,
                              const std::string& stem) {
  return script(make_chart(problem, plan, plan_cost(problem, plan, input_bytes)), stem);
}

}  // namespace scission
