#include "torchscript/trace/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/require.hpp"
#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_constant(const Value* value) { return value->node()->kind() == c10::prim::Constant; }

// Whether `inner` is inside a branch or loop of `outer`.
bool is_inside(const Node* inner, const Node* outer) {
  for (const Block* block = inner->owningBlock(); block;
       block = block->owningNode()->owningBlock()) {
    if (!block->owningNode()) return false;
    if (block->owningNode() == outer) return true;
  }
  return false;
}

// Calls `visit` with every value that `node`, which is `outer` or inside of it, reads from outside
// of `outer`.
template <class Visit>
void for_each_read(Node* node, const Node* outer, const Visit& visit) {
  for (Value* input : node->inputs()) {
    if (!is_inside(input->node(), outer)) visit(input);
  }
  for (Block* block : node->blocks()) {
    for (Node* inner : block->nodes()) for_each_read(inner, outer, visit);
    for_each_read(block->return_node(), outer, visit);
  }
}

using torch::jit::Node;
using torch::jit::Value;

const Names shape_readers = {
    "aten::size",         "aten::dim",
    "aten::len",          "aten::numel",
    "aten::stride",       "aten::is_contiguous",
    "aten::is_complex",   "aten::is_floating_point",
    "aten::__is__",       "aten::__isnot__",
    "aten::sym_size",     "aten::sym_numel",
    "aten::element_size", "aten::storage_offset",
    "aten::get_device",   "aten::is_autocast_enabled",
    "prim::shape",        "aten::is_grad_enabled",
    "prim::dtype",        "prim::device",
    "prim::layout",       "prim::is_cuda",
    "prim::is_cpu",       "prim::is_quantized",
    "prim::is_nested",    "prim::is_sparse",
    "prim::is_mkldnn",    "prim::requires_grad",
    "prim::itemsize",     "prim::nbytes",
    "prim::isinstance",   "prim::unchecked_cast",
};

const Names data_dependent_shapes = {
    "aten::nonzero",       "aten::nonzero_numpy",
    "aten::masked_select", "aten::unique_dim",
    "aten::_unique",       "aten::_unique2",
    "aten::bincount",      "aten::unique_consecutive",
    "aten::argwhere",      "aten::unique_dim_consecutive",
    "torchvision::nms",
};

const Names in_place_activations = {
    "aten::relu_",      "aten::relu6_",   "aten::hardtanh_",       "aten::silu_",
    "aten::gelu_",      "aten::mish_",    "aten::hardswish_",      "aten::hardsigmoid_",
    "aten::sigmoid_",   "aten::tanh_",    "aten::leaky_relu_",     "aten::elu_",
    "aten::celu_",      "aten::selu_",    "aten::clamp_",          "aten::clamp_min_",
    "aten::clamp_max_", "aten::dropout_", "aten::feature_dropout_"};

const Names in_place_arithmetic = {"aten::add_", "aten::sub_", "aten::mul_", "aten::div_"};

std::string_view name_of(const Node& node) { return node.kind().toQualString(); }

bool has_mask(const c10::IValue& index) {
  if (index.isTensor() && index.toTensor().defined()) {
    const auto type = index.toTensor().scalar_type();
    return type == at::kBool || type == at::kByte;
  }
  if (!index.isList()) return false;
  const auto list = index.toListRef();
  return std::any_of(list.begin(), list.end(), has_mask);
}

bool is_tensor(const Value* value) { return value->type()->isSubtypeOf(*c10::TensorType::get()); }

// Whether the operation changes its first input alone, and neither its shape nor its type.
bool changes_elements_of_first(const Node& node, const std::vector<c10::IValue>& inputs) {
  const std::string_view name = name_of(node);
  if (in_place_activations.contains(name)) return true;
  if (!in_place_arithmetic.contains(name) || inputs.size() < 2 || !inputs[1].isTensor()) {
    return false;
  }
  const at::Tensor& left = inputs[0].toTensor();
  const at::Tensor& right = inputs[1].toTensor();
  return left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type();
}

}  // namespace

bool is_pack(const Value* value) {
  const auto kind = value->node()->kind();
  return kind == c10::prim::ListConstruct || kind == c10::prim::TupleConstruct ||
         kind == c10::prim::DictConstruct;
}

Values outside_reads(const Nodes& nodes, const Values& outputs) {
  Values reads;
  std::unordered_set<const Value*> seen;
  auto read = [&](Value* value) {
    if (!is_constant(value) && seen.insert(value).second) reads.push_back(value);
  };
  for (Node* node : nodes) {
    for_each_read(node, node, read);
    seen.insert(node->outputs().begin(), node->outputs().end());
  }
  for (Value* output : outputs) read(output);
  return reads;
}

std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs,
                                            const Rematerialise& rematerialise) {
  auto graph = std::make_shared<torch::jit::Graph>();
  std::unordered_map<const Value*, Value*> copies;
  for (Value* input : inputs) copies[input] = graph->addInput()->setType(input->type());

  CopyOf copy_of = [&](Value* value) -> Value* {
    if (auto known = copies.find(value); known != copies.end()) return known->second;
    Value* copy = nullptr;
    if (is_constant(value)) {
      copy = graph->insertNode(graph->createClone(value->node(), nullptr))->output();
    } else if (rematerialise) {
      copy = rematerialise(*graph, value, copy_of);
      // An unpacked list yields the copies of its other elements, too.
      const auto pieces = value->node()->outputs();
      if (copy->node()->kind() == value->node()->kind() && pieces.size() > 1) {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
          copies.try_emplace(pieces[i], copy->node()->outputs()[i]);
        }
      }
    } else {
      throw_invalid_argument(fmt::format(
          "'{}' is neither computed in this block nor one of its inputs", value->debugName()));
    }
    return copies[value] = copy;
  };
  for (Node* node : nodes) {
    Node* copy = graph->createClone(node, copy_of);
    graph->insertNode(copy);
    for (std::size_t i = 0; i < node->outputs().size(); ++i) {
      copies[node->outputs()[i]] = copy->outputs()[i];
    }
  }
  for (Value* output : outputs) graph->registerOutput(copy_of(output));
  return graph;
}

bool reads_shape_only(const Node& node) { return shape_readers.contains(name_of(node)); }

bool has_data_dependent_shape(const Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const std::string_view name = name_of(node);
  if (name == "aten::index") return inputs.size() > 1 && has_mask(inputs[1]);
  if (name == "aten::where") return inputs.size() == 1;
  if (name == "aten::repeat_interleave") {
    return inputs.empty() || inputs[0].isNone() || (inputs.size() > 1 && inputs[1].isTensor());
  }
  return data_dependent_shapes.contains(name);
}

bool is_training(const Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const std::string_view name = name_of(node);
  const bool drops = name.find("dropout") != std::string_view::npos;
  const bool normalises = name.find("batch_norm") != std::string_view::npos;
  const bool drops_nothing =
      drops && inputs.size() > 1 && inputs[1].isDouble() && inputs[1].toDouble() == 0;
  if (drops_nothing) return false;
  if (!drops && !normalises) return false;
  const OpCall call(node, inputs);
  return call.flag("train") || call.flag("training");
}

bool has_writes(const Node& node) {
  if (const auto* schema = node.maybeSchema(); schema && schema->is_mutable()) return true;
  return std::any_of(node.blocks().begin(), node.blocks().end(), [](const auto* block) {
    return std::any_of(block->nodes().begin(), block->nodes().end(),
                       [](const Node* inner) { return has_writes(*inner); });
  });
}

Values written_inputs_of(Node& node) {
  Values written;
  const auto* schema = node.maybeSchema();
  if (!schema || !schema->is_mutable()) return written;
  const auto& arguments = schema->arguments();
  for (std::size_t i = 0; i < std::min(arguments.size(), node.inputs().size()); ++i) {
    const auto* alias = arguments[i].alias_info();
    if (alias && alias->isWrite() && is_tensor(node.inputs()[i])) {
      written.push_back(node.inputs()[i]);
    }
  }
  return written;
}

Values writes_of(Node& node) {
  Values writes;
  if (node.blocks().empty()) {
    writes = written_inputs_of(node);
  } else if (has_writes(node)) {
    writes = outside_reads({&node});
  }
  std::erase_if(writes, [](const Value* value) {
    return !is_tensor(value) || value->node()->kind() == c10::prim::Constant;
  });
  return writes;
}

std::optional<c10::IValue> change_in_place(const Node& node,
                                           const std::vector<c10::IValue>& inputs) {
  if (inputs.empty() || !inputs[0].isTensor() || !changes_elements_of_first(node, inputs)) {
    return std::nullopt;
  }
  inputs[0].toTensor().unsafeGetTensorImpl()->bump_version();
  return inputs[0];
}

}  // namespace scission::torchscript
