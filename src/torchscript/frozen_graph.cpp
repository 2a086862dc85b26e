#include "torchscript/frozen_graph.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/passes/freeze_module.h>

#include "scission/error.hpp"
#include "torchscript/errors.hpp"

namespace scission::torchscript {
namespace {

torch::jit::Module freeze(torch::jit::Module& module, const std::string& place) {
  if (!module.find_method("forward")) {
    throw Error(ErrorCode::unsupported, "has no forward() method", place);
  }
  try {
    module.eval();
    return torch::jit::freeze_module(module);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::unsupported, fmt::format("cannot be frozen: {}", one_line(error)),
                place);
  }
}

// What freezing leaves as reads of `self` is what the model assigns to while it runs.
void require_stateless(const torch::jit::Value* self, const std::string& place) {
  if (!self->hasUses()) return;
  const torch::jit::Node* user = self->uses().front().user;
  const bool named = user->hasAttribute(c10::attr::name);
  throw Error(ErrorCode::unsupported,
              fmt::format("keeps state that freezing cannot fold into constants ('{}')",
                          named ? user->s(c10::attr::name) : user->kind().toQualString()),
              place);
}

}  // namespace

std::shared_ptr<torch::jit::Graph> frozen_graph(torch::jit::Module module,
                                                const std::string& name) {
  const std::string place = "model " + name;
  auto graph = freeze(module, place).get_method("forward").graph()->copy();
  require_stateless(graph->inputs().at(0), place);
  graph->eraseInput(0);
  const bool one_tensor = graph->inputs().size() == 1 &&
                          graph->inputs()[0]->type()->isSubtypeOf(*c10::TensorType::get());
  if (!one_tensor) {
    throw Error(ErrorCode::unsupported,
                fmt::format("forward() takes {} inputs; only models that take one tensor can be "
                            "split",
                            graph->inputs().size()),
                place);
  }
  return graph;
}

}  // namespace scission::torchscript
