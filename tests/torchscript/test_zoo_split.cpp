#include <algorithm>
#include <fstream>
#include <sstream>

#include "scission/torchscript/runnable.hpp"
#include "scission/torchscript/zoo.hpp"
#include "support/catch.hpp"
#include "support/upstream.hpp"
#include "torchscript/small_models.hpp"

namespace scission::torchscript {
namespace {

struct PublishedBlock {
  Block block;
  std::string layer_types;
  std::int64_t parameters = 0;
};

/// The model's rows of zoo_blocks.csv: model, first layer, last layer, types, flops, params, bytes.
std::vector<PublishedBlock> published_blocks(const std::string& model) {
  std::ifstream table(testing::upstream_dir() / "fork/zoo_blocks.csv");
  std::vector<PublishedBlock> blocks;
  for (std::string line; std::getline(table, line);) {
    std::istringstream row(line);
    std::vector<std::string> field;
    for (std::string text; std::getline(row, text, ',');) field.push_back(text);
    if (field.at(0) != model) continue;
    blocks.push_back({{std::stoi(field.at(1)), std::stoi(field.at(2)), std::stoll(field.at(6))},
                      field.at(3),
                      std::stoll(field.at(5))});
  }
  return blocks;
}

bool has_cut_after(const std::vector<Block>& blocks, int layer) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [layer](const Block& block) { return block.last_layer == layer; });
}

std::unique_ptr<Runnable> zoo_runnable(const ZooModel& model) {
  const at::Tensor input = scission::testing::noise({1, model.channels, model.height, model.width});
  return make_runnable(build_zoo_model(model.name), model.name, input);
}

}  // namespace

TEST_CASE("Every published block of the zoo is some of our blocks, to the byte") {
  SCISSION_NEEDS_UPSTREAM("fork/zoo_blocks.csv");
  for (const ZooModel& zoo_model : zoo_models()) {
    const auto model = zoo_runnable(zoo_model);
    const ModelGraph& graph = model->graph();
    const std::vector<PublishedBlock> published = published_blocks(zoo_model.name);
    REQUIRE_FALSE(published.empty());
    std::vector<int> cuts;
    for (const auto& [block, types, weights] : published) {
      INFO(zoo_model.name << ", layers " << block.first_layer << " - " << block.last_layer);
      CHECK(has_cut_after(model->blocks(), block.last_layer));
      CHECK(layer_types(graph, block) == types);
      CHECK(parameters(graph, block) == weights);
      cuts.push_back(block.last_layer);
    }
    const std::vector<Block> merged = blocks_between(graph, cuts);
    CHECK(std::equal(merged.begin(), merged.end(), published.begin(), published.end(),
                     [](const Block& ours, const auto& theirs) { return ours == theirs.block; }));
  }
}

TEST_CASE("The chain of a zoo model's blocks gives the whole model's bits") {
  for (const ZooModel& zoo_model : zoo_models()) {
    INFO(zoo_model.name);
    const auto model = zoo_runnable(zoo_model);
    CHECK(scission::testing::chain_is_exact(*model));
    CHECK(parameters(model->graph()) == zoo_model.parameters);
    CHECK(static_cast<int>(model->graph().layers.size()) == zoo_model.layers);
  }
}

}  // namespace scission::torchscript
