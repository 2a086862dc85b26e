#include "torchscript/ops/rules.hpp"

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

// Operations whose CPU and meta kernels are the same code up to the computation of elements, so
// that the meta device yields the exact strides of the output.
const Names same_code = {
    // activations
    "sigmoid", "tanh", "gelu", "silu", "hardsigmoid", "leaky_relu", "elu", "selu", "celu",
    "softplus", "mish", "glu", "softmax", "log_softmax",
    // products
    "linear", "addmm", "mm", "bmm", "baddbmm", "matmul", "mv", "addmv",
    // pooling
    "max_pool2d", "avg_pool1d", "avg_pool2d", "avg_pool3d"};

c10::IValue to_meta(const c10::IValue& value) {
  if (!value.isTensor() || !value.toTensor().defined()) return value;
  return as_meta(value.toTensor());
}

// There is no meta kernel; the layout is that of any elementwise operation.
Shapes element_by_element(const OpCall& call) { return {{at::sigmoid(as_meta(*call.input()))}}; }

// The kernel fills an empty_like() of the input, whose strides differ where an extent is 1.
Shapes empty_like_input(const OpCall& call) { return {{at::empty_like(as_meta(*call.input()))}}; }

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

at::Tensor as_meta(const at::Tensor& tensor) {
  at::Tensor meta = at::empty_strided(tensor.sizes(), tensor.strides(),
                                      tensor.options().device(at::kMeta).requires_grad(false));
  // Some products depend on it even when gradients are disabled.
  if (tensor.requires_grad()) meta.set_requires_grad(true);
  return meta;
}

at::Tensor meta_tensor(at::IntArrayRef sizes, at::ScalarType type, at::MemoryFormat format) {
  return at::empty(sizes, at::TensorOptions().dtype(type).device(at::kMeta), format);
}

std::optional<std::vector<std::int64_t>> for_each_dim(std::vector<std::int64_t> values,
                                                      std::int64_t dims) {
  if (values.size() == 1) values.assign(static_cast<std::size_t>(dims), values[0]);
  if (values.size() != static_cast<std::size_t>(dims)) return std::nullopt;
  return values;
}

Shapes run_on_meta(const OpCall& call) {
  torch::jit::Stack stack;
  for (const c10::IValue& input : call.inputs()) stack.push_back(to_meta(input));
  call.node().getOperation()(stack);
  std::vector<at::Tensor> made;
  for (const c10::IValue& output : stack) {
    if (!output.isTensor() || !output.toTensor().is_meta()) return std::nullopt;
    made.push_back(output.toTensor());
  }
  return made;
}

ShapeRule shape_by_meta_kernel(std::string_view name) {
  if (name == "relu" || name == "hardswish") return element_by_element;
  if (name == "hardtanh" || name == "relu6") return empty_like_input;
  return same_code.contains(name) ? run_on_meta : nullptr;
}

}  // namespace scission::torchscript
