#include "torchscript/ops/fake_tensor.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "scission/base/error.hpp"
#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

using c10::DispatchKey;

// Smaller tensors are written: a mapping would cost more.
constexpr std::size_t min_mapping_bytes = std::size_t{64} << 10;

std::size_t bytes_spanned(at::IntArrayRef sizes, at::IntArrayRef strides, std::size_t element) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return 0;
    last += (sizes[i] - 1) * strides[i];
  }
  return static_cast<std::size_t>(last + 1) * element;
}

// Not calloc: LibTorch and the C library's allocator write zeros over memory that was used before.
void* map_zeros(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorCode::io,
                "no address space for a tensor of " + std::to_string(bytes) + " bytes");
  }
  return memory;
}

// A dense CPU tensor: not quantised, conjugated, nested, named or tracked for gradients.
bool is_plain(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && !tensor.is_nested() &&
         !tensor.is_quantized() && !tensor.is_complex() && !tensor.is_neg() &&
         !tensor._is_zerotensor() && !tensor.has_names() && tensor.numel() > 0 &&
         !(at::GradMode::is_enabled() && tensor.requires_grad());
}

bool is_ordinary(const c10::IValue& value) {
  if (value.isTensor()) return !value.toTensor().defined() || is_plain(value.toTensor());
  return !value.isTensorList() && !value.isObject();
}

// Autocast changes the types of outputs.
bool autocasts() { return !c10::impl::tls_is_dispatch_key_excluded(DispatchKey::AutocastCPU); }

ShapeRule shape_rule(std::string_view name) {
  for (const auto& family : {convolution_shape, normalisation_shape, pooling_shape, attention_shape,
                             shape_by_meta_kernel}) {
    if (const ShapeRule rule = family(name); rule != nullptr) return rule;
  }
  return nullptr;
}

bool is_eligible(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (!node.kind().is_aten() || schema == nullptr || schema->is_mutable()) return false;
  if (inputs.empty() || !inputs[0].isTensor() || autocasts()) return false;
  if (!std::all_of(inputs.begin(), inputs.end(), is_ordinary)) return false;
  return inputs[0].toTensor().defined() && inputs[0].toTensor().is_floating_point();
}

Shapes shapes_of(ShapeRule rule, const OpCall& call) {
  try {
    return rule(call);
  } catch (const c10::Error&) {
    return std::nullopt;  // The operation itself will report the error.
  }
}

at::Tensor zeros_like_meta(const at::Tensor& meta) {
  if (!meta.defined()) return {};
  return zero_tensor(meta.sizes(), meta.strides(), meta.scalar_type());
}

}  // namespace

at::Tensor zero_tensor(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
  const at::TensorOptions options = at::TensorOptions().dtype(type).device(at::kCPU);
  const std::size_t bytes = bytes_spanned(sizes, strides, c10::elementSize(type));
  if (bytes < min_mapping_bytes) return at::empty_strided(sizes, strides, options).zero_();
  void* memory = map_zeros(bytes);
  return at::from_blob(
      memory, sizes, strides, [bytes](void* mapped) { munmap(mapped, bytes); }, options);
}

std::optional<std::vector<at::Tensor>> fake_outputs(const torch::jit::Node& node,
                                                    c10::ArrayRef<c10::IValue> inputs) {
  if (!is_eligible(node, inputs)) return std::nullopt;
  const OpCall call(node, inputs);
  const ShapeRule rule = shape_rule(call.name());
  if (rule == nullptr) return std::nullopt;
  const Shapes shapes = shapes_of(rule, call);
  if (!shapes) return std::nullopt;
  std::vector<at::Tensor> outputs;
  for (const at::Tensor& shape : *shapes) outputs.push_back(zeros_like_meta(shape));
  return outputs;
}

}  // namespace scission::torchscript
