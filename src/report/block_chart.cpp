// A value of every block as bars and another as a line with a second axis.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "report/charts.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

// --- Labels ---

constexpr double letter_px = 7.4;
constexpr int line_px = 16;
constexpr std::size_t max_layer_type_letters = 24;

/// Estimated width of valid UTF-8.
int pixels(const std::string& text) {
  return static_cast<int>(letter_px * static_cast<double>(text::character_count(text)));
}

int longest_px(const std::vector<std::string>& texts) {
  int longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, pixels(text));
  return longest;
}

/// The layers of every n-th block.
std::vector<std::string> thinned(const std::vector<BlockTiming>& blocks, std::size_t every) {
  std::vector<std::string> texts(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); i += every) {
    texts[i] = layer_range(blocks[i].block.first_layer, blocks[i].block.last_layer);
  }
  return texts;
}

// --- The chart ---

constexpr int bars_height_px = 330;
constexpr int above_px = 60;        ///< title
constexpr int below_px = 75;        ///< tics, axis title and legend, without the labels
constexpr int legend_px = 45;       ///< from the lower edge to the axis title
constexpr int axes_width_px = 170;  ///< both
constexpr std::string_view line_colour = "#D55E00";
constexpr std::string_view whisker_colour = "#222222";
constexpr double min_slots = 5;          ///< fewer bars are not wider than these
constexpr std::size_t max_points = 150;  ///< the line of more blocks has no points

/// A value of every block, in the order of the blocks.
struct BlockSeries {
  std::string name;  ///< in the legend
  ChartAxis axis;    ///< from 0
  std::vector<double> values;

  /// 0 stands for unknown.
  bool is_known() const {
    return std::any_of(values.begin(), values.end(), [](double value) { return value > 0; });
  }
};

struct BlockFigures {
  std::string title;
  BlockSeries bars;
  BlockSeries line;
  std::vector<Interval> intervals = {};  ///< of the bars; 0, 0 if unknown; may be empty
};

std::string value_rows(const BlockFigures& figures) {
  std::string rows;
  for (std::size_t i = 0; i < figures.bars.values.size(); ++i) {
    rows += fmt::format("{} {:.6g} {:.6g}\n", i, figures.bars.values[i] / figures.bars.axis.unit,
                        figures.line.values[i] / figures.line.axis.unit);
  }
  return rows;
}

std::string interval_rows(const BlockFigures& figures) {
  const double unit = figures.bars.axis.unit;
  std::string rows;
  for (std::size_t i = 0; i < figures.intervals.size(); ++i) {
    const Interval& interval = figures.intervals[i];
    if (!(interval.high > 0)) continue;
    rows += fmt::format("{} {:.6g} {:.6g}\n", i, interval.low / unit, interval.high / unit);
  }
  return rows;
}

ChartTics label_tics(const BlockLabels& labels) {
  ChartTics tics{std::string(labels.is_upright ? "rotate by 90 right" : "norotate") +
                     " nomirror out scale 0.5 font ',10'",
                 {}};
  for (std::size_t i = 0; i < labels.texts.size(); ++i) {
    if (!labels.texts[i].empty()) tics.labels.emplace_back(labels.texts[i], i);
  }
  return tics;
}

void add_axes(const BlockFigures& figures, bool shows_bars, Chart& chart) {
  const auto count = static_cast<double>(figures.bars.values.size());
  const double half = std::max(count, min_slots) / 2 + 0.2;
  const double middle = (count - 1) / 2;
  chart.commands += fmt::format("set xrange [{:g}:{:g}]\n", middle - half, middle + half);
  if (shows_bars) {
    chart.set_axis("y", figures.bars.axis);
  } else {
    chart.commands += "unset ytics\n";
  }
  if (!figures.line.is_known()) return;
  chart.set_axis("y2", figures.line.axis);
  chart.commands += "set y2tics nomirror out scale 0.5\nset border 11\n";
}

/// gnuplot would place the title of the axis by the letters of the labels, which wastes space.
void add_labels(const BlockLabels& labels, Chart& chart) {
  const auto height = static_cast<double>(chart.size.height_px);
  chart.set_tics("x", label_tics(labels));
  chart.commands += fmt::format(
      "set bmargin at screen {:.4f}\nset label 'layers' center at graph 0.5, screen {:.4f}\n",
      (below_px + labels.height_px) / height, legend_px / height);
}

void add_layers(const BlockFigures& figures, bool shows_bars, Chart& chart) {
  if (shows_bars) {
    chart.layers.push_back(
        {fmt::format("$data using 1:2:(0.84) with boxes fc rgb '{}'", chart_colour(5)),
         figures.bars.name});
  }
  if (chart.data.size() > 1) {
    // gnuplot's own error bars have a gap at the value; these have ends as wide as the bars.
    chart.layers.push_back({fmt::format("$intervals using 1:2:(0):($3-$2) with vectors heads size "
                                        "first 0.2,90 lw 1.2 lc rgb '{}'",
                                        whisker_colour),
                            "95 % interval"});
  }
  if (figures.line.is_known()) {
    chart.layers.push_back(
        {fmt::format("$data using 1:3 axes x1y2 with {} lc rgb '{}'",
                     figures.line.values.size() > max_points ? "lines lw 1.5"
                                                             : "linespoints lw 1.5 pt 7 ps 0.5",
                     line_colour),
         figures.line.name});
  }
}

Chart block_chart(const BlockFigures& figures, const std::vector<BlockTiming>& blocks) {
  const bool shows_bars = figures.bars.is_known() || !figures.line.is_known();
  const BlockLabels labels = block_labels(blocks, axes_width_px);
  Chart chart{.title = figures.title};
  chart.size = {labels.width_px, above_px + bars_height_px + labels.height_px + below_px};
  chart.data = {{"data",
                 fmt::format("block, {}, {}", figures.bars.axis.title, figures.line.axis.title),
                 value_rows(figures)}};
  const std::string intervals = interval_rows(figures);
  if (!intervals.empty()) {
    chart.data.push_back({"intervals", "block, ends of the interval of its bar", intervals});
  }
  add_axes(figures, shows_bars, chart);
  add_labels(labels, chart);
  add_layers(figures, shows_bars, chart);
  return chart;
}

// --- What the two charts show ---

const std::vector<ChartUnit>& flops_units() {
  static const std::vector<ChartUnit> units = {
      {1e12, "TFLOPs"}, {1e9, "GFLOPs"}, {1e6, "MFLOPs"}, {1e3, "kFLOPs"}, {1, "FLOPs"}};
  return units;
}

const std::vector<ChartUnit>& count_units() {
  static const std::vector<ChartUnit> units = {
      {1e9, "billions"}, {1e6, "millions"}, {1e3, "thousands"}, {1, ""}};
  return units;
}

template <typename ValueOf>
std::vector<double> values_of(const ModelProfile& profile, ValueOf value_of) {
  std::vector<double> values;
  for (const BlockTiming& timing : profile.blocks) {
    values.push_back(static_cast<double>(value_of(timing)));
  }
  return values;
}

double max_of(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

BlockSeries series(std::string name, const std::string& axis_title, std::vector<double> values,
                   const std::vector<ChartUnit>& units) {
  const ChartAxis axis = axis_from_zero(max_of(values), axis_title, units);
  return {std::move(name), axis, std::move(values)};
}

std::string batch_of(const ModelProfile& profile) {
  return profile.input_shape.empty() ? "" : fmt::format(", batch {}", profile.input_shape.front());
}

/// "39.3 GFLOPs".
std::string operations_of(const BlockSeries& series) {
  const double sum = sum_of(series.values);
  return sum > 0 ? format_count(sum) + "FLOPs" : "FLOPs unknown";
}

std::string parameters_of(const BlockSeries& series) {
  const double sum = sum_of(series.values);
  return sum > 0 ? format_count(sum) + " parameters" : "parameters unknown";
}

void draw(const ModelProfile& profile, const Chart& chart, const std::filesystem::path& folder,
          const std::string& stem) {
  if (profile.blocks.empty()) {
    throw Error(ErrorCode::invalid_argument, "model " + profile.model + " has no blocks to draw",
                stem);
  }
  chart.draw(folder, stem);
}

}  // namespace

std::string block_label(const BlockTiming& timing) {
  const Block& block = timing.block;
  std::string range = layer_range(block.first_layer, block.last_layer);
  const int layers = block.last_layer - block.first_layer + 1;
  if (layers > 1) return fmt::format("{} ({} layers)", range, layers);
  if (timing.layer_types.empty()) return range;
  return range + " " + shortened(clean_text(timing.layer_types), max_layer_type_letters);
}

BlockLabels block_labels(const std::vector<BlockTiming>& blocks, int margins_px) {
  const int count = std::max(1, static_cast<int>(blocks.size()));
  BlockLabels labels;
  labels.width_px =
      std::clamp(count * upright_label_px + margins_px, min_bars_width_px, max_bars_width_px);
  const int drawable_px = labels.width_px - margins_px;
  for (const BlockTiming& timing : blocks) labels.texts.push_back(block_label(timing));
  const int every = 1 + (count * upright_label_px - 1) / drawable_px;
  if (every > 1) labels.texts = thinned(blocks, static_cast<std::size_t>(every));
  const int longest = longest_px(labels.texts);
  labels.is_upright = (longest + line_px) * count > drawable_px;
  labels.height_px = labels.is_upright ? longest : line_px;
  return labels;
}

Chart block_times_chart(const ModelProfile& profile, const std::string& system) {
  BlockFigures figures;
  figures.bars = series(
      "execution time", "time",
      values_of(profile, [](const BlockTiming& timing) { return timing.seconds; }), time_units());
  figures.line = series(
      "output size", "output",
      values_of(profile, [](const BlockTiming& timing) { return timing.block.output_bytes; }),
      byte_units());
  double max_s = max_of(figures.bars.values);
  for (const BlockTiming& timing : profile.blocks) {
    figures.intervals.push_back(timing.interval);
    max_s = std::max(max_s, timing.interval.high);
  }
  figures.bars.axis = axis_from_zero(max_s, "time", time_units());
  figures.title =
      fmt::format("{} on {}{}: {} in {} block{}", clean_text(profile.model), clean_text(system),
                  batch_of(profile), format_duration(profile.blocks_seconds()),
                  profile.blocks.size(), profile.blocks.size() == 1 ? "" : "s");
  return block_chart(figures, profile.blocks);
}

Chart block_costs_chart(const ModelProfile& profile) {
  BlockFigures figures;
  figures.bars = series("FLOPs", "operations",
                        values_of(profile, [](const BlockTiming& timing) { return timing.flops; }),
                        flops_units());
  figures.line =
      series("parameters", "parameters",
             values_of(profile, [](const BlockTiming& timing) { return timing.parameters; }),
             count_units());
  figures.title = fmt::format("{}{}: {}, {}", clean_text(profile.model), batch_of(profile),
                              operations_of(figures.bars), parameters_of(figures.line));
  return block_chart(figures, profile.blocks);
}

void draw_block_times(const ModelProfile& profile, const std::string& system,
                      const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  draw(profile, block_times_chart(profile, system), folder, stem);
}

void draw_block_costs(const ModelProfile& profile, const std::filesystem::path& folder,
                      const std::string& stem) {
  require_picture_name(stem);
  draw(profile, block_costs_chart(profile), folder, stem);
}

}  // namespace scission
