#include "torchscript/ops/op_case.hpp"

#include <torch/csrc/jit/runtime/operator.h>

#include <optional>
#include <stdexcept>

namespace scission::testing {
namespace {

using torch::jit::Operator;

std::optional<c10::IValue> given(const NamedArguments& named, const c10::Argument& argument) {
  for (const auto& [name, value] : named) {
    if (name == argument.name()) return value;
  }
  return std::nullopt;
}

// The positional ones, then the named or default ones; nullopt if one is missing or left over.
std::optional<std::vector<c10::IValue>> arguments_for(const Operator& candidate,
                                                      std::vector<c10::IValue> values,
                                                      const NamedArguments& named) {
  const auto& arguments = candidate.schema().arguments();
  if (values.size() > arguments.size()) return std::nullopt;
  std::size_t used = 0;
  for (std::size_t i = values.size(); i < arguments.size(); ++i) {
    const auto value = given(named, arguments[i]);
    if (!value && !arguments[i].default_value()) return std::nullopt;
    used += value ? 1 : 0;
    values.push_back(value ? *value : *arguments[i].default_value());
  }
  return used == named.size() ? std::optional(std::move(values)) : std::nullopt;
}

}  // namespace

bool has_operation(const std::string& name) {
  return !torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name)).empty();
}

OpCase::OpCase(const std::string& name, std::vector<c10::IValue> positional, NamedArguments named) {
  for (const auto& candidate : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name))) {
    if (take(*candidate, positional, named)) return;
  }
  throw std::invalid_argument("no overload of " + name + " takes these arguments");
}

bool OpCase::take(const Operator& candidate, std::vector<c10::IValue> positional,
                  const NamedArguments& named) {
  auto arguments = arguments_for(candidate, std::move(positional), named);
  if (!arguments) return false;
  auto graph = std::make_shared<torch::jit::Graph>();
  std::vector<torch::jit::Value*> values;
  for (const c10::IValue& argument : *arguments) {
    values.push_back(graph->addInput()->setType(argument.type()));
  }
  torch::jit::Node* node =
      graph->insertNode(graph->create(c10::Symbol::fromQualString(candidate.schema().name()),
                                      values, candidate.schema().returns().size()));
  if (!node->matches(candidate.schema())) return false;
  graph_ = std::move(graph);
  node_ = node;
  inputs_ = std::move(*arguments);
  return true;
}

std::vector<c10::IValue> OpCase::run() const {
  const at::NoGradGuard no_grad;
  torch::jit::Stack stack(inputs_.begin(), inputs_.end());
  node_->getOperation()(stack);
  return {stack.begin(), stack.end()};
}

}  // namespace scission::testing
