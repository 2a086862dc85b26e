// The models' descriptions against the published statistics of the Keras models.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "scission/model.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"
#include "support/upstream.hpp"
#include "zoo/models.hpp"

namespace scission::zoo {
namespace {

using Row = std::vector<std::string>;

/// A table's rows without its header.
std::vector<Row> published(const char* file) {
  std::ifstream stream(testing::upstream_dir() / file);
  std::vector<Row> rows;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    Row row;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) row.push_back(field);
    rows.push_back(row);
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

ModelSpec spec_of(const std::string& name) {
  const auto& all = all_models();
  const auto entry =
      std::find_if(all.begin(), all.end(), [&](const ModelEntry& e) { return e.name == name; });
  REQUIRE(entry != all.end());
  return entry->make();
}

/// As a row of zoo_blocks.csv.
Row block_row(const ModelSpec& spec, int first, int last) {
  std::string types;
  std::int64_t flops = 0;
  std::int64_t weights = 0;
  for (int i = first; i <= last; ++i) {
    const LayerSpec& layer = spec.layers.at(i);
    types += (i == first ? "" : " ") + layer.type;
    flops += layer.flops;
    weights += parameters(layer);
  }
  const std::int64_t bytes = 4 * elements(spec.layers.at(last).output);
  return {spec.name,
          std::to_string(first),
          std::to_string(last),
          types,
          std::to_string(flops),
          std::to_string(weights),
          std::to_string(bytes)};
}

TEST_CASE("The zoo has the published number of layers, parameters and FLOPs") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_totals.csv");
  const std::vector<Row> rows = published("fork/zoo_totals.csv");
  CHECK(rows.size() == 18);
  for (const Row& row : rows) {
    INFO(row[0]);
    const ZooModel model = find_zoo_model(row[0]);
    CHECK(std::to_string(model.layers) == row[1]);
    CHECK(std::to_string(model.parameters) == row[2]);
    CHECK(std::to_string(model.flops) == row[3]);
  }
}

TEST_CASE("Every block of the zoo has the published layers, FLOPs, parameters and output") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_blocks.csv");
  ModelSpec spec;
  for (const Row& row : published("fork/zoo_blocks.csv")) {
    if (spec.name != row[0]) spec = spec_of(row[0]);
    CHECK(block_row(spec, std::stoi(row[1]), std::stoi(row[2])) == row);
  }
}

// The published files of mobilenet and mobilenetv2 come from a Keras whose models began with a
// layer of padding.
TEST_CASE("The original's rule gives the published number of blocks") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_totals.csv");
  for (const Row& row : published("fork/zoo_totals.csv")) {
    INFO(row[0]);
    const CutList found = find_cuts(model_graph(spec_of(row[0])), CutKind::original);
    const int padding_layers = row[0] == "mobilenet" || row[0] == "mobilenetv2" ? 1 : 0;
    CHECK(static_cast<int>(found.cuts.size()) + padding_layers == std::stoi(row[4]));
  }
}

TEST_CASE("The layers of a model have names of their own") {
  for (const ModelEntry& entry : all_models()) {
    const ModelSpec spec = entry.make();
    CHECK(spec.name == entry.name);
    std::set<std::string> names;
    for (const LayerSpec& layer : spec.layers) {
      INFO(spec.name << ": " << layer.name);
      CHECK(names.insert(layer.name).second);
    }
  }
}

TEST_CASE("A model's layers are called as Keras calls them") {
  const auto has = [](const ModelSpec& spec, const std::string& name, const std::string& type) {
    return std::any_of(spec.layers.begin(), spec.layers.end(), [&](const LayerSpec& layer) {
      return layer.name == name && layer.type == type;
    });
  };
  CHECK(has(spec_of("inception_v3"), "conv2d", "Conv2D"));
  CHECK(has(spec_of("inception_v3"), "conv2d_93", "Conv2D"));
  CHECK(has(spec_of("inception_v3"), "activation_93", "Activation"));
  CHECK(has(spec_of("inception_v3"), "concatenate_1", "Concatenate"));
  CHECK(has(spec_of("inceptionresnet_v2"), "block17_20", "Lambda"));
  CHECK(has(spec_of("inceptionresnet_v2"), "conv2d_202", "Conv2D"));
  CHECK(has(spec_of("resnet50v2"), "max_pooling2d_2", "MaxPooling2D"));
  CHECK(has(spec_of("mobilenetv2"), "block_16_project_BN", "BatchNormalization"));
  CHECK(has(spec_of("densenet201"), "zero_padding2d_1", "ZeroPadding2D"));
  CHECK(has(spec_of("nasnetlarge"), "activation_259", "Activation"));
  CHECK(has(spec_of("nasnetmobile"), "cropping2d_3", "Cropping2D"));
  CHECK(has(spec_of("xception"), "add_11", "Add"));
}

}  // namespace
}  // namespace scission::zoo
