#include "torchscript/trace/model_code.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inliner.h>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"

namespace scission::torchscript {
namespace {

void prepare(torch::jit::Module& module, const std::string& place) {
  if (!module.find_method("forward")) {
    throw Error(ErrorCode::unsupported, "has no forward() method", place);
  }
  module.eval();
}

std::vector<ModelArgument> arguments_of(const torch::jit::Module& module) {
  std::vector<ModelArgument> all;
  const auto& arguments = module.get_method("forward").function().getSchema().arguments();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    // "x.1" is what the compiler makes of "x".
    const std::string& numbered = arguments[i].name();
    all.push_back({numbered.substr(0, numbered.find('.')), std::nullopt});
    // LibTorch's own optional would turn into a value that is None.
    if (const auto& value = arguments[i].default_value()) all.back().default_value = *value;
  }
  return all;
}

torch::jit::Module freeze(const torch::jit::Module& module, const std::string& place) {
  try {
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

ModelCode inlined_code(torch::jit::Module module, const std::string& name) {
  prepare(module, "model " + name);
  ModelCode code{module.get_method("forward").graph()->copy(), module, arguments_of(module)};
  torch::jit::Inline(*code.graph);
  return code;
}

ModelCode frozen_code(torch::jit::Module module, const std::string& name) {
  const std::string place = "model " + name;
  prepare(module, place);
  ModelCode code{freeze(module, place).get_method("forward").graph()->copy(), std::nullopt,
                 arguments_of(module)};
  require_stateless(code.graph->inputs().at(0), place);
  code.graph->eraseInput(0);
  return code;
}

}  // namespace scission::torchscript
