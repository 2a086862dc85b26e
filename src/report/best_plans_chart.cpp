// The heat map of best plans.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "report/chart.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

constexpr std::size_t max_letters = 6;  // longer labels stand in the legend
constexpr std::size_t max_legend = 40;
constexpr int margin_px = 170;

// --- The cells ---

/// The conditions that share the levels of a cell, by the geometric means of their latencies.
struct MapCell {
  std::size_t column = 0;
  std::size_t row = 0;
  bool is_measured = false;
  std::size_t best = 0;  ///< among the plans that all of them have a time for
  double gain = 0;       ///< over the baseline's plan; 0 if that has not all times
  bool is_worthwhile_beyond_noise = false;  ///< only if the cell is one condition
};

/// One axis of the map: the combinations of the levels of its factors.
struct MapSide {
  std::vector<std::vector<int>> levels;  ///< [place][factor of this axis]
  std::vector<std::string> tics;         ///< "10 / 50"
  std::string title;                     ///< "network (Mbit/s) / edge CPU stress (%)"
};

struct MapLayout {
  MapSide across;
  MapSide down;
  std::vector<MapCell> cells;
  std::vector<std::string> others;  ///< factors over whose levels means are taken
};

const Factor& factor_of(const Sweep& sweep, int factor) {
  return sweep.factors[static_cast<std::size_t>(factor)];
}

void validate_factors(const Sweep& sweep, const PlanMap& map) {
  std::set<int> seen;
  for (const std::vector<int>& side : {map.across, map.down}) {
    for (const int factor : side) {
      if (factor < 0 || factor >= static_cast<int>(sweep.factors.size())) {
        throw Error(ErrorCode::invalid_argument, fmt::format("there is no factor {}", factor));
      }
      if (!seen.insert(factor).second) {
        throw Error(ErrorCode::invalid_argument,
                    "factor '" + factor_of(sweep, factor).name + "' is named twice");
      }
    }
  }
}

MapSide side_of(const Sweep& sweep, const std::vector<int>& factors) {
  MapSide side;
  side.levels = {{}};
  side.tics = {""};
  std::vector<std::string> names;
  for (const int index : factors) {
    const Factor& factor = factor_of(sweep, index);
    names.push_back(factor.unit.empty() ? factor.name
                                        : fmt::format("{} ({})", factor.name, factor.unit));
    MapSide longer;
    for (std::size_t place = 0; place < side.levels.size(); ++place) {
      for (std::size_t level = 0; level < factor.levels.size(); ++level) {
        longer.levels.push_back(side.levels[place]);
        longer.levels.back().push_back(static_cast<int>(level));
        longer.tics.push_back(side.tics[place] + (side.tics[place].empty() ? "" : " / ") +
                              factor.levels[level]);
      }
    }
    side.levels = std::move(longer.levels);
    side.tics = std::move(longer.tics);
  }
  side.title = text::join(names, " / ");
  return side;
}

bool has_levels(const Condition& condition, const std::vector<int>& factors,
                const std::vector<int>& levels) {
  for (std::size_t i = 0; i < factors.size(); ++i) {
    if (condition.levels[static_cast<std::size_t>(factors[i])] != levels[i]) return false;
  }
  return true;
}

/// The mean of ln(seconds); empty if a condition has no time.
std::optional<double> mean_log(const Sweep& sweep,
                               const std::vector<const ConditionResult*>& results,
                               std::size_t plan) {
  double sum = 0;
  for (const ConditionResult* result : results) {
    const PlanTime& time = sweep.conditions[result->condition].times[plan];
    if (!time.is_measured()) return std::nullopt;
    sum += std::log(time.seconds);
  }
  return sum / static_cast<double>(results.size());
}

void fill_cell(const Sweep& sweep, std::size_t baseline_plan,
               const std::vector<const ConditionResult*>& results, MapCell& cell) {
  std::optional<double> best;
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const std::optional<double> mean = mean_log(sweep, results, plan);
    if (!mean || (best && *mean >= *best)) continue;
    best = mean;
    cell.best = plan;
  }
  if (!best) return;
  cell.is_measured = true;
  const std::optional<double> of_baseline = mean_log(sweep, results, baseline_plan);
  if (of_baseline) cell.gain = 1 - std::exp(*best - *of_baseline);
  cell.is_worthwhile_beyond_noise = results.size() == 1 && results[0]->is_worthwhile_beyond_noise;
}

/// The fastest plan under the baseline, among the plans that have a time there. O(conditions).
std::size_t baseline_plan_of(const Sweep& sweep, const AdaptivityAnalysis& analysis) {
  for (const ConditionResult& result : analysis.conditions) {
    if (sweep.conditions[result.condition].levels == analysis.baseline) return result.baseline_plan;
  }
  return analysis.conditions.front().baseline_plan;
}

MapCell cell_at(const Sweep& sweep, const AdaptivityAnalysis& analysis, const PlanMap& map,
                const MapLayout& layout, std::size_t column, std::size_t row) {
  std::vector<const ConditionResult*> results;
  for (const ConditionResult& result : analysis.conditions) {
    const Condition& condition = sweep.conditions[result.condition];
    if (has_levels(condition, map.across, layout.across.levels[column]) &&
        has_levels(condition, map.down, layout.down.levels[row])) {
      results.push_back(&result);
    }
  }
  MapCell cell{column, row};
  if (!results.empty()) fill_cell(sweep, baseline_plan_of(sweep, analysis), results, cell);
  return cell;
}

std::vector<std::string> others_of(const Sweep& sweep, const PlanMap& map) {
  std::set<int> shown(map.across.begin(), map.across.end());
  shown.insert(map.down.begin(), map.down.end());
  std::vector<std::string> others;
  for (int i = 0; i < static_cast<int>(sweep.factors.size()); ++i) {
    if (!shown.contains(i)) others.push_back(factor_of(sweep, i).name);
  }
  return others;
}

MapLayout lay_out(const Sweep& sweep, const AdaptivityAnalysis& analysis, const PlanMap& map) {
  validate_factors(sweep, map);
  MapLayout layout{side_of(sweep, map.across), side_of(sweep, map.down), {}, {}};
  layout.others = others_of(sweep, map);
  for (std::size_t column = 0; column < layout.across.levels.size(); ++column) {
    for (std::size_t row = 0; row < layout.down.levels.size(); ++row) {
      layout.cells.push_back(cell_at(sweep, analysis, map, layout, column, row));
    }
  }
  return layout;
}

// --- Colours ---

using Colour = std::array<int, 3>;  ///< red, green, blue, 0…255

/// Nine values of viridis (van der Walt and Smith, matplotlib 2015), whose lightness rises evenly:
/// ordered, and colour-blind-safe.
constexpr std::array<std::array<int, 3>, 9> viridis = {{{68, 1, 84},
                                                        {71, 45, 123},
                                                        {59, 82, 139},
                                                        {44, 114, 142},
                                                        {33, 145, 140},
                                                        {40, 174, 128},
                                                        {94, 201, 98},
                                                        {173, 220, 48},
                                                        {253, 231, 37}}};

/// `place` is 0…1, from dark to light.
Colour colour_at(double place) {
  const double scaled = place * (viridis.size() - 1);
  const auto low = std::min(viridis.size() - 2, static_cast<std::size_t>(scaled));
  Colour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double between = scaled - static_cast<double>(low);
    colour[i] = static_cast<int>(
        std::lround(viridis[low][i] + between * (viridis[low + 1][i] - viridis[low][i])));
  }
  return colour;
}

/// In the format of gnuplot's `rgb variable`.
int rgb(const Colour& colour) { return colour[0] * 65536 + colour[1] * 256 + colour[2]; }

/// Black on light colours, white on dark ones.
int text_colour_on(const Colour& colour) {
  return 299 * colour[0] + 587 * colour[1] + 114 * colour[2] > 140'000 ? 0 : 0xFFFFFF;
}

/// The plans that are the best somewhere on the map: their colours, and their text in a cell.
class Key {
 public:
  Key(const Sweep& sweep, const MapLayout& layout) : sweep_(sweep) {
    std::set<std::size_t> plans;
    for (const MapCell& cell : layout.cells) {
      if (cell.is_measured) plans.insert(cell.best);
    }
    plans_.assign(plans.begin(), plans.end());
    has_legend_ = std::any_of(plans_.begin(), plans_.end(), [&](std::size_t plan) {
      return sweep.plans[plan].label.size() > max_letters;
    });
  }

  const std::vector<std::size_t>& plans() const { return plans_; }
  bool has_legend() const { return has_legend_; }

  Colour colour(std::size_t plan) const {
    const auto place = static_cast<double>(rank(plan));
    return colour_at(plans_.size() < 2 ? 0.5 : place / static_cast<double>(plans_.size() - 1));
  }

  /// The label, or a number of the legend.
  std::string mark(std::size_t plan) const {
    return has_legend_ ? std::to_string(rank(plan) + 1) : sweep_.plans[plan].label;
  }

 private:
  std::size_t rank(std::size_t plan) const {
    return static_cast<std::size_t>(std::find(plans_.begin(), plans_.end(), plan) - plans_.begin());
  }

  const Sweep& sweep_;
  std::vector<std::size_t> plans_;
  bool has_legend_ = false;
};

// --- The chart ---

bool has_room(const MapLayout& layout) { return layout.across.levels.size() <= 9; }

bool is_crowded(const MapSide& side) { return side.tics.size() > 12; }

bool has_any(const MapLayout& layout, bool (*is_meant)(const MapCell&)) {
  return std::any_of(layout.cells.begin(), layout.cells.end(), is_meant);
}

std::string cell_text(const Key& key, const MapLayout& layout, const MapCell& cell) {
  std::string mark = key.mark(cell.best);
  if (!has_room(layout)) return mark;
  return cell.gain > 0 ? fmt::format("{}\ngain {:.0f} %", mark, 100 * cell.gain) : mark;
}

std::vector<ChartData> data_of(const Key& key, const MapLayout& layout) {
  ChartData cells{"cells", "column, row, colour, colour of the text, text", {}};
  ChartData frames{"frames", "where repartitioning is worthwhile beyond noise", {}};
  ChartData gaps{"gaps", "not measured", {}};
  for (const MapCell& cell : layout.cells) {
    const std::string place = fmt::format("{} {}", cell.column, cell.row);
    if (!cell.is_measured) {
      gaps.rows += place + "\n";
      continue;
    }
    const Colour colour = key.colour(cell.best);
    cells.rows += fmt::format("{} {} {} {}\n", place, rgb(colour), text_colour_on(colour),
                              gnuplot_quote_lines(cell_text(key, layout, cell)));
    if (cell.is_worthwhile_beyond_noise) frames.rows += place + "\n";
  }
  return {cells, frames, gaps};
}

void add_side(std::string_view axis, const MapSide& side, Chart& chart) {
  ChartTics tics{"norotate scale 0 nomirror", {}};
  if (axis == "x" && is_crowded(side)) tics.options = "rotate by 90 right scale 0 nomirror";
  for (std::size_t i = 0; i < side.tics.size(); ++i) tics.labels.emplace_back(side.tics[i], i);
  chart.set_tics(axis, tics);
  chart.commands += fmt::format("set {}label {}\n", axis, gnuplot_quote(side.title));
}

std::string title_of(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                     const MapLayout& layout) {
  std::string title =
      fmt::format("{}: the best of {} plans; gains over {}, the baseline's", sweep.model,
                  sweep.plans.size(), sweep.plans[baseline_plan_of(sweep, analysis)].label);
  if (layout.others.empty()) return title;
  return title + "\nmeans over all levels of " + text::join(layout.others, ", ");
}

std::vector<ChartLayer> layers_of(const Sweep& sweep, const MapLayout& layout, const Key& key) {
  std::vector<ChartLayer> layers = {
      {"$cells using 1:2:(0.49):(0.48):3 with boxxyerror fc rgb variable", {}},
      {"$cells using 1:2:5:4 with labels tc rgb variable", {}}};
  if (has_any(layout, [](const MapCell& cell) { return !cell.is_measured; })) {
    layers.push_back({"$gaps using 1:2 with points pt 2 lc rgb '#999999'", "not measured"});
  }
  if (has_any(layout, [](const MapCell& cell) { return cell.is_worthwhile_beyond_noise; })) {
    layers.push_back(
        {"$frames using 1:2:(0.46):(0.44) with boxxyerror lc rgb '#D55E00' lw 2 fs "
         "empty border rgb '#D55E00'",
         "repartitioning is worthwhile beyond noise, by the likely best plan"});
  }
  if (!key.has_legend()) return layers;
  for (std::size_t i = 0; i < std::min(max_legend, key.plans().size()); ++i) {
    const std::size_t plan = key.plans()[i];
    layers.push_back({fmt::format("NaN with points pt 5 ps 2 lc rgb {}", rgb(key.colour(plan))),
                      fmt::format("{}: {}", i + 1, sweep.plans[plan].label)});
  }
  return layers;
}

PictureSize size_of(const MapLayout& layout, const Key& key) {
  const bool is_roomy = has_room(layout);
  const int cell_width = is_roomy ? 130 : 38;
  const int cell_height = is_roomy ? 64 : 34;
  const int legend_px = key.has_legend() ? 22 * static_cast<int>(key.plans().size()) : 0;
  const int width = margin_px + cell_width * static_cast<int>(layout.across.tics.size());
  return {std::max(720, width),
          margin_px + 30 + cell_height * static_cast<int>(layout.down.tics.size()) + legend_px};
}

}  // namespace

void draw_best_plans(const Sweep& sweep, const AdaptivityAnalysis& analysis, const PlanMap& map,
                     const std::filesystem::path& folder, const std::string& stem) {
  require_picture_name(stem);
  const MapLayout layout = lay_out(sweep, analysis, map);
  const Key key(sweep, layout);
  if (key.plans().empty()) {
    throw Error(ErrorCode::invalid_argument, "no condition of the map was measured", stem);
  }
  Chart chart{.title = title_of(sweep, analysis, layout), .title_pt = 12};
  chart.size = size_of(layout, key);
  chart.has_frame = false;
  chart.data = data_of(key, layout);
  add_side("x", layout.across, chart);
  add_side("y", layout.down, chart);
  // gnuplot would draw a legend below over the label of an axis with rotated tics.
  const bool has_key_above = is_crowded(layout.across) && !key.has_legend();
  chart.commands += fmt::format(
      "set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\n"
      "set border 0\nset style fill solid noborder\n"
      "set key {} center horizontal Left reverse samplen 1 height 1\n",
      layout.across.tics.size() - 1, layout.down.tics.size() - 1,
      has_key_above ? "tmargin" : "below");
  chart.layers = layers_of(sweep, layout, key);
  chart.draw(folder, stem);
}

}  // namespace scission
