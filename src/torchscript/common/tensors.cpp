#include "torchscript/common/tensors.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace scission::torchscript {
namespace {

bool bit_equal(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.cpu().contiguous();
  const at::Tensor right = b.cpu().contiguous();
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

// What is inside a tuple, list or dict; nothing for anything else.
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

bool bit_equal(const c10::IValue& a, const c10::IValue& b) {
  return match(a, b, static_cast<TensorsMatch>(bit_equal));
}

bool nearly_equal(const c10::IValue& a, const c10::IValue& b) {
  return match(a, b, static_cast<TensorsMatch>(nearly_equal));
}

std::string dtype_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    case at::kShort:
      return "int16";
    case at::kChar:
      return "int8";
    case at::kByte:
      return "uint8";
    default:
      break;
  }
  std::string name = c10::toString(type);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace scission::torchscript
