// What crosses each cut with each codec.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "report/charts.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

constexpr std::size_t max_codec_lines = 6;  ///< as many as there are colours beside black
constexpr double least_error = 1e-6;        ///< of the colours
constexpr PictureSize codec_chart_size{1100, 560};

/// The codecs that no other one beats in both, the smallest first; of many, some that are spread.
std::vector<std::string> shown_codecs(const ModelProfile& profile) {
  std::vector<std::string> front;
  double least = -1;
  for (const CodecSummary& one : summarise_codecs(profile)) {  // ascending by size
    if (least >= 0 && one.error >= least) continue;
    least = one.error;
    front.push_back(one.codec);
  }
  if (front.size() <= max_codec_lines) return front;
  std::vector<std::string> spread;
  for (std::size_t i = 0; i < max_codec_lines; ++i) {
    spread.push_back(front[i * (front.size() - 1) / (max_codec_lines - 1)]);
  }
  return spread;
}

struct CodecLine {
  std::string name;
  std::string rows;  ///< layer, bytes, error
  bool is_lossy = false;
};

std::string row_of(int layer, double bytes, double unit, double error) {
  return fmt::format("{} {:.6g} {:.6g}\n", layer, std::max(bytes, 1.0) / unit,
                     std::clamp(error, least_error, 1.0));
}

CodecLine line_of(const ModelProfile& profile, const std::string& codec, double unit) {
  CodecLine line{codec, {}, false};
  for (const CodecTiming& timing : profile.codecs) {
    if (timing.codec != codec) continue;
    line.rows += row_of(timing.last_layer, timing.bytes, unit, timing.error);
    line.is_lossy = line.is_lossy || timing.error > 0;
  }
  return line;
}

CodecLine raw_line(const ModelProfile& profile, double unit) {
  CodecLine line{"no codec", {}, false};
  for (const BlockTiming& timing : profile.blocks) {
    line.rows +=
        row_of(timing.block.last_layer, static_cast<double>(timing.block.output_bytes), unit, 0);
  }
  return line;
}

ChartAxis bytes_axis(const ModelProfile& profile, const std::vector<std::string>& codecs) {
  std::vector<double> all;
  for (const BlockTiming& timing : profile.blocks) {
    all.push_back(std::max(1.0, static_cast<double>(timing.block.output_bytes)));
  }
  for (const CodecTiming& timing : profile.codecs) {
    if (std::find(codecs.begin(), codecs.end(), timing.codec) != codecs.end()) {
      all.push_back(std::max(1.0, timing.bytes));
    }
  }
  constexpr double kilo = 1e3;
  ChartAxis axis = axis_over(all);
  axis.title = "crosses the cut (kB)";
  axis.unit = kilo;
  axis.low /= kilo;
  axis.high /= kilo;
  return axis;
}

void add_line(const CodecLine& line, std::string_view colour, Chart& chart) {
  const std::string name = fmt::format("line{}", chart.data.size());
  chart.data.push_back({name, "layer, bytes, error of " + line.name, line.rows});
  chart.layers.push_back(
      {fmt::format("${} using 1:2 with lines lw 1.5 lc rgb '{}'", name, colour), line.name});
  if (!line.is_lossy) return;
  chart.layers.push_back(
      {fmt::format("${} using 1:2:3 with points pt 7 ps 0.7 palette", name), {}});
}

}  // namespace

Chart codec_chart(const ModelProfile& profile) {
  const std::vector<std::string> codecs = shown_codecs(profile);
  Chart chart{.title = fmt::format("{}: what crosses each cut, and the error that codecs make",
                                   clean_text(profile.model)),
              .size = codec_chart_size};
  const ChartAxis axis = bytes_axis(profile, codecs);
  chart.set_axis("x", {.title = "cut after layer (-1: the model's input)",
                       .low = -1.5,
                       .high = profile.layers() - 0.5});
  chart.set_axis("y", axis);
  chart.set_axis("cb", {.title = "error", .low = least_error, .high = 1, .is_log = true});
  chart.commands +=
      "set palette defined (0 '#0D0887', 1 '#7E03A8', 2 '#CC4778', 3 '#F89540')\n"
      "set cblabel offset 1\n"
      "set xtics nomirror out scale 0.5\n";
  add_line(raw_line(profile, axis.unit), "#000000", chart);
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    add_line(line_of(profile, codecs[i], axis.unit), chart_colour(i), chart);
  }
  return chart;
}

void draw_codecs(const ModelProfile& profile, const std::filesystem::path& folder,
                 const std::string& stem) {
  require_picture_name(stem);
  if (profile.codecs.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "model " + profile.model + " has no codecs to draw: scission-benchmark --codecs",
                stem);
  }
  codec_chart(profile).draw(folder, stem);
}

}  // namespace scission
