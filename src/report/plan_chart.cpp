// The chart of a plan: its blocks and transfers, and its timeline.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "report/charts.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

constexpr std::string_view transfer_colour = "#999999";

constexpr int margins_px = 110;

// The timeline above the bars, in shares of the picture.
constexpr int timeline_px = 80;         ///< more height than without it
constexpr double timeline_left = 0.11;  // the axis of the bars needs it
constexpr double timeline_right = 0.97;
constexpr double timeline_bottom = 0.84;
constexpr double timeline_top = 0.90;
constexpr double bars_top = 0.76;
constexpr double timeline_letter_px = 7;
constexpr int flat_label_px = 42;  ///< width of a bar with a horizontal label

struct Bar {
  int position = 0;
  double ms = 0;
  std::string label;
};

/// Bars of one colour with one entry in the legend.
struct Series {
  std::string title;
  std::string colour;
  std::vector<Bar> bars;
  int system = -1;     ///< the system of the blocks; −1 for transfers
  double seconds = 0;  ///< in total
};

struct PlanBars {
  std::string title;
  std::vector<Series> systems;  ///< in the order of their first stage
  Series transfers;
  int bar_count = 0;
};

/// The colour of the platform; further systems of a platform have other shades of it.
std::string colour_of(const PartitionProblem& problem, int system) {
  const int platform = problem.platform_of(system);
  int earlier = 0;
  for (int other = 0; other < system; ++other) earlier += problem.platform_of(other) == platform;
  return shaded(chart_colour(static_cast<std::size_t>(platform)), earlier);
}

/// The series of a system; a system that is visited again has one series.
Series& series_of(const PartitionProblem& problem, int system, PlanBars& bars) {
  const auto found = std::find_if(bars.systems.begin(), bars.systems.end(),
                                  [system](const Series& one) { return one.system == system; });
  if (found != bars.systems.end()) return *found;
  bars.systems.push_back({{}, colour_of(problem, system), {}, system});
  return bars.systems.back();
}

// The bar of the first block includes the stage's setup.
void add_stage(const PartitionProblem& problem, const Stage& stage, double stage_s, double setup_s,
               PlanBars& bars) {
  Series& series = series_of(problem, stage.system, bars);
  series.seconds += stage_s + setup_s;
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    const Block& one = problem.blocks[block];
    const double first_s = block == stage.first_block ? setup_s : 0;
    series.bars.push_back(
        {bars.bar_count++,
         (first_s + problem.expected_s(stage.system, block)) * milliseconds_per_second,
         layer_range(one.first_layer, one.last_layer)});
  }
}

void add_transfer(const Hop& hop, PlanBars& bars) {
  bars.transfers.bars.push_back(
      {bars.bar_count++, hop.seconds * milliseconds_per_second, format_bytes(hop.bytes)});
}

void title_systems(const PartitionProblem& problem, PlanBars& bars) {
  for (Series& series : bars.systems) {
    const System& system = problem.systems[series.system];
    series.title = fmt::format("{}: {}, {}", text::capitalized(system.platform), system.name,
                               format_duration(series.seconds));
  }
}

PlanBars bars_of(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  PlanBars bars;
  bars.title = fmt::format("{}: latency {}, traffic {}", problem.model,
                           format_duration(total.latency_s), format_bytes(total.traffic_bytes));
  bars.transfers = {
      "Transfers, " + format_duration(total.transfer_s), std::string(transfer_colour), {}};
  auto hop = total.hops.begin();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    if (stage.system != at) add_transfer(*hop++, bars);
    at = stage.system;
    add_stage(problem, stage, total.stage_s[i], total.stage_setup_s[i], bars);
  }
  if (hop != total.hops.end()) add_transfer(*hop, bars);  // the output
  title_systems(problem, bars);
  return bars;
}

std::vector<Series> all_series(const PlanBars& bars) {
  std::vector<Series> series = bars.systems;
  if (!bars.transfers.bars.empty()) series.push_back(bars.transfers);
  return series;
}

struct Range {
  double low = 0.001;
  double high = 1;
};

/// In ms: from a whole decade below the lowest positive time to above the greatest, with room for
/// the labels of transfers.
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

std::string rows_of(const std::vector<Series>& series) {
  std::string rows;
  for (const Series& one : series) {
    for (const Bar& bar : one.bars) {
      rows += fmt::format("{} {:.6g} \"{}\"\n", bar.position, bar.ms, bar.label);
    }
    rows += "\n\n";
  }
  return rows;
}

/// The layers below the bars of blocks: all that fit, otherwise every n-th.
ChartTics layer_tics(const PlanBars& bars, int drawable_px) {
  const int every = 1 + (bars.bar_count * upright_label_px - 1) / drawable_px;
  const bool is_flat = bars.bar_count * flat_label_px <= drawable_px;
  ChartTics tics{std::string(is_flat ? "norotate" : "rotate by 90 right") +
                     " nomirror out scale 0.5 font ',10'",
                 {}};
  for (const Series& system : bars.systems) {
    for (std::size_t i = 0; i < system.bars.size(); i += static_cast<std::size_t>(every)) {
      tics.labels.emplace_back(system.bars[i].label, system.bars[i].position);
    }
  }
  return tics;
}

// --- The timeline ---

/// A stage or transfer on the timeline.
struct TimelineBar {
  double seconds = 0;
  std::string colour;
  std::string name;  ///< "box", or "150 kB"
};

std::vector<TimelineBar> timeline_bars(const PartitionProblem& problem, const Plan& plan,
                                       const PlanTimeline& timeline) {
  std::vector<TimelineBar> bars;
  auto stage = plan.stages.begin();
  for (const TimelineItem& item : timeline.items) {
    if (item.is_transfer) {
      bars.push_back({item.seconds, std::string(transfer_colour), format_bytes(item.bytes)});
    } else {
      bars.push_back({item.seconds, colour_of(problem, (stage++)->system), item.system});
    }
  }
  return bars;
}

std::string label_at(const std::string& text, double x, double y, std::string_view where,
                     std::string_view colour = "black") {
  return fmt::format("set label {} at screen {:.5f},{:.3f} {} font ',10' tc rgb '{}' front\n",
                     gnuplot_quote(text), x, y, where, colour);
}

/// What can be read on the fill, "#RRGGBB": its relative luminance (WCAG 2, without the gamma).
std::string_view text_colour_on(const std::string& fill) {
  constexpr double dark = 0.45;
  const auto share = [&fill](std::size_t at) {
    return std::stoi(fill.substr(at, 2), nullptr, 16) / 255.0;
  };
  return 0.2126 * share(1) + 0.7152 * share(3) + 0.0722 * share(5) < dark ? "white" : "black";
}

/// The name and the share, or the share alone, or nothing, whichever fits.
std::string fitting_label(const TimelineBar& bar, double share, double room_px) {
  const std::string percent = fmt::format("{:.0f} %", 100 * share);
  for (const std::string& text : {bar.name + " " + percent, percent}) {
    if (static_cast<double>(text::character_count(text)) * timeline_letter_px <= room_px)
      return text;
  }
  return {};
}

/// What waits for what, to scale: one bar after the other from the input to the result.
std::string timeline_commands(const std::vector<TimelineBar>& bars, double latency_s,
                              int width_px) {
  std::string commands = fmt::format(
      "set lmargin at screen {}\nset rmargin at screen {}\nset tmargin at screen {}\n"
      "set title offset 0,4.4\n",
      timeline_left, timeline_right, bars_top);
  if (!(latency_s > 0)) return commands;
  const auto x_of = [&](double seconds) {
    return timeline_left + (timeline_right - timeline_left) * seconds / latency_s;
  };
  double begin_s = 0;
  int number = 0;
  for (const TimelineBar& bar : bars) {
    const double left = x_of(begin_s);
    const double right = x_of(begin_s += bar.seconds);
    commands += fmt::format(
        "set object {} rectangle from screen {:.5f},{} to screen {:.5f},{} fc rgb '{}' fs solid "
        "border rgb 'white' lw 0.5\n",
        ++number, left, timeline_bottom, right, timeline_top, bar.colour);
    const std::string text = fitting_label(bar, bar.seconds / latency_s, (right - left) * width_px);
    if (text.empty()) continue;
    commands += label_at(text, (left + right) / 2, (timeline_bottom + timeline_top) / 2, "center",
                         text_colour_on(bar.colour));
  }
  constexpr double below = 0.82;
  return commands + label_at("0", timeline_left, below, "left") +
         label_at(format_duration(latency_s), timeline_right, below, "right");
}

// --- The chart ---

std::vector<ChartLayer> layers_of(const std::vector<Series>& series, bool has_transfers) {
  std::vector<ChartLayer> layers;
  for (std::size_t i = 0; i < series.size(); ++i) {
    layers.push_back(
        {fmt::format("$data index {} using 1:(bar($2)):($1-0.42):($1+0.42):(floor):(bar($2)) "
                     "\\\n    with boxxyerror fc rgb '{}'",
                     i, series[i].colour),
         series[i].title});
  }
  if (has_transfers) {
    layers.push_back({fmt::format("$data index {} using 1:(bar($2)):3 with labels font ',10' "
                                  "rotate by 90 left offset 0,0.4",
                                  series.size() - 1),
                      {}});
  }
  return layers;
}

}  // namespace

Chart plan_chart(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  const PlanBars bars = bars_of(problem, plan, plan_cost(problem, plan, input_bytes));
  const std::vector<Series> series = all_series(bars);
  const Range range = axis_range(series);
  Chart chart;
  chart.title = bars.title;
  chart.size.width_px = std::clamp(bars.bar_count * upright_label_px + margins_px,
                                   min_bars_width_px, max_bars_width_px);
  chart.size.height_px += timeline_px;
  const PlanTimeline timeline = timeline_of(problem, plan, input_bytes);
  chart.data = {{"data", "position, milliseconds, label", rows_of(series)}};
  chart.commands = fmt::format(
      "floor = {:g}\n"
      "bar(ms) = ms > 1.1 * floor ? ms : 1.1 * floor   # a logarithmic axis has no 0\n"
      "set xrange [-0.8:{}.8]\n"
      "set xlabel 'layers' offset 0,0.5\n",
      range.low, bars.bar_count - 1);
  chart.commands += timeline_commands(timeline_bars(problem, plan, timeline), timeline.latency_s,
                                      chart.size.width_px);
  chart.set_axis("y", {"time (ms)", 1, range.low, range.high, true});
  chart.set_tics("x", layer_tics(bars, chart.size.width_px - margins_px));
  chart.layers = layers_of(series, !bars.transfers.bars.empty());
  return chart;
}

void draw_plan(const PartitionProblem& problem, const Plan& plan, double input_bytes,
               const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  plan_chart(problem, plan, input_bytes).draw(folder, stem);
}

}  // namespace scission
