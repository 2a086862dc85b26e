// Charts by gnuplot: colours, axes and the one builder that turns a description into a script.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission {

// --- Colours ---

/// A colour-blind-safe palette of seven colours (Okabe and Ito); indices wrap around.
std::string_view chart_colour(std::size_t index);
std::size_t chart_colour_count();

/// "#RRGGBB": the colour itself for shade 0, then alternately lighter and darker variants.
std::string shaded(std::string_view colour, int shade);

// --- Axes ---

/// A unit and its size: "ms" is 1e-3 of a second.
struct ChartUnit {
  double size;
  std::string_view name;
};

/// By decreasing size.
const std::vector<ChartUnit>& time_units();
const std::vector<ChartUnit>& byte_units();

struct ChartAxis {
  std::string title;  ///< with the unit
  double unit = 1;    ///< values are divided by it
  double low = 0;     ///< ends of the range, already divided
  double high = 1;
  bool is_log = false;

  /// Where a value (not divided yet) lies: 0 at the low end, 1 at the high end.
  double position(double value) const;
};

/// An axis with a margin around all values; logarithmic if they are positive and far apart.
ChartAxis axis_over(const std::vector<double>& values);

/// The same in the unit that suits the metric: "latency (ms)".
ChartAxis axis_over(const std::vector<double>& values, Metric metric);

/// An axis for bars, from 0 to a little above `max`, in the unit that suits it: "output (MB)".
ChartAxis axis_from_zero(double max, std::string_view title, const std::vector<ChartUnit>& units);

// --- Charts ---

struct PictureSize {
  int width_px = 900;
  int height_px = 520;
};

/// A string constant of gnuplot, in single quotes, in which only the quote itself is special.
/// Control characters become spaces.
std::string gnuplot_quote(std::string_view text);

/// A string constant in double quotes, in which a line feed breaks the line. Double quotes,
/// backslashes and other control characters are replaced.
std::string gnuplot_quote_lines(std::string_view text);

/// One data block of the script.
struct ChartData {
  std::string name;     ///< "data" is $data in the layers
  std::string comment;  ///< what its columns are
  std::string rows;     ///< each with its line feed; two empty lines begin another index
};

/// One element of the plot command, drawn over the previous ones.
struct ChartLayer {
  std::string plot;                  ///< "$data using 1:2 with lines lw 3"
  std::optional<std::string> title;  ///< in the legend; empty: not in the legend
};

/// Tics at given positions.
struct ChartTics {
  std::string options;  ///< of gnuplot: "rotate by 90 right"
  std::vector<std::pair<std::string, double>> labels;
};

/// Everything that a chart shows. Use the functions to add axes and tics; `commands` is for what
/// only one chart needs.
struct Chart {
  std::string title;  ///< a line feed breaks the line
  int title_pt = 15;
  PictureSize size = {};
  bool has_frame = true;  ///< left and lower border, horizontal grid lines, legend below
  std::vector<ChartData> data = {};
  std::string commands = {};  ///< gnuplot commands, each with its line feed
  std::vector<ChartLayer> layers = {};

  /// `name` is x, y, y2 or cb.
  void set_axis(std::string_view name, const ChartAxis& axis);
  void set_tics(std::string_view name, const ChartTics& tics);

  /// The script that draws STEM.png and STEM.svg in its working folder. O(size of the data).
  std::string script(const std::string& stem) const;

  /// Runs the script and leaves STEM.gp, STEM.png and STEM.svg in `folder`, which is created if
  /// needed; either all three files are replaced or none. Throws as draw_script().
  void draw(const std::filesystem::path& folder, const std::string& stem) const;
};

/// Throws Error(invalid_argument) unless the stem is a plain file name. Call it before the chart is
/// computed.
void require_picture_name(const std::string& stem);

/// Throws Error(invalid_argument) if the stem is not a plain file name, Error(unsupported) if
/// gnuplot is not installed, Error(io) if it fails.
void draw_script(const std::string& script, const std::filesystem::path& folder,
                 const std::string& stem);

/// Runs `gnuplot script` in the folder of the script, without a shell and without the user's
/// settings. Throws Error(unsupported) if gnuplot is not installed, Error(io) with its message if
/// it fails.
void run_gnuplot(const std::filesystem::path& script);

}  // namespace scission
