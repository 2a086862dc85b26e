// The heat map of best plans.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "report/chart_style.hpp"
#include "report/even_colours.hpp"
#include "report/gnuplot.hpp"
#include "report/picture_files.hpp"
#include "report/plan_map.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr std::size_t most_letters = 6;  // of a label that a cell holds
constexpr std::size_t most_legend = 40;
constexpr int margin_px = 170;

/// Plans that are the best somewhere on the map: colour, and what stands for them in a cell.
class Key {
 public:
  Key(const Sweep& sweep, const MapLayout& layout) : sweep_(sweep) {
    std::set<std::size_t> plans;
    for (const MapCell& cell : layout.cells) {
      if (cell.is_measured) plans.insert(cell.best);
    }
    plans_.assign(plans.begin(), plans.end());
    has_legend_ = std::any_of(plans_.begin(), plans_.end(), [&](std::size_t plan) {
      return sweep.plans[plan].label.size() > most_letters;
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

bool has_room(const MapLayout& layout) { return layout.across.levels.size() <= 9; }

std::string cell_text(const Key& key, const MapLayout& layout, const MapCell& cell) {
  std::string mark = key.mark(cell.best);
  if (!has_room(layout)) return mark;
  return cell.gain > 0 ? fmt::format("{}\\ngain {:.0f} %", mark, 100 * cell.gain) : mark;
}

/// Double quotes, for the line's end in them.
std::string quoted(std::string text) {
  for (char& c : text) {
    if (c == '"' || static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return "\"" + text + "\"";
}

std::string data_blocks(const Key& key, const MapLayout& layout) {
  std::string cells = "# column, row, colour, the text's colour, the text\n$cells << END\n";
  std::string frames = "# where repartitioning pays beyond noise\n$frames << END\n";
  std::string gaps = "# not measured\n$gaps << END\n";
  for (const MapCell& cell : layout.cells) {
    if (!cell.is_measured) {
      gaps += fmt::format("{} {}\n", cell.column, cell.row);
      continue;
    }
    const Colour colour = key.colour(cell.best);
    cells += fmt::format("{} {} {} {} {}\n", cell.column, cell.row, rgb(colour), ink_on(colour),
                         quoted(cell_text(key, layout, cell)));
    if (cell.is_worthwhile_beyond_noise) frames += fmt::format("{} {}\n", cell.column, cell.row);
  }
  return cells + "END\n" + frames + "END\n" + gaps + "END\n";
}

bool holds_any(const MapLayout& layout, bool (*is_meant)(const MapCell&)) {
  return std::any_of(layout.cells.begin(), layout.cells.end(), is_meant);
}

bool is_crowded(const MapSide& side) { return side.tics.size() > 12; }

std::string tics(const MapSide& side, char axis) {
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < side.tics.size(); ++i) {
    tics.push_back(fmt::format("{} {}", gnuplot_quote(side.tics[i]), i));
  }
  const bool is_upright = axis == 'x' && is_crowded(side);
  return fmt::format("set {0}tics {1} scale 0 nomirror ({2})\nset {0}label {3}\n", axis,
                     is_upright ? "rotate by 90 right" : "norotate", text::join(tics, ", "),
                     gnuplot_quote(side.title));
}

std::string title_of(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                     const MapLayout& layout) {
  const std::string kept = sweep.plans[baseline_plan_of(sweep, analysis)].label;
  std::string title = fmt::format("{}: the best of {} plans; gains over {}, the baseline's",
                                  sweep.model, sweep.plans.size(), kept);
  if (layout.others.empty()) return quoted(title);
  const std::string others = text::join(layout.others, ", ");
  // The line's end is gnuplot's, within its double quotes.
  return quoted(title + "\\nmeans over all levels of " + others);
}

std::string commands(const Sweep& sweep, const AdaptivityAnalysis& analysis,
                     const MapLayout& layout, const Key& key) {
  return data_blocks(key, layout) + tics(layout.across, 'x') + tics(layout.down, 'y') +
         fmt::format("set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\n",
                     layout.across.tics.size() - 1, layout.down.tics.size() - 1) +
         "set border 0\nset style fill solid noborder\n" +
         // Below, gnuplot lets it run into the label under upright tics.
         fmt::format("set key {} center horizontal Left reverse samplen 1 height 1\n",
                     is_crowded(layout.across) && !key.has_legend() ? "tmargin" : "below") +
         fmt::format("set title {} font ',12'\n", title_of(sweep, analysis, layout));
}

std::string legend(const Sweep& sweep, const Key& key) {
  if (!key.has_legend()) return {};
  std::string entries;
  for (std::size_t i = 0; i < std::min(most_legend, key.plans().size()); ++i) {
    const std::size_t plan = key.plans()[i];
    const std::string title = fmt::format("{}: {}", i + 1, sweep.plans[plan].label);
    entries += fmt::format(", \\\n  NaN with points pt 5 ps 2 lc rgb {} title {}",
                           rgb(key.colour(plan)), gnuplot_quote(title));
  }
  return entries;
}

std::string plot(const Sweep& sweep, const MapLayout& layout, const Key& key) {
  std::string text =
      "plot $cells using 1:2:(0.49):(0.48):3 with boxxyerror fc rgb variable notitle, \\\n"
      "  $cells using 1:2:5:4 with labels tc rgb variable notitle";
  if (holds_any(layout, [](const MapCell& cell) { return !cell.is_measured; })) {
    text += ", \\\n  $gaps using 1:2 with points pt 2 lc rgb '#999999' title 'not measured'";
  }
  if (holds_any(layout, [](const MapCell& cell) { return cell.is_worthwhile_beyond_noise; })) {
    text +=
        ", \\\n  $frames using 1:2:(0.46):(0.44) with boxxyerror lc rgb '#D55E00' lw 2 fs empty "
        "border rgb '#D55E00' title 'repartitioning pays beyond noise, by the likely best plan'";
  }
  return text + legend(sweep, key) + "\n";
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
    throw Error(ErrorCode::invalid_argument, "none of the map's conditions was measured", stem);
  }
  draw_script(picture_script(commands(sweep, analysis, layout, key), plot(sweep, layout, key),
                             size_of(layout, key), stem),
              folder, stem);
}

}  // namespace scission
