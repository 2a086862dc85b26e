#include "torchscript/common/tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "scission/base.hpp"

namespace scission::torchscript {
namespace {

bool bit_equal(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.cpu().resolve_conj().resolve_neg().contiguous();
  const at::Tensor right = b.cpu().resolve_conj().resolve_neg().contiguous();
  return left.numel() == 0 || std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

bool nearly_equal(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined() || !a.is_floating_point()) return bit_equal(a, b);
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.cpu();
  const at::Tensor right = b.cpu();
  if (left.numel() == 0) return true;
  const double largest = right.abs().max().item<double>();
  return at::allclose(left, right, 1e-3, 1e-4 * largest, /*equal_nan=*/true);
}

using TensorsMatch = bool (*)(const at::Tensor&, const at::Tensor&);

// The elements of a tuple or list, the keys and values of a dict; empty for anything else.
std::vector<c10::IValue> elements(const c10::IValue& value) {
  if (value.isTuple()) return value.toTuple()->elements();
  if (value.isList()) return value.toListRef().vec();
  std::vector<c10::IValue> inside;
  if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      inside.push_back(entry.key());
      inside.push_back(entry.value());
    }
  }
  return inside;
}

bool is_container(const c10::IValue& value) {
  return value.isTuple() || value.isList() || value.isGenericDict();
}

// The same structure, tensors that match, and everything else equal.
bool match(const c10::IValue& a, const c10::IValue& b, TensorsMatch tensors_match) {
  if (a.isTensor() && b.isTensor()) return tensors_match(a.toTensor(), b.toTensor());
  if (!is_container(a) || !is_container(b)) return a == b;
  const std::vector<c10::IValue> left = elements(a);
  const std::vector<c10::IValue> right = elements(b);
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [=](const c10::IValue& x, const c10::IValue& y) { return match(x, y, tensors_match); });
}

struct Dtype {
  at::ScalarType type;
  std::string_view name;
};

/// NumPy's names.
constexpr std::array<Dtype, 12> dtypes{{{at::kBool, "bool"},
                                        {at::kByte, "uint8"},
                                        {at::kChar, "int8"},
                                        {at::kShort, "int16"},
                                        {at::kInt, "int32"},
                                        {at::kLong, "int64"},
                                        {at::kHalf, "float16"},
                                        {at::kBFloat16, "bfloat16"},
                                        {at::kFloat, "float32"},
                                        {at::kDouble, "float64"},
                                        {at::kComplexFloat, "complex64"},
                                        {at::kComplexDouble, "complex128"}}};

}  // namespace

std::vector<at::Tensor> tensors_in(const c10::IValue& value) {
  if (value.isTensor()) return {value.toTensor()};
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& element : elements(value)) {
    const std::vector<at::Tensor> inside = tensors_in(element);
    tensors.insert(tensors.end(), inside.begin(), inside.end());
  }
  return tensors;
}

bool holds_tensors(const c10::IValue& value) { return !tensors_in(value).empty(); }

bool bit_equal(const c10::IValue& a, const c10::IValue& b) {
  return match(a, b, static_cast<TensorsMatch>(bit_equal));
}

bool nearly_equal(const c10::IValue& a, const c10::IValue& b) {
  return match(a, b, static_cast<TensorsMatch>(nearly_equal));
}

std::string dtype_name(at::ScalarType type) {
  for (const Dtype& known : dtypes) {
    if (known.type == type) return std::string(known.name);
  }
  std::string name = c10::toString(type);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

at::ScalarType scalar_type(const std::string& dtype) {
  for (const Dtype& known : dtypes) {
    if (known.name == dtype) return known.type;
  }
  throw Error(ErrorCode::unsupported, fmt::format("LibTorch has no tensors of {}", dtype));
}

Tensor to_bytes(const at::Tensor& tensor, std::string name) {
  const auto owner = std::make_shared<const at::Tensor>(
      tensor.to(at::kCPU).resolve_conj().resolve_neg().contiguous());
  return {std::move(name), dtype_name(owner->scalar_type()), owner->sizes().vec(),
          SharedBytes{owner, static_cast<const char*>(owner->data_ptr()), owner->nbytes()}};
}

at::Tensor from_bytes(const Tensor& tensor) {
  validate_tensor(tensor);
  const at::ScalarType type = scalar_type(tensor.dtype);
  if (tensor.bytes.size == 0) return at::empty(tensor.shape, type);
  // LibTorch has no tensors over constant memory; the callers do not write to these.
  const at::Tensor view = at::from_blob(
      const_cast<char*>(tensor.bytes.data), tensor.shape,
      [owner = tensor.bytes.owner](void*) mutable { owner.reset(); }, type);
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.bytes.data);
  return address % c10::elementSize(type) == 0 ? view : view.clone();
}

}  // namespace scission::torchscript
