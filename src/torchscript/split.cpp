#include "torchscript/split.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scission/error.hpp"
#include "torchscript/subgraph.hpp"

namespace scission::torchscript {
namespace {

Nodes nodes_of(const ReadModel& model, const Block& block) {
  Nodes nodes;
  for (int layer = block.first_layer; layer <= block.last_layer; ++layer) {
    const Nodes& more = model.layers.at(layer).nodes;
    nodes.insert(nodes.end(), more.begin(), more.end());
  }
  return nodes;
}

void require_one(const Values& crossing, const Block& block) {
  if (crossing.size() == 1) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("{} values cross into the block; only one can", crossing.size()),
              fmt::format("layers {} - {}", block.first_layer, block.last_layer));
}

}  // namespace

std::vector<Program> split(const ReadModel& model, const std::vector<Block>& blocks) {
  std::vector<Program> programs;
  // Backwards: what a block needs from outside is what the block before it has to return.
  Values returned = model.code->outputs().vec();
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    const Nodes nodes = nodes_of(model, *block);
    const bool first = block->first_layer == 0;
    const Values inputs = first ? model.code->inputs().vec() : outside_reads(nodes, returned);
    require_one(inputs, *block);
    programs.emplace_back(
        subgraph(nodes, inputs, returned),
        fmt::format("{}[{}-{}]", model.graph.name, block->first_layer, block->last_layer));
    returned = inputs;
  }
  std::reverse(programs.begin(), programs.end());
  return programs;
}

}  // namespace scission::torchscript
