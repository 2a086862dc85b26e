#include "report/chart_style.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "report/gnuplot.hpp"

namespace scission {
namespace {

constexpr std::array<std::string_view, 7> palette = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                     "#CC79A7", "#56B4E9", "#F0E442"};

/// The largest that the value fills, else the last; the one that is 1 for 0.
ChartUnit best_unit(double value, const std::vector<ChartUnit>& units) {
  if (!(value > 0)) value = 1;
  const auto found = std::find_if(units.begin(), units.end(),
                                  [value](const ChartUnit& unit) { return value >= unit.size; });
  return found == units.end() ? units.back() : *found;
}

ChartUnit unit_of(Metric measure, double most) {
  switch (measure) {
    case Metric::latency:
    case Metric::period:
      return best_unit(most, time_units());
    case Metric::traffic:
      return best_unit(most, byte_units());
    case Metric::energy:
      return best_unit(most, {{1e3, "kJ"}, {1, "J"}, {1e-3, "mJ"}, {1e-6, "µJ"}});
    case Metric::money:
      break;
  }
  return {1, ""};
}

int channel(std::string_view colour, std::size_t index) {
  return std::stoi(std::string(colour.substr(1 + 2 * index, 2)), nullptr, 16);
}

std::string output(std::string_view terminal, PictureSize size, const std::string& file) {
  return fmt::format(
      "set terminal {} noenhanced size {},{} font 'sans-serif,11' background '#FFFFFF'\n"
      "set output {}\n",
      terminal, size.width_px, size.height_px, gnuplot_quote(file));
}

}  // namespace

std::string_view chart_colour(std::size_t index) { return palette[index % palette.size()]; }

std::size_t chart_colour_count() { return palette.size(); }

std::string shaded(std::string_view colour, int shade) {
  constexpr std::array<double, 5> mixes = {0, 0.45, -0.35, 0.7, -0.6};
  const double mix = mixes[static_cast<std::size_t>(shade) % mixes.size()];
  std::string text = "#";
  for (std::size_t i = 0; i < 3; ++i) {
    const int pure = channel(colour, i);
    const double end = mix > 0 ? 255 : 0;
    text += fmt::format("{:02X}", std::lround(pure + (end - pure) * std::abs(mix)));
  }
  return text;
}

const std::vector<ChartUnit>& time_units() {
  static const std::vector<ChartUnit> units = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}};
  return units;
}

const std::vector<ChartUnit>& byte_units() {
  static const std::vector<ChartUnit> units = {{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}};
  return units;
}

double ChartAxis::position(double value) const {
  const double shown = value / unit;
  return is_log ? std::log(shown / low) / std::log(high / low) : (shown - low) / (high - low);
}

ChartAxis axis_over(const std::vector<double>& values) {
  constexpr double far_apart = 100;  // so that two powers of ten at least are labelled
  constexpr double room = 0.06;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  ChartAxis axis;
  axis.is_log = *least > 0 && *most / *least >= far_apart;
  if (axis.is_log) {
    const double factor = std::pow(*most / *least, room);
    axis.low = *least / factor;
    axis.high = *most * factor;
    return axis;
  }
  // Values that differ by no more than rounding are one, and still need an axis around them.
  const double size = *most != 0 ? std::abs(*most) : 1;
  const double spread = *most - *least > 1e-6 * size ? *most - *least : size;
  axis.low = *least - room * spread;
  axis.high = *most + room * spread;
  return axis;
}

ChartAxis axis_from_zero(double most, std::string_view title, const std::vector<ChartUnit>& units) {
  constexpr double room = 1.06;
  const ChartUnit unit = best_unit(most, units);
  ChartAxis axis;
  axis.unit = unit.size;
  axis.high = most > 0 ? room * most / unit.size : 1;
  axis.title = unit.name.empty() ? std::string(title) : fmt::format("{} ({})", title, unit.name);
  return axis;
}

ChartAxis axis_over(const std::vector<double>& values, Metric measure) {
  const ChartUnit unit = unit_of(measure, *std::max_element(values.begin(), values.end()));
  ChartAxis axis = axis_over(values);
  axis.unit = unit.size;
  axis.low /= unit.size;
  axis.high /= unit.size;
  axis.title = unit.name.empty() ? to_string(measure)
                                 : fmt::format("{} ({})", to_string(measure), unit.name);
  return axis;
}

std::string axis_commands(const ChartAxis& axis, std::string_view name) {
  return fmt::format(
      "set {0}label {1}\n"
      "set {0}range [{2:.9g}:{3:.9g}]\n"
      "set format {0} '%g'\n"
      "{4}",
      name, gnuplot_quote(axis.title), axis.low, axis.high,
      axis.is_log ? fmt::format("set logscale {}\n", name) : "");
}

std::string picture_script(const std::string& commands, const std::string& plot, PictureSize size,
                           const std::string& stem) {
  return fmt::format("# {0}.png and {0}.svg, drawn by: gnuplot {0}.gp\nset encoding utf8\n", stem) +
         commands + output("pngcairo", size, stem + ".png") + plot +
         output("svg", size, stem + ".svg") + "replot\nunset output\n";
}

std::string_view picture_style() {
  return "set ytics nomirror out scale 0.5\n"
         "set grid ytics lt 1 lw 0.5 lc rgb '#DDDDDD'\n"
         "set border 3 lc rgb '#444444'\n"
         "set style fill solid noborder\n"
         "set key below center horizontal Left reverse samplen 1 width 1 height 1\n";
}

}  // namespace scission
