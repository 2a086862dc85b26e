#include "torchscript/trace/data_dependence.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace scission::torchscript {
namespace {

using Names = std::unordered_set<std::string_view>;

const Names shape_readers = {
    "aten::size",
    "aten::dim",
    "aten::len",
    "aten::numel",
    "aten::stride",
    "aten::is_contiguous",
    "aten::is_complex",
    "aten::is_floating_point",
    "aten::__is__",
    "aten::__isnot__",
    "aten::sym_size",
    "aten::sym_numel",
    "aten::element_size",
    "aten::storage_offset",
    "aten::is_autocast_enabled",
    "aten::is_grad_enabled",
    "aten::get_device",
    "prim::shape",
    "prim::dtype",
    "prim::device",
    "prim::layout",
    "prim::is_cuda",
    "prim::is_cpu",
    "prim::is_quantized",
    "prim::is_nested",
    "prim::is_sparse",
    "prim::is_mkldnn",
    "prim::requires_grad",
    "prim::itemsize",
    "prim::nbytes",
    "prim::isinstance",
    "prim::unchecked_cast",
};

const Names data_shapers = {
    "aten::nonzero",       "aten::nonzero_numpy",
    "aten::masked_select", "aten::unique_dim",
    "aten::_unique",       "aten::_unique2",
    "aten::bincount",      "aten::unique_consecutive",
    "aten::argwhere",      "aten::unique_dim_consecutive",
    "torchvision::nms",
};

std::string_view name_of(const torch::jit::Node& node) { return node.kind().toQualString(); }

// The value of the schema's argument of that name, as a bool; false where there is none.
bool flag(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs, const char* name) {
  const auto* schema = node.maybeSchema();
  if (!schema) return false;
  const auto& arguments = schema->arguments();
  for (std::size_t i = 0; i < std::min(arguments.size(), inputs.size()); ++i) {
    if (arguments[i].name() == name) return inputs[i].isBool() && inputs[i].toBool();
  }
  return false;
}

bool has_mask(const c10::IValue& index) {
  if (index.isTensor() && index.toTensor().defined()) {
    const auto type = index.toTensor().scalar_type();
    return type == at::kBool || type == at::kByte;
  }
  if (!index.isList()) return false;
  const auto list = index.toListRef();
  return std::any_of(list.begin(), list.end(), has_mask);
}

}  // namespace

bool reads_shape_only(const torch::jit::Node& node) {
  return shape_readers.contains(name_of(node));
}

bool shapes_by_data(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const std::string_view name = name_of(node);
  if (name == "aten::index") return inputs.size() > 1 && has_mask(inputs[1]);
  if (name == "aten::where") return inputs.size() == 1;
  if (name == "aten::repeat_interleave") {
    return inputs.empty() || inputs[0].isNone() || (inputs.size() > 1 && inputs[1].isTensor());
  }
  return data_shapers.contains(name);
}

bool is_training(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const std::string_view name = name_of(node);
  const bool drops = name.find("dropout") != std::string_view::npos;
  const bool normalises = name.find("batch_norm") != std::string_view::npos;
  const bool drops_none =
      drops && inputs.size() > 1 && inputs[1].isDouble() && inputs[1].toDouble() == 0;
  if (drops_none) return false;
  return (drops || normalises) && (flag(node, inputs, "train") || flag(node, inputs, "training"));
}

}  // namespace scission::torchscript
