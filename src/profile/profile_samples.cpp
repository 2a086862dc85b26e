#include "scission/profile/profile_io.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr std::string_view header = "model,first_layer,last_layer,round,seconds";
constexpr std::size_t column_count = 5;

/// Model, first and last layer.
using SeriesKey = std::tuple<std::string, int, int>;
using AllSeries = std::map<SeriesKey, std::vector<double>>;
constexpr int no_layer = -1;  ///< in place of both layers: the whole model

SeriesKey key_of(const ModelProfile& model) { return {model.model, no_layer, no_layer}; }

SeriesKey key_of(const ModelProfile& model, const Block& block) {
  return {model.model, block.first_layer, block.last_layer};
}

std::string rows(const std::string& names, const std::vector<double>& samples) {
  std::string text;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    text += fmt::format("{},{},{:.9f}\n", names, i + 1, samples[i]);
  }
  return text;
}

int layer_in(const std::string& cell, const CsvReader& reader) {
  const std::optional<int> layer = text::to_int(cell);
  if (!layer || *layer < 0) reader.fail(fmt::format("'{}' is no layer's number", cell));
  return *layer;
}

SeriesKey key_in(const std::vector<std::string>& cells, const CsvReader& reader) {
  if (cells[1].empty() && cells[2].empty()) return {cells[0], no_layer, no_layer};
  return {cells[0], layer_in(cells[1], reader), layer_in(cells[2], reader)};
}

void check_round(const std::string& cell, std::size_t due, const CsvReader& reader) {
  const std::optional<int> round = text::to_int(cell);
  if (round && *round > 0 && static_cast<std::size_t>(*round) == due) return;
  reader.fail(fmt::format("is of round '{}', where {} is due", cell, due));
}

void read_row(const std::vector<std::string>& cells, const CsvReader& reader, AllSeries& all) {
  if (cells.size() != column_count) {
    reader.fail(fmt::format("has {} cells instead of {}", cells.size(), column_count));
  }
  std::vector<double>& samples = all[key_in(cells, reader)];
  check_round(cells[3], samples.size() + 1, reader);
  const std::optional<double> seconds = text::to_double(cells[4]);
  if (!seconds || *seconds < 0) reader.fail(fmt::format("'{}' is no time in seconds", cells[4]));
  samples.push_back(*seconds);
}

AllSeries read_all(const std::string& text, const std::string& place) {
  CsvReader reader(text, place);
  const auto first = reader.next();
  if (!first || text::join(*first, ",") != header) {
    throw Error(ErrorCode::damaged, fmt::format("line 1: must be {}", header), place);
  }
  AllSeries all;
  while (const auto cells = reader.next()) read_row(*cells, reader, all);
  return all;
}

void take(AllSeries& all, const SeriesKey& key, std::vector<double>& samples) {
  const auto found = all.find(key);
  if (found != all.end()) samples = std::move(found->second);
}

}  // namespace

std::filesystem::path samples_path(const std::filesystem::path& profile) {
  std::filesystem::path path = profile;
  return path.replace_extension(".samples.csv");
}

std::string format_samples_csv(const SystemProfile& profile) {
  std::string text = fmt::format("{}\n", header);
  for (const ModelProfile& model : profile.models) {
    const std::string name = csv_cell(model.model);
    text += rows(name + ",,", model.whole_samples);
    for (const BlockTiming& timing : model.blocks) {
      const Block& block = timing.block;
      text +=
          rows(fmt::format("{},{},{}", name, block.first_layer, block.last_layer), timing.samples);
    }
  }
  return text;
}

void add_samples(SystemProfile& profile, const std::string& text, const std::string& place) {
  AllSeries all = read_all(text, place);
  for (ModelProfile& model : profile.models) {
    take(all, key_of(model), model.whole_samples);
    for (BlockTiming& timing : model.blocks) {
      take(all, key_of(model, timing.block), timing.samples);
    }
  }
}

}  // namespace scission
