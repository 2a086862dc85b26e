// Profiles as CSV: one row per block, the fork's statistics, and the samples beside a profile.
#include "base/require.hpp"
#include "scission/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "profile/common_blocks.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

// --- One row per block ---

constexpr std::string_view block_columns =
    "platform,system,model,batch,block,first_layer,last_layer,layer_types,seconds,interval_low,"
    "interval_high,median,p5,p95,mad,cold_seconds,samples,output_bytes,flops,parameters,"
    "weight_bytes,peak_activation_bytes\n";

using Figure = std::int64_t BlockTiming::*;
constexpr std::array<Figure, 4> figures = {&BlockTiming::flops, &BlockTiming::parameters,
                                           &BlockTiming::weight_bytes,
                                           &BlockTiming::peak_activation_bytes};

/// A quantity is unknown if it is 0 in all blocks.
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

std::string block_rows(const SystemProfile& system, const ModelProfile& model) {
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

// --- Statistics of the fork, as in its published models_profiling/*-stats.csv ---

constexpr double bytes_per_mebibyte = 1 << 20;

/// As Python prints it: the fewest digits that read back as the same number, with a point or an
/// exponent.
std::string python_float(double number) {
  std::string digits = fmt::format("{}", number);
  if (digits.find_first_not_of("-0123456789") == std::string::npos) digits += ".0";
  return digits;
}

template <typename CellOf>
std::string statistics_row(std::string_view name, const ModelProfile& model, CellOf cell_of) {
  std::string cells(name);
  for (const BlockTiming& timing : model.blocks) cells += fmt::format(",{}", cell_of(timing));
  return cells + "\n";
}

std::string layers_of(const BlockTiming& timing) {
  return layer_range(timing.block.first_layer, timing.block.last_layer);
}

double output_mebibytes(const BlockTiming& timing) {
  const auto payload = static_cast<double>(timing.block.output_bytes);
  return (payload + static_cast<double>(npy_header_bytes)) / bytes_per_mebibyte;
}

std::string block_details(const BlockTiming& timing) {
  std::string cells = layers_of(timing);
  for (const std::string_view type : text::split(timing.layer_types, ' ')) {
    if (!type.empty()) cells += "," + csv_cell(type);
  }
  return cells + "\n";
}

std::string statistics_stanza(const ModelProfile& model) {
  std::string text = csv_cell(model.model) + "\n";
  text += statistics_row("layers", model, layers_of);
  text += statistics_row("flops", model, [](const BlockTiming& timing) { return timing.flops; });
  text +=
      statistics_row("params", model, [](const BlockTiming& timing) { return timing.parameters; });
  text += statistics_row("output", model, [](const BlockTiming& timing) {
    return python_float(output_mebibytes(timing));
  });
  text += statistics_row("times", model, [](const BlockTiming& timing) {
    return python_float(timing.seconds * milliseconds_per_second);
  });
  text += "\nblock details:\n";
  for (const BlockTiming& timing : model.blocks) text += block_details(timing);
  return text + "\n\n";
}

// --- Samples ---

constexpr std::string_view sample_columns = "model,first_layer,last_layer,round,seconds";
constexpr std::size_t column_count = 5;

/// Model, first and last layer.
using SeriesKey = std::tuple<std::string, int, int>;
using AllSeries = std::map<SeriesKey, std::vector<double>>;
constexpr int no_layer = -1;  ///< stands for both layers of the whole model

SeriesKey key_of(const ModelProfile& model) { return {model.model, no_layer, no_layer}; }

SeriesKey key_of(const ModelProfile& model, const Block& block) {
  return {model.model, block.first_layer, block.last_layer};
}

std::string sample_rows(const std::string& names, const std::vector<double>& samples) {
  std::string text;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    text += fmt::format("{},{},{:.9f}\n", names, i + 1, samples[i]);
  }
  return text;
}

int layer_in(const std::string& cell, const CsvReader& reader) {
  const std::optional<int> layer = text::to_int(cell);
  if (!layer || *layer < 0) reader.fail(fmt::format("'{}' is not a layer number", cell));
  return *layer;
}

SeriesKey key_in(const std::vector<std::string>& cells, const CsvReader& reader) {
  if (cells[1].empty() && cells[2].empty()) return {cells[0], no_layer, no_layer};
  return {cells[0], layer_in(cells[1], reader), layer_in(cells[2], reader)};
}

void validate_round(const std::string& cell, std::size_t due, const CsvReader& reader) {
  const std::optional<int> round = text::to_int(cell);
  if (round && *round > 0 && static_cast<std::size_t>(*round) == due) return;
  reader.fail(fmt::format("has round '{}' instead of {}", cell, due));
}

void read_row(const std::vector<std::string>& cells, const CsvReader& reader, AllSeries& all) {
  if (cells.size() != column_count) {
    reader.fail(fmt::format("has {} cells instead of {}", cells.size(), column_count));
  }
  std::vector<double>& samples = all[key_in(cells, reader)];
  validate_round(cells[3], samples.size() + 1, reader);
  const std::optional<double> seconds = text::to_double(cells[4]);
  if (!seconds || *seconds < 0) reader.fail(fmt::format("'{}' is not a time in seconds", cells[4]));
  samples.push_back(*seconds);
}

AllSeries read_series(const std::string& text, const std::string& place) {
  CsvReader reader(text, place);
  const auto first = reader.next();
  if (!first || text::join(*first, ",") != sample_columns) {
    throw_damaged(fmt::format("line 1: must be {}", sample_columns), place);
  }
  AllSeries all;
  while (const auto cells = reader.next()) read_row(*cells, reader, all);
  return all;
}

void take_series(AllSeries& all, const SeriesKey& key, std::vector<double>& samples) {
  const auto found = all.find(key);
  if (found != all.end()) samples = std::move(found->second);
}

}  // namespace

std::string format_blocks_csv(const SystemProfile& profile) {
  std::string csv(block_columns);
  for (const ModelProfile& model : profile.models) csv += block_rows(profile, model);
  return csv;
}

std::string format_statistics_csv(const SystemProfile& profile) {
  std::string text;
  for (const ModelProfile& model : profile.models) text += statistics_stanza(model);
  return text;
}

std::filesystem::path samples_path(const std::filesystem::path& profile) {
  std::filesystem::path path = profile;
  return path.replace_extension(".samples.csv");
}

std::string format_samples_csv(const SystemProfile& profile) {
  std::string text = fmt::format("{}\n", sample_columns);
  for (const ModelProfile& model : profile.models) {
    const std::string name = csv_cell(model.model);
    text += sample_rows(name + ",,", model.whole_samples);
    for (const BlockTiming& timing : model.blocks) {
      const Block& block = timing.block;
      text += sample_rows(fmt::format("{},{},{}", name, block.first_layer, block.last_layer),
                          timing.samples);
    }
  }
  return text;
}

void add_samples(SystemProfile& profile, const std::string& text, const std::string& place) {
  AllSeries all = read_series(text, place);
  for (ModelProfile& model : profile.models) {
    take_series(all, key_of(model), model.whole_samples);
    for (BlockTiming& timing : model.blocks) {
      take_series(all, key_of(model, timing.block), timing.samples);
    }
  }
}

void add_samples(std::vector<SystemProfile>& profiles, const std::filesystem::path& folder) {
  for (SystemProfile& profile : profiles) {
    const auto path = samples_path(folder / (profile.platform + "-" + profile.name + ".json"));
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    add_samples(profile, read_file(path), path.string());
  }
}

SystemProfile read_sampled_profile(const std::filesystem::path& path) {
  SystemProfile profile = read_profile(path);
  const std::filesystem::path samples = samples_path(path);
  std::error_code ignored;
  if (std::filesystem::exists(samples, ignored)) {
    add_samples(profile, read_file(samples), samples.string());
  }
  return profile;
}

}  // namespace scission
