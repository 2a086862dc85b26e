#include "torchscript/trace/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/trace/interpreter.hpp"
#include "torchscript/trace/operations.hpp"

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
    // The compiler renames "x" to "x.1".
    const std::string& numbered = arguments[i].name();
    all.push_back({numbered.substr(0, numbered.find('.')), std::nullopt});
    // Assigned only if present: LibTorch's optional would convert to an IValue that is None.
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

// After freezing, only attributes that the model assigns to while it runs are still read.
void require_stateless(const torch::jit::Value* self, const std::string& place) {
  if (!self->hasUses()) return;
  const torch::jit::Node* user = self->uses().front().user;
  const bool named = user->hasAttribute(c10::attr::name);
  throw Error(ErrorCode::unsupported,
              fmt::format("keeps state that freezing cannot fold into constants ('{}')",
                          named ? user->s(c10::attr::name) : user->kind().toQualString()),
              place);
}

std::string shapes_of(const std::vector<at::Tensor>& inputs) {
  std::vector<std::string> texts;
  for (const at::Tensor& input : inputs) {
    texts.push_back(fmt::format("{}", fmt::join(input.sizes(), "x")));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool takes_tensor(const torch::jit::Value& argument) {
  const auto& type = argument.type();
  if (const auto optional = type->cast<c10::OptionalType>()) {
    return optional->getElementType()->isSubtypeOf(*c10::TensorType::get());
  }
  return type->isSubtypeOf(*c10::TensorType::get());
}

SymbolicValue argument_value(const torch::jit::Value& argument, const ModelArgument& declared,
                             const at::Tensor* given, const std::string& place) {
  if (given && takes_tensor(argument)) {
    SymbolicValue value = constant_value(given->clone());
    value.depends.on_data = true;
    return value;
  }
  if (!given && declared.default_value) return constant_value(*declared.default_value);
  throw Error(given ? ErrorCode::unsupported : ErrorCode::mismatch,
              fmt::format("forward() takes '{}', a {}{}", declared.name, argument.type()->str(),
                          given ? "; only tensors can be given"
                                : ", which was not given: name its shape too"),
              place);
}

// One value for each argument: the inputs, then defaults.
std::vector<SymbolicValue> argument_values(const ModelCode& code, const std::string& place,
                                           const std::vector<at::Tensor>& inputs) {
  const std::size_t skipped = code.self ? 1 : 0;
  const std::size_t count = code.graph->inputs().size() - skipped;
  if (inputs.size() > count) {
    throw Error(ErrorCode::mismatch,
                fmt::format("forward() takes {} {}, and {} were given", count,
                            count == 1 ? "input" : "inputs", inputs.size()),
                place);
  }
  std::vector<SymbolicValue> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(argument_value(*code.graph->inputs()[i + skipped], code.arguments.at(i),
                                    i < inputs.size() ? &inputs[i] : nullptr, place));
  }
  return values;
}

Trace interpret(const ModelCode& code, const std::string& place,
                const std::vector<at::Tensor>& inputs, Numbers numbers) {
  Interpreter interpreter(code, numbers);
  std::vector<SymbolicValue> arguments = argument_values(code, place, inputs);
  try {
    return interpreter.run(std::move(arguments), inputs.size());
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{}, {}", place, error.place()));
  } catch (const std::exception& error) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("does not run on an input of shape {}: {}", shapes_of(inputs), one_line(error)),
        fmt::format("{}, {}", place, interpreter.where()));
  }
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

const ValueInfo* Trace::info(const torch::jit::Value* value) const {
  const auto found = infos.find(value);
  return found == infos.end() ? nullptr : &found->second;
}

bool Trace::is_fixed(const torch::jit::Value* value) const {
  const ValueInfo* known = info(value);
  return known && known->kind == ValueKind::fixed;
}

bool Trace::yields_fixed_numbers(const torch::jit::Node& node) const {
  if (node.outputs().empty() || !node.blocks().empty() || has_writes(node)) return false;
  return std::all_of(node.outputs().begin(), node.outputs().end(),
                     [&](const torch::jit::Value* output) {
                       return is_fixed(output) && !info(output)->constant.isNone();
                     });
}

Trace trace(const ModelCode& code, const std::string& name, const std::vector<at::Tensor>& inputs) {
  // Not InferenceMode: its tensors have no version counter, which reveals changes in place.
  const at::NoGradGuard no_grad;
  const std::string place = "model " + name;
  try {
    return interpret(code, place, inputs, Numbers::fake);
  } catch (const NumbersNeeded&) {
    return interpret(code, place, inputs, Numbers::real);
  }
}

}  // namespace scission::torchscript
