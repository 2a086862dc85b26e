#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "scission/profile/profile_io.hpp"

namespace scission {
namespace {

constexpr std::string_view header =
    "platform,system,model,batch,block,first_layer,last_layer,layer_types,seconds,interval_low,"
    "interval_high,median,p5,p95,mad,cold_seconds,samples,output_bytes,flops,parameters,"
    "weight_bytes,peak_activation_bytes\n";

using Figure = std::int64_t BlockTiming::*;
constexpr std::array<Figure, 4> figures = {&BlockTiming::flops, &BlockTiming::parameters,
                                           &BlockTiming::weight_bytes,
                                           &BlockTiming::peak_activation_bytes};

/// A pooling layer's 0 parameters are a figure, all blocks' 0 parameters are none.
bool is_known(const ModelProfile& model, Figure figure) {
  return std::any_of(model.blocks.begin(), model.blocks.end(),
                     [figure](const BlockTiming& timing) { return timing.*figure > 0; });
}

void add_interval(const Interval& interval, std::vector<std::string>& cells) {
  const bool known = interval.high > 0;
  cells.push_back(known ? fmt::format("{}", interval.low) : "");
  cells.push_back(known ? fmt::format("{}", interval.high) : "");
}

void add_summary(const Summary& summary, std::vector<std::string>& cells) {
  for (const double value : {summary.median, summary.p5, summary.p95, summary.mad}) {
    cells.push_back(summary.count > 0 ? fmt::format("{}", value) : "");
  }
}

std::vector<std::string> time_cells(const BlockTiming& timing) {
  std::vector<std::string> cells = {fmt::format("{}", timing.seconds)};
  add_interval(timing.interval, cells);
  add_summary(timing.summary, cells);
  cells.push_back(timing.cold_seconds > 0 ? fmt::format("{}", timing.cold_seconds) : "");
  cells.push_back(timing.summary.count > 0 ? std::to_string(timing.summary.count) : "");
  return cells;
}

std::string rows_of(const SystemProfile& system, const ModelProfile& model) {
  const std::string names = fmt::format(
      "{},{},{},{}", csv_cell(system.platform), csv_cell(system.name), csv_cell(model.model),
      model.input_shape.empty() ? "" : std::to_string(model.input_shape.front()));
  std::string rows;
  for (std::size_t index = 0; index < model.blocks.size(); ++index) {
    const BlockTiming& timing = model.blocks[index];
    rows += fmt::format("{},{},{},{},{},{},{}", names, index, timing.block.first_layer,
                        timing.block.last_layer, csv_cell(timing.layer_types),
                        text::join(time_cells(timing), ","), timing.block.output_bytes);
    for (const Figure figure : figures) {
      rows += ',';
      if (is_known(model, figure)) rows += std::to_string(timing.*figure);
    }
    rows += '\n';
  }
  return rows;
}

}  // namespace

std::string format_blocks_csv(const SystemProfile& profile) {
  std::string csv(header);
  for (const ModelProfile& model : profile.models) csv += rows_of(profile, model);
  return csv;
}

}  // namespace scission
