#include "plan_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "gnuplot.hpp"
#include "scission/units.hpp"
#include "text.hpp"

namespace scission {
namespace {

/// Okabe & Ito's colours, which stay apart for the colour-blind too; one a platform.
constexpr std::array<std::string_view, 7> palette = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                     "#CC79A7", "#56B4E9", "#F0E442"};
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
  std::string_view colour;
  std::vector<Bar> bars;
};

struct Chart {
  std::string title;
  std::vector<Series> stages;
  Series transfers;
  int bar_count = 0;
};

std::string layer_range(const Block& block) {
  return block.first_layer == block.last_layer
             ? fmt::to_string(block.first_layer)
             : fmt::format("{}-{}", block.first_layer, block.last_layer);
}

Series stage_series(const PartitionProblem& problem, const Stage& stage, double stage_s) {
  const System& system = problem.systems[stage.system];
  const auto platform = static_cast<std::size_t>(problem.platform_of(stage.system));
  return {fmt::format("{}: {}, {}", text::capitalized(system.platform), system.name,
                      format_duration(stage_s)),
          palette[platform % palette.size()],
          {}};
}

void add_stage(const PartitionProblem& problem, const Stage& stage, double stage_s, Chart& chart) {
  Series series = stage_series(problem, stage, stage_s);
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    series.bars.push_back({chart.bar_count++,
                           problem.block_s[stage.system][block] * milliseconds_per_second,
                           layer_range(problem.blocks[block])});
  }
  chart.stages.push_back(std::move(series));
}

Chart make_chart(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  Chart chart;
  chart.title = fmt::format("{}: latency {}, traffic {}", problem.model,
                            format_duration(total.latency_s), format_bytes(total.traffic_bytes));
  chart.transfers = {"Transfers, " + format_duration(total.transfer_s), transfer_colour, {}};
  auto hop = total.hops.begin();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    if (stage.system != at) {
      chart.transfers.bars.push_back(
          {chart.bar_count++, hop->seconds * milliseconds_per_second, format_bytes(hop->bytes)});
      at = stage.system;
      ++hop;
    }
    add_stage(problem, stage, total.stage_s[i], chart);
  }
  return chart;
}

std::vector<Series> all_series(const Chart& chart) {
  std::vector<Series> series = chart.stages;
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
  for (const Series& stage : chart.stages) {
    for (std::size_t i = 0; i < stage.bars.size(); i += static_cast<std::size_t>(every)) {
      labels += fmt::format("{}{} {}", labels.empty() ? "" : ", \\\n  ",
                            gnuplot_quote(stage.bars[i].label), stage.bars[i].position);
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

constexpr std::string_view style =
    "set ytics nomirror out scale 0.5\n"
    "set grid ytics lt 1 lw 0.5 lc rgb '#DDDDDD'\n"
    "set border 3 lc rgb '#444444'\n"
    "set style fill solid noborder\n"
    "set key below center horizontal Left reverse samplen 1 width 1 height 1\n";

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

std::string output(const Chart& chart, std::string_view terminal, const std::string& file) {
  return fmt::format(
      "set terminal {} noenhanced size {},{} font 'sans-serif,11' background '#FFFFFF'\n"
      "set output {}\n",
      terminal, width_px(chart), height_px, gnuplot_quote(file));
}

std::string script(const Chart& chart, const std::string& stem) {
  const std::vector<Series> series = all_series(chart);
  std::string text =
      fmt::format("# {}.png and {}.svg, drawn by: gnuplot {}.gp\n", stem, stem, stem);
  text += "set encoding utf8\n" + data_block(series);
  text += axes(chart, axis_range(series)) + tick_labels(chart);
  text += style;
  text += output(chart, "pngcairo", stem + ".png") + plot_command(series, chart);
  text += output(chart, "svg", stem + ".svg") + "replot\nunset output\n";
  return text;
}

}  // namespace

std::string plan_chart_script(const PartitionProblem& problem, const Plan& plan, double input_bytes,
                              const std::string& stem) {
  return script(make_chart(problem, plan, cost(problem, plan, input_bytes)), stem);
}

}  // namespace scission
