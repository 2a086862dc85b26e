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

FrozenGraph frozen_graph(torch::jit::Module module, const std::string& name) {
  const std::string place = "model " + name;
  FrozenGraph frozen;
  frozen.code = freeze(module, place).get_method("forward").graph()->copy();
  require_stateless(frozen.code->inputs().at(0), place);
  frozen.code->eraseInput(0);
  const auto& arguments = module.get_method("forward").function().getSchema().arguments();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    frozen.defaults.push_back(arguments[i].default_value());
  }
  return frozen;
}

}  // namespace scission::torchscript
