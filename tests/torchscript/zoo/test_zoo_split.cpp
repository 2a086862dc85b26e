// The built-in models, split like anybody else's, against what others have published of them.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "scission/model.hpp"
#include "scission/profile.hpp"
#include "scission/torchscript/execute/execute.hpp"
#include "scission/torchscript/zoo/zoo.hpp"
#include "support/catch.hpp"
#include "support/upstream.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

/// A block's row of zoo_blocks.csv: model, first layer, last layer, types, FLOPs, parameters,
/// bytes.
struct PublishedBlock {
  Block block;
  std::string layer_types;
  std::int64_t flops = 0;
  std::int64_t parameters = 0;
};

PublishedBlock block_of(const std::vector<std::string>& row) {
  return {{std::stoi(row.at(1)), std::stoi(row.at(2)), std::stoll(row.at(6))},
          row.at(3),
          std::stoll(row.at(4)),
          std::stoll(row.at(5))};
}

std::vector<std::vector<std::string>> rows_of(const char* file, const std::string& model) {
  std::ifstream table(testing::upstream_dir() / file);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::vector<std::string> row;
    for (std::string text; std::getline(fields, text, ',');) row.push_back(text);
    if (row.at(0) == model) rows.push_back(row);
  }
  return rows;
}

// The table lists the input as a row; the original's rule has no cut after it.
std::vector<PublishedBlock> published_blocks(const std::string& model) {
  std::vector<PublishedBlock> blocks;
  for (const auto& row : rows_of("fork/zoo_blocks.csv", model)) blocks.push_back(block_of(row));
  if (blocks.empty()) return blocks;
  blocks[1].block.first_layer = 0;
  blocks[1].layer_types = blocks[0].layer_types + " " + blocks[1].layer_types;
  blocks.erase(blocks.begin());
  return blocks;
}

SplitModel split(const ZooModel& model, CutKind cuts) {
  const at::Tensor input = scission::testing::noise({1, model.channels, model.height, model.width});
  return {build_zoo_model(model.name), model.name, {input}, {cuts}};
}

void check_blocks(const SplitModel& model) {
  const std::vector<PublishedBlock> published = published_blocks(model.graph().name);
  if (published.empty()) return;
  const std::vector<Block> blocks = blocks_between(model.graph(), model.cuts().cuts);
  const std::vector<LayerStatistics> statistics = block_statistics(model.graph(), blocks);
  REQUIRE(blocks.size() == published.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    INFO("layers " << blocks[i].first_layer << " - " << blocks[i].last_layer);
    CHECK(blocks[i] == published[i].block);
    CHECK(layer_types(model.graph(), blocks[i]) == published[i].layer_types);
    CHECK(statistics[i].flops == published[i].flops);
    CHECK(statistics[i].parameters == published[i].parameters);
  }
}

// The published files of these two come from a Keras whose models began with a layer of padding.
bool was_padded(const std::string& model) { return model == "mobilenet" || model == "mobilenetv2"; }

void check_number_of_blocks(const SplitModel& model) {
  const auto rows = rows_of("fork/zoo_totals.csv", model.graph().name);
  if (rows.empty()) return;
  const int padding = was_padded(model.graph().name) ? 1 : 0;
  CHECK(static_cast<int>(model.cuts().cuts.size()) + padding == std::stoi(rows.at(0).at(4)));
}

// The files' sizes are those of arrays saved by NumPy, whose header is part of the file.
constexpr std::int64_t npy_header_bytes = 128;

void check_ranges(const SplitModel& model, const SystemProfile& measured) {
  const ModelProfile* profile = measured.find(model.graph().name);
  if (!profile || was_padded(model.graph().name)) return;
  std::vector<Block> blocks;
  for (const BlockTiming& timing : profile->blocks) {
    blocks.push_back(timing.block);
    blocks.back().output_bytes -= npy_header_bytes;
  }
  const bool same = blocks_between(model.graph(), model.cuts().cuts) == blocks;
  CHECK(same);
}

void check_description(const ZooModel& model, const ModelGraph& graph) {
  const LayerStatistics statistics = model_statistics(graph);
  CHECK(static_cast<int>(graph.layers.size()) == model.layers);
  CHECK(statistics.parameters == model.parameters);
  CHECK(statistics.flops == model.flops);
  CHECK(static_cast<int>(find_cuts(graph, CutKind::single).cuts.size()) == model.cuts);
  CHECK(graph.uncounted.empty());
}

bool chain_is_exact(const std::string& name, CutKind cuts) {
  return scission::testing::chain_is_exact(*make_runnable(split(find_zoo_model(name), cuts)));
}

}  // namespace

TEST_CASE("By the original's rule the zoo's models have the published blocks") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_blocks.csv");
  SCISSION_NEEDS_UPSTREAM("fork/zoo_totals.csv");
  SCISSION_NEEDS_UPSTREAM("scission/benchmark_data/cloud-6700k(GPU).dat");
  const SystemProfile measured =
      read_profile(testing::upstream_dir() / "scission/benchmark_data/cloud-6700k(GPU).dat");
  CHECK(measured.models.size() == 18);
  for (const ZooModel& zoo_model : zoo_models()) {
    INFO(zoo_model.name);
    const SplitModel model = split(zoo_model, CutKind::original);
    check_description(zoo_model, model.graph());
    check_blocks(model);
    check_number_of_blocks(model);
    check_ranges(model, measured);
  }
}

TEST_CASE("The chain of a zoo model's blocks gives the whole model's bits") {
  for (const char* name : {"mobilenet", "resnet50", "densenet121", "nasnetmobile"}) {
    INFO(name);
    CHECK(chain_is_exact(name, CutKind::single));
    CHECK(chain_is_exact(name, CutKind::frontier));
  }
}

}  // namespace scission::torchscript
