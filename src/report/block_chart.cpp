#include "report/block_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "report/block_labels.hpp"
#include "report/gnuplot.hpp"

namespace scission {
namespace {

constexpr int plot_height_px = 330;
constexpr int above_px = 60;     ///< the title
constexpr int below_px = 75;     ///< tics, the axis' title and the legend; without the labels
constexpr int legend_px = 45;    ///< from the lower edge to the axis' title
constexpr int margins_px = 170;  ///< of both axes
constexpr std::string_view line_colour = "#D55E00";
constexpr std::string_view whisker_colour = "#222222";
constexpr double fewest_slots = 5;        ///< bars of fewer blocks are no wider than of so many
constexpr std::size_t most_points = 150;  ///< the line of more blocks is all points

/// What is 0 throughout is not known.
bool is_known(const BlockSeries& series) {
  return std::any_of(series.values.begin(), series.values.end(),
                     [](double value) { return value > 0; });
}

bool shows_bars(const BlockChart& chart) { return is_known(chart.bars) || !is_known(chart.line); }

bool has_intervals(const BlockChart& chart) {
  return std::any_of(chart.intervals.begin(), chart.intervals.end(),
                     [](const Interval& interval) { return interval.high > 0; });
}

std::string data_block(const BlockChart& chart) {
  std::string text =
      fmt::format("# block, {}, {}\n$data << END\n", chart.bars.axis.title, chart.line.axis.title);
  for (std::size_t i = 0; i < chart.bars.values.size(); ++i) {
    text += fmt::format("{} {:.6g} {:.6g}\n", i, chart.bars.values[i] / chart.bars.axis.unit,
                        chart.line.values[i] / chart.line.axis.unit);
  }
  return text + "END\n";
}

std::string interval_block(const BlockChart& chart) {
  if (!has_intervals(chart)) return {};
  const double unit = chart.bars.axis.unit;
  std::string text = "# block, low and high end of its bar's interval\n$intervals << END\n";
  for (std::size_t i = 0; i < chart.intervals.size(); ++i) {
    const Interval& interval = chart.intervals[i];
    if (!(interval.high > 0)) continue;
    text += fmt::format("{} {:.6g} {:.6g}\n", i, interval.low / unit, interval.high / unit);
  }
  return text + "END\n";
}

std::string axes(const BlockChart& chart) {
  const auto count = static_cast<double>(chart.bars.values.size());
  const double half = std::max(count, fewest_slots) / 2 + 0.2;
  const double middle = (count - 1) / 2;
  std::string text = fmt::format("set title {} font ',15'\nset xrange [{:g}:{:g}]\n",
                                 gnuplot_quote(chart.title), middle - half, middle + half);
  text += shows_bars(chart) ? axis_commands(chart.bars.axis, "y") : "unset ytics\n";
  if (!is_known(chart.line)) return text;
  return text + axis_commands(chart.line.axis, "y2") +
         "set y2tics nomirror out scale 0.5\nset border 11\n";
}

/// gnuplot's own place for the axis' title goes by the labels' letters, and wastes room.
std::string below_axis(const BlockLabels& labels, PictureSize size) {
  const auto height = static_cast<double>(size.height_px);
  return tic_commands(labels) + fmt::format(
                                    "set bmargin at screen {:.4f}\nset label 'layers' center at "
                                    "graph 0.5, screen {:.4f}\n",
                                    (below_px + labels.height_px) / height, legend_px / height);
}

std::string bars(const BlockChart& chart) {
  return fmt::format("$data using 1:2:(0.84) with boxes fc rgb '{}' title {}", chart_colour(5),
                     gnuplot_quote(chart.bars.name));
}

/// Error bars with ends of the bars' width; those of gnuplot have a hole where the value is.
std::string whiskers() {
  return fmt::format(
      "$intervals using 1:2:(0):($3-$2) with vectors heads size first 0.2,90 lw 1.2 lc rgb '{}' "
      "title '95 % interval'",
      whisker_colour);
}

std::string line(const BlockChart& chart) {
  return fmt::format(
      "$data using 1:3 axes x1y2 with {} lc rgb '{}' title {}",
      chart.line.values.size() > most_points ? "lines lw 1.5" : "linespoints lw 1.5 pt 7 ps 0.5",
      line_colour, gnuplot_quote(chart.line.name));
}

std::string plot(const BlockChart& chart) {
  std::vector<std::string> layers;
  if (shows_bars(chart)) layers.push_back(bars(chart));
  if (has_intervals(chart)) layers.push_back(whiskers());
  if (is_known(chart.line)) layers.push_back(line(chart));
  return "plot " + text::join(layers, ", \\\n  ") + "\n";
}

}  // namespace

std::string block_chart_script(const BlockChart& chart, const std::vector<BlockTiming>& blocks,
                               const std::string& stem) {
  const BlockLabels labels = block_labels(blocks, margins_px);
  const PictureSize size{labels.width_px, above_px + plot_height_px + labels.height_px + below_px};
  const std::string commands = data_block(chart) + interval_block(chart) +
                               std::string(picture_style()) + axes(chart) +
                               below_axis(labels, size);
  return picture_script(commands, plot(chart), size, stem);
}

}  // namespace scission
