// Which figures the two pictures of a model's blocks show.
#include <fmt/format.h>

#include <algorithm>

#include "report/block_chart.hpp"
#include "report/dot_text.hpp"
#include "scission/base/units.hpp"

namespace scission {
namespace {

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

double most_of(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

BlockSeries series(std::string name, const std::string& axis_title, std::vector<double> values,
                   const std::vector<ChartUnit>& units) {
  const ChartAxis axis = axis_from_zero(most_of(values), axis_title, units);
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

}  // namespace

BlockChart block_times_chart(const ModelProfile& profile, const std::string& system) {
  BlockChart chart;
  chart.bars = series("execution time", "time",
                      values_of(profile, [](const BlockTiming& timing) { return timing.seconds; }),
                      time_units());
  chart.line = series(
      "output size", "output",
      values_of(profile, [](const BlockTiming& timing) { return timing.block.output_bytes; }),
      byte_units());
  double most = most_of(chart.bars.values);
  for (const BlockTiming& timing : profile.blocks) {
    chart.intervals.push_back(timing.interval);
    most = std::max(most, timing.interval.high);
  }
  chart.bars.axis = axis_from_zero(most, "time", time_units());
  chart.title =
      fmt::format("{} on {}{}: {} in {} block{}", clean_text(profile.model), clean_text(system),
                  batch_of(profile), format_duration(profile.blocks_seconds()),
                  profile.blocks.size(), profile.blocks.size() == 1 ? "" : "s");
  return chart;
}

BlockChart block_costs_chart(const ModelProfile& profile) {
  BlockChart chart;
  chart.bars = series("FLOPs", "operations",
                      values_of(profile, [](const BlockTiming& timing) { return timing.flops; }),
                      flops_units());
  chart.line =
      series("parameters", "parameters",
             values_of(profile, [](const BlockTiming& timing) { return timing.parameters; }),
             count_units());
  chart.title = fmt::format("{}{}: {}, {}", clean_text(profile.model), batch_of(profile),
                            operations_of(chart.bars), parameters_of(chart.line));
  return chart;
}

}  // namespace scission
