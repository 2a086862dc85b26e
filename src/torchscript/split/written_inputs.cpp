#include "torchscript/split/written_inputs.hpp"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/inliner.h>

namespace scission::torchscript {

std::vector<bool> written_inputs(const torch::jit::Module& module) {
  const std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph()->copy();
  // Calls are opaque to the analysis, and would make everything written.
  torch::jit::Inline(*graph);
  const torch::jit::AliasDb aliases(graph);
  std::vector<bool> written;
  for (std::size_t i = 1; i < graph->inputs().size(); ++i) {  // 0 is the module itself
    written.push_back(aliases.hasWriters(graph->inputs()[i]));
  }
  return written;
}

}  // namespace scission::torchscript
