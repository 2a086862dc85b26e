// Operations whose CPU and meta kernels are the same code up to the computation of elements, so
// that the meta device yields the exact strides of the output.
#include <unordered_set>

#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

const std::unordered_set<std::string_view> same_code = {
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

}  // namespace

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

namespace {

// There is no meta kernel; the layout is that of any elementwise operation.
Shapes element_by_element(const OpCall& call) { return {{at::sigmoid(as_meta(*call.input()))}}; }

// The kernel fills an empty_like() of the input, whose strides differ where an extent is 1.
Shapes like_input(const OpCall& call) { return {{at::empty_like(as_meta(*call.input()))}}; }

}  // namespace

ShapeRule shape_by_meta_kernel(std::string_view name) {
  if (name == "relu" || name == "hardswish") return element_by_element;
  if (name == "hardtanh" || name == "relu6") return like_input;
  return same_code.contains(name) ? run_on_meta : nullptr;
}

}  // namespace scission::torchscript
