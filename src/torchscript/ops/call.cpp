#include "torchscript/ops/call.hpp"

namespace scission::torchscript {
namespace {

// Whether the schema says that the operation changes an argument in place; false without a schema
// (a list, a tuple).
bool writes(const torch::jit::Node& node) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  return schema != nullptr && schema->is_mutable();
}

std::string base_name(const torch::jit::Node& node) {
  std::string name = node.kind().toUnqualString();
  if (writes(node) && name.size() > 1 && name.back() == '_') name.pop_back();
  return name;
}

const at::Tensor* as_tensor(const c10::IValue& value) {
  if (!value.isTensor() || !value.toTensor().defined()) return nullptr;
  return &value.toTensor();
}

}  // namespace

OpCall::OpCall(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
               c10::ArrayRef<c10::IValue> outputs)
    : node_(node), inputs_(inputs), outputs_(outputs), name_(base_name(node)) {}

const c10::IValue* OpCall::argument(std::string_view name) const {
  const c10::FunctionSchema* schema = node_.maybeSchema();
  if (schema == nullptr) return nullptr;
  const auto& arguments = schema->arguments();
  for (std::size_t i = 0; i < arguments.size() && i < inputs_.size(); ++i) {
    if (arguments[i].name() == name) return &inputs_[i];
  }
  return nullptr;
}

const at::Tensor* OpCall::tensor(std::string_view name) const {
  const c10::IValue* value = argument(name);
  return value == nullptr ? nullptr : as_tensor(*value);
}

std::vector<at::Tensor> OpCall::tensors(std::string_view name) const {
  const c10::IValue* value = argument(name);
  if (value == nullptr || !value->isTensorList()) return {};
  return value->toTensorVector();
}

std::vector<std::int64_t> OpCall::integers(std::string_view name) const {
  const c10::IValue* value = argument(name);
  if (value == nullptr) return {};
  if (value->isInt()) return {value->toInt()};
  return value->isIntList() ? value->toIntVector() : std::vector<std::int64_t>{};
}

std::int64_t OpCall::integer(std::string_view name, std::int64_t fallback) const {
  const c10::IValue* value = argument(name);
  return value != nullptr && value->isInt() ? value->toInt() : fallback;
}

std::optional<double> OpCall::number(std::string_view name) const {
  const c10::IValue* value = argument(name);
  if (value == nullptr || !value->isDouble()) return std::nullopt;
  return value->toDouble();
}

std::string OpCall::text(std::string_view name) const {
  const c10::IValue* value = argument(name);
  return value != nullptr && value->isString() ? value->toStringRef() : std::string();
}

bool OpCall::flag(std::string_view name) const {
  const c10::IValue* value = argument(name);
  return value != nullptr && value->isBool() && value->toBool();
}

const at::Tensor* OpCall::input() const {
  return inputs_.empty() ? nullptr : as_tensor(inputs_[0]);
}

const at::Tensor* OpCall::output() const {
  return outputs_.empty() ? nullptr : as_tensor(outputs_[0]);
}

}  // namespace scission::torchscript
