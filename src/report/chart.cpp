#include "report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

constexpr std::array<std::string_view, 7> palette = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                     "#CC79A7", "#56B4E9", "#F0E442"};

constexpr std::string_view frame_commands =
    "set ytics nomirror out scale 0.5\n"
    "set grid ytics lt 1 lw 0.5 lc rgb '#DDDDDD'\n"
    "set border 3 lc rgb '#444444'\n"
    "set style fill solid noborder\n"
    "set key below center horizontal Left reverse samplen 1 width 1 height 1\n";

int channel(std::string_view colour, std::size_t index) {
  return std::stoi(std::string(colour.substr(1 + 2 * index, 2)), nullptr, 16);
}

/// The largest unit that the value reaches, otherwise the smallest; for 0 the unit of size 1.
ChartUnit best_unit(double value, const std::vector<ChartUnit>& units) {
  if (!(value > 0)) value = 1;
  const auto found = std::find_if(units.begin(), units.end(),
                                  [value](const ChartUnit& unit) { return value >= unit.size; });
  return found == units.end() ? units.back() : *found;
}

ChartUnit unit_of(Metric metric, double max) {
  switch (metric) {
    case Metric::latency:
    case Metric::period:
      return best_unit(max, time_units());
    case Metric::traffic:
      return best_unit(max, byte_units());
    case Metric::energy:
      return best_unit(max, {{1e3, "kJ"}, {1, "J"}, {1e-3, "mJ"}, {1e-6, "µJ"}});
    case Metric::error:
    case Metric::disagreement:
      return {0.01, "%"};
    case Metric::money:
      break;
  }
  return {1, ""};
}

std::string with_unit(std::string_view title, const ChartUnit& unit) {
  return unit.name.empty() ? std::string(title) : fmt::format("{} ({})", title, unit.name);
}

std::string terminal(std::string_view name, PictureSize size, const std::string& file) {
  return fmt::format(
      "set terminal {} noenhanced size {},{} font 'sans-serif,11' background '#FFFFFF'\n"
      "set output {}\n",
      name, size.width_px, size.height_px, gnuplot_quote(file));
}

std::string plot_command(const std::vector<ChartLayer>& layers) {
  std::vector<std::string> elements;
  for (const ChartLayer& layer : layers) {
    elements.push_back(layer.plot +
                       (layer.title ? " title " + gnuplot_quote(*layer.title) : " notitle"));
  }
  return "plot " + text::join(elements, ", \\\n  ") + "\n";
}

/// gnuplot repeats the line, marks the position with ^ and prints the reason last.
std::string last_line(const std::string& output) {
  std::istringstream lines(output);
  std::string last = "failed without a message";
  for (std::string line; std::getline(lines, line);) {
    const std::string_view trimmed = text::trim(line);
    if (!trimmed.empty()) last = trimmed;
  }
  return last;
}

/// All of them, or none where one is not complete.
void move_pictures(const std::filesystem::path& from, const std::filesystem::path& to,
                   const std::string& stem) {
  constexpr std::array extensions{".gp", ".svg", ".png"};
  for (const char* extension : extensions) {
    require_complete(from / (stem + extension), to / (stem + extension));
  }
  for (const char* extension : extensions) {
    publish_file(from / (stem + extension), to / (stem + extension));
  }
}

}  // namespace

// --- Colours ---

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

// --- Axes ---

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
  constexpr double min_log_ratio = 100;  // so that at least two powers of ten are labelled
  constexpr double margin = 0.06;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  ChartAxis axis;
  axis.is_log = *min > 0 && *max / *min >= min_log_ratio;
  if (axis.is_log) {
    const double factor = std::pow(*max / *min, margin);
    axis.low = *min / factor;
    axis.high = *max * factor;
    return axis;
  }
  // Values that differ by rounding alone count as one value, which needs an axis too.
  const double size = *max != 0 ? std::abs(*max) : 1;
  const double spread = *max - *min > 1e-6 * size ? *max - *min : size;
  axis.low = *min - margin * spread;
  axis.high = *max + margin * spread;
  return axis;
}

ChartAxis axis_over(const std::vector<double>& values, Metric metric) {
  const ChartUnit unit = unit_of(metric, *std::max_element(values.begin(), values.end()));
  ChartAxis axis = axis_over(values);
  axis.unit = unit.size;
  axis.low /= unit.size;
  axis.high /= unit.size;
  axis.title = with_unit(to_string(metric), unit);
  return axis;
}

ChartAxis axis_from_zero(double max, std::string_view title, const std::vector<ChartUnit>& units) {
  constexpr double margin = 1.06;
  const ChartUnit unit = best_unit(max, units);
  return {.title = with_unit(title, unit),
          .unit = unit.size,
          .low = 0,
          .high = max > 0 ? margin * max / unit.size : 1};
}

// --- Charts ---

std::string gnuplot_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += text::is_control(c) ? ' ' : c;
  }
  return quoted + "'";
}

std::string gnuplot_quote_lines(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\\') {
      quoted += "\\\\";
    } else {
      quoted += c == '"' || text::is_control(c) ? ' ' : c;
    }
  }
  return quoted + "\"";
}

void Chart::set_axis(std::string_view name, const ChartAxis& axis) {
  commands += fmt::format(
      "set {0}label {1}\n"
      "set {0}range [{2:.9g}:{3:.9g}]\n"
      "set format {0} '%g'\n",
      name, gnuplot_quote(axis.title), axis.low, axis.high);
  if (axis.is_log) commands += fmt::format("set logscale {}\n", name);
}

void Chart::set_tics(std::string_view name, const ChartTics& tics) {
  std::vector<std::string> labels;
  for (const auto& [label, position] : tics.labels) {
    labels.push_back(fmt::format("{} {:.9g}", gnuplot_quote(label), position));
  }
  commands += fmt::format("set {}tics {} ({})\n", name, tics.options, text::join(labels, ", "));
}

std::string Chart::script(const std::string& stem) const {
  std::string text =
      fmt::format("# {0}.png and {0}.svg, drawn by: gnuplot {0}.gp\nset encoding utf8\n", stem);
  for (const ChartData& block : data) {
    text += fmt::format("# {}\n${} << END\n{}END\n", block.comment, block.name, block.rows);
  }
  if (has_frame) text += frame_commands;
  const bool has_lines = title.find('\n') != std::string::npos;
  text += commands + fmt::format("set title {} font ',{}'\n",
                                 has_lines ? gnuplot_quote_lines(title) : gnuplot_quote(title),
                                 title_pt);
  return text + terminal("pngcairo", size, stem + ".png") + plot_command(layers) +
         terminal("svg", size, stem + ".svg") + "replot\nunset output\n";
}

void Chart::draw(const std::filesystem::path& folder, const std::string& stem) const {
  draw_script(script(stem), folder, stem);
}

// --- Files ---

std::string picture_stem(std::string name) {
  for (char& letter : name) {
    if (letter == '/' || static_cast<unsigned char>(letter) < ' ') letter = '_';
  }
  if (name[0] == '.' || name[0] == '|' || name[0] == '-') name[0] = '_';
  return name;
}

// gnuplot would run what follows a leading |, take a leading - for an option, and end a comment at
// the end of the line.
void require_picture_name(const std::string& stem) {
  if (!stem.empty() && picture_stem(stem) == stem) return;
  throw Error(ErrorCode::invalid_argument, "cannot be the name of a picture", stem);
}

void draw_script(const std::string& script, const std::filesystem::path& folder,
                 const std::string& stem) {
  require_picture_name(stem);
  try {
    make_folder(folder);
    const WorkFolder work(folder);
    write_file_atomically(work.path() / (stem + ".gp"), script);
    run_gnuplot(work.path() / (stem + ".gp"));
    move_pictures(work.path(), folder, stem);
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, error.code().message(), error.path1().string());
  }
}

void run_gnuplot(const std::filesystem::path& script) {
  const ProgramResult result = run_program({"gnuplot",
                                            {"--default-settings", script.filename().string()},
                                            script.parent_path(),
                                            "install gnuplot-nox to have pictures drawn"});
  if (!result.succeeded) throw Error(ErrorCode::io, last_line(result.output), "gnuplot");
}

}  // namespace scission
