// What all pictures have in common: colours, fonts, axes, and the script's frame.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission {

struct PictureSize {
  int width_px = 900;
  int height_px = 520;
};

/// Okabe & Ito's colours, which stay apart for the colour-blind too; again from the first after the
/// seventh.
std::string_view chart_colour(std::size_t index);
std::size_t chart_colour_count();

/// The colour itself for shade 0, then by turns lighter and darker ones: "#RRGGBB".
std::string shaded(std::string_view colour, int shade);

/// Something to count in: "ms" is 1e-3 of a second.
struct ChartUnit {
  double size;
  std::string_view name;
};

/// From the largest to the smallest.
const std::vector<ChartUnit>& time_units();
const std::vector<ChartUnit>& byte_units();

/// An axis: its title with the unit, what to divide by, the range shown (divided already).
struct ChartAxis {
  std::string title;
  double unit = 1;
  double low = 0;
  double high = 1;
  bool is_log = false;

  /// Where a value lies, 0 at the low end, 1 at the high end.
  double position(double value) const;
};

/// An axis that shows all the values, with some room beside them; a log one where they are above 0
/// and far apart.
ChartAxis axis_over(const std::vector<double>& values);

/// The same in the unit that suits the measure: "latency (ms)".
ChartAxis axis_over(const std::vector<double>& values, Metric measure);

/// One of bars, from 0 to a little above `most`, in the unit that suits it: "output (MB)".
ChartAxis axis_from_zero(double most, std::string_view title, const std::vector<ChartUnit>& units);

/// "set xrange …", label and scale; `name` is x, y, y2 or cb.
std::string axis_commands(const ChartAxis& axis, std::string_view name);

/// A script that draws STEM.png and STEM.svg: the commands, then the plot in both terminals.
std::string picture_script(const std::string& commands, const std::string& plot, PictureSize size,
                           const std::string& stem);

/// Tics, grid, border and legend.
std::string_view picture_style();

}  // namespace scission
