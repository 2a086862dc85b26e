#include "torchscript/trace/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/require.hpp"
#include "scission/base.hpp"
#include "torchscript/ops/rules.hpp"
#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

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
    "torchvision::nms",    "aten::_pack_padded_sequence",
    "aten::to_sparse",     "aten::_pad_packed_sequence",
};

const Names in_place_activations = {
    "aten::relu_",      "aten::relu6_",   "aten::hardtanh_",       "aten::silu_",
    "aten::gelu_",      "aten::mish_",    "aten::hardswish_",      "aten::hardsigmoid_",
    "aten::sigmoid_",   "aten::tanh_",    "aten::leaky_relu_",     "aten::elu_",
    "aten::celu_",      "aten::selu_",    "aten::clamp_",          "aten::clamp_min_",
    "aten::clamp_max_", "aten::dropout_", "aten::feature_dropout_"};

const Names in_place_arithmetic = {"aten::add_", "aten::sub_", "aten::mul_", "aten::div_",
                                   "aten::copy_"};

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

bool may_hold_tensors(const c10::Type& type) {
  if (type.kind() == c10::TypeKind::TensorType) return true;
  const auto parts = type.containedTypes();
  return std::any_of(parts.begin(), parts.end(),
                     [](const c10::TypePtr& part) { return may_hold_tensors(*part); });
}

bool is_container(const c10::TypePtr& type) {
  return type->kind() == c10::TypeKind::ListType || type->kind() == c10::TypeKind::DictType;
}

bool is_cast(const Node& node) {
  return node.kind() == c10::prim::unchecked_cast ||
         node.kind() == c10::prim::unchecked_unwrap_optional ||
         node.kind() == c10::aten::_unwrap_optional;
}

// Calls `visit` with every value that an operation inside of the node changes in place.
template <class Visit>
void for_each_written(Node& node, const Visit& visit) {
  for (torch::jit::Block* block : node.blocks()) {
    for (Node* inner : block->nodes()) {
      const auto* schema = inner->maybeSchema();
      const std::size_t count = schema && schema->is_mutable() ? inner->inputs().size() : 0;
      for (std::size_t i = 0; i < std::min(count, schema ? schema->arguments().size() : 0); ++i) {
        const auto* alias = schema->arguments()[i].alias_info();
        if (alias && alias->isWrite()) visit(inner->inputs()[i]);
      }
      for_each_written(*inner, visit);
    }
  }
}

/// The values from outside of a node with branches or loops that values inside may share memory
/// with.
class Sources {
 public:
  explicit Sources(const Node& outer, bool of_containers = false)
      : outer_(outer), of_containers_(of_containers) {}

  void follow(Value* value) {
    if (!seen_.insert(value).second || (of_containers_ && !holds_containers(value->type()))) return;
    Node& maker = *value->node();
    if (!is_inside(&maker, &outer_)) {
      outside_.push_back(value);
    } else if (maker.kind() == c10::prim::Param) {
      // A loop's parameter 0 counts; the others are what it carries from one iteration to the next.
      const std::size_t place = value->offset();
      torch::jit::Block& body = *maker.owningBlock();
      if (place == 0) return;
      follow(body.owningNode()->inputs()[place + 1]);
      follow(body.outputs()[place]);
    } else if (!maker.blocks().empty()) {
      const std::size_t skipped = maker.kind() == c10::prim::Loop ? 1 : 0;
      for (torch::jit::Block* block : maker.blocks()) {
        follow(block->outputs()[value->offset() + skipped]);
      }
      if (skipped != 0) follow(maker.inputs()[value->offset() + 2]);
    } else if (may_alias_inputs(maker)) {
      for (Value* input : maker.inputs()) follow(input);
    }
  }

  // What the output of the outer node may be.
  void follow_output(std::size_t output) {
    const std::size_t skipped = outer_.kind() == c10::prim::Loop ? 1 : 0;
    for (const Block* block : outer_.blocks()) {
      follow(const_cast<Block*>(block)->outputs()[output + skipped]);
    }
    if (skipped != 0) follow(const_cast<Node&>(outer_).inputs()[output + 2]);
  }

  const Values& outside() const { return outside_; }

 private:
  // An operation whose schema declares no alias allocates its outputs.
  bool may_alias_inputs(const Node& node) const {
    if (of_containers_ && makes_container(node) && !nests_containers(node.output()->type())) {
      return false;
    }
    const auto* schema = node.maybeSchema();
    if (!schema || schema->is_vararg() || schema->is_varret()) return true;
    return std::any_of(
        schema->returns().begin(), schema->returns().end(), [](const c10::Argument& result) {
          return result.alias_info() || result.type()->kind() != c10::TypeKind::TensorType;
        });
  }

  const Node& outer_;
  const bool of_containers_;
  std::unordered_set<const Value*> seen_;
  Values outside_;
};

// The value, or the tensors that a list, tuple or dict is packed from.
void add_tensors(Value* value, Values& tensors) {
  if (!is_pack(value)) {
    if (std::find(tensors.begin(), tensors.end(), value) == tensors.end()) tensors.push_back(value);
    return;
  }
  for (Value* part : value->node()->inputs()) add_tensors(part, tensors);
}

// Whether the operation changes its first input alone, and neither its shape nor its type.
bool changes_elements_of_first(const Node& node, const std::vector<c10::IValue>& inputs) {
  const std::string_view name = name_of(node);
  if (in_place_activations.contains(name)) return true;
  if (!in_place_arithmetic.contains(name) || inputs.size() < 2) return false;
  const at::Tensor& left = inputs[0].toTensor();
  if (!inputs[1].isTensor()) {
    return left.is_floating_point() && (inputs[1].isDouble() || inputs[1].isInt());
  }
  const at::Tensor& right = inputs[1].toTensor();
  return at::is_expandable_to(right.sizes(), left.sizes()) &&
         left.scalar_type() == right.scalar_type();
}

}  // namespace

void clone_block(const Block& block, Block& target, const CopyOf& copy_of) {
  std::unordered_map<const Value*, Value*> inner;
  const CopyOf copy_inside = [&](Value* value) {
    const auto known = inner.find(value);
    return known == inner.end() ? copy_of(value) : known->second;
  };
  for (const Value* input : block.inputs()) {
    inner[input] = target.addInput()->copyMetadata(const_cast<Value*>(input));
  }
  for (Node* node : const_cast<Block&>(block).nodes()) {
    Node* copy = clone_node(*target.owningGraph(), *node, copy_inside);
    target.appendNode(copy);
    for (std::size_t i = 0; i < node->outputs().size(); ++i) {
      inner[node->outputs()[i]] = copy->outputs()[i];
    }
  }
  for (Value* output : const_cast<Block&>(block).outputs()) {
    target.registerOutput(copy_inside(output));
  }
}

Node* clone_node(torch::jit::Graph& graph, Node& node, const CopyOf& copy_of) {
  Node* copy = graph.create(node.kind(), 0);
  copy->setSourceRange(node.sourceRange());
  copy->copyAttributes(node);
  for (Value* input : node.inputs()) copy->addInput(copy_of(input));
  for (Value* output : node.outputs()) copy->addOutput()->copyMetadata(output);
  for (const Block* block : node.blocks()) clone_block(*block, *copy->addBlock(), copy_of);
  return copy;
}

bool is_constant(const Node& node) {
  return node.kind() == c10::prim::Constant || node.kind() == c10::prim::Uninitialized;
}

bool is_constant(const Value* value) { return is_constant(*value->node()); }

bool is_inside(const Node* inner, const Node* outer) {
  const Node* around = inner->owningBlock()->owningNode();
  while (around != nullptr && around != outer) around = around->owningBlock()->owningNode();
  return around == outer;
}

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
      copy = graph->insertNode(clone_node(*graph, *value->node(), {}))->output();
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
    Node* copy = clone_node(*graph, *node, copy_of);
    graph->insertNode(copy);
    for (std::size_t i = 0; i < node->outputs().size(); ++i) {
      copies[node->outputs()[i]] = copy->outputs()[i];
    }
  }
  for (Value* output : outputs) graph->registerOutput(copy_of(output));
  return graph;
}

bool reads_shape_only(const Node& node) { return shape_readers.contains(name_of(node)); }

bool reads_layout(const Node& node) {
  static const Names readers = {"aten::as_strided",      "aten::as_strided_",
                                "aten::as_strided_copy", "aten::as_strided_scatter",
                                "aten::stride",          "aten::storage_offset"};
  return readers.contains(name_of(node));
}

bool has_data_dependent_shape(const Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const std::string_view name = name_of(node);
  if (name == "aten::index") return inputs.size() > 1 && has_mask(inputs[1]);
  if (name == "aten::where") return inputs.size() == 1;
  if (name == "aten::one_hot") return inputs.size() < 2 || inputs[1] == c10::IValue(-1);
  if (name == "aten::tensor_split") return inputs.size() > 1 && inputs[1].isTensor();
  if (name == "aten::repeat_interleave") {
    return inputs.empty() || inputs[0].isNone() || (inputs.size() > 1 && inputs[1].isTensor());
  }
  return data_dependent_shapes.contains(name);
}

bool keeps_shape(const Node& node) {
  static const Names names = {"aten::index_add",  "aten::index_add_",   "aten::index_put",
                              "aten::index_put_", "aten::index_copy",   "aten::index_copy_",
                              "aten::index_fill", "aten::index_fill_",  "aten::scatter",
                              "aten::scatter_",   "aten::scatter_add",  "aten::scatter_add_",
                              "aten::copy_",      "aten::masked_fill_", "aten::masked_scatter_"};
  return names.contains(name_of(node));
}

bool needs_numbers(const Node& node) {
  static const Names names = {"aten::multinomial", "aten::inverse",          "aten::cholesky",
                              "aten::lu_solve",    "aten::cholesky_inverse", "aten::cholesky_solve",
                              "aten::binomial",    "aten::poisson"};
  const std::string_view name = name_of(node);
  return names.contains(name) || name.starts_with("aten::linalg_");
}

bool writes_part(const Node& node) {
  static const Names names = {"aten::index_add_",  "aten::index_put_",    "aten::index_copy_",
                              "aten::scatter_",    "aten::scatter_add_",  "aten::scatter_reduce_",
                              "aten::index_fill_", "aten::index_reduce_", "aten::masked_scatter_"};
  return names.contains(name_of(node)) || (!node.blocks().empty() && has_writes(node));
}

bool is_training(const Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const std::string_view name = name_of(node);
  const bool drops = name.find("dropout") != std::string_view::npos;
  const bool normalises = name.find("batch_norm") != std::string_view::npos ||
                          name.find("instance_norm") != std::string_view::npos;
  const bool drops_nothing =
      drops && inputs.size() > 1 && inputs[1].isDouble() && inputs[1].toDouble() == 0;
  if (drops_nothing || (!drops && !normalises)) return false;
  const OpCall call(node, inputs);
  // Without running statistics, those of the batch are used in eval mode too, and nothing is kept.
  if (normalises && call.tensor("running_mean") == nullptr) return false;
  return call.flag("train") || call.flag("training") || call.flag("use_input_stats");
}

bool makes_container(const Node& node) {
  static const Names makers = {
      "prim::ListConstruct", "prim::DictConstruct", "aten::list",   "aten::copy",   "aten::dict",
      "aten::add",           "aten::mul",           "aten::slice",  "aten::keys",   "aten::values",
      "aten::items",         "aten::split",         "aten::sorted", "prim::tolist", "aten::size",
      "prim::shape",         "aten::tolist"};
  return makers.contains(name_of(node));
}

bool has_writes(const Node& node) {
  if (const auto* schema = node.maybeSchema(); schema && schema->is_mutable()) return true;
  return std::any_of(node.blocks().begin(), node.blocks().end(), [](const auto* block) {
    return std::any_of(block->nodes().begin(), block->nodes().end(),
                       [](const Node* inner) { return has_writes(*inner); });
  });
}

namespace {

// The inputs of the operation that its schema declares as changed in place.
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

}  // namespace

Values written_from_outside(Node& node) {
  Sources sources(node);
  for_each_written(node, [&](Value* written) {
    if (!is_container(written->type())) sources.follow(written);
  });
  return sources.outside();
}

Values written_by(Node& node) {
  if (node.blocks().empty()) return written_inputs_of(node);
  Values written;
  for (Value* value : written_from_outside(node)) add_tensors(value, written);
  std::erase_if(written, [](const Value* value) { return !may_hold_tensors(*value->type()); });
  return written;
}

Values writes_of(Node& node) {
  Values writes = written_by(node);
  std::erase_if(writes, [](const Value* value) { return is_constant(value); });
  return writes;
}

Values aliased_by(Node& node, std::size_t output) {
  Sources sources(node);
  sources.follow_output(output);
  Values aliased;
  for (Value* value : sources.outside()) add_tensors(value, aliased);
  std::erase_if(aliased, [](const Value* value) { return !is_tensor(value); });
  return aliased;
}

Values containers_behind(Node& node, std::size_t output) {
  Sources sources(node, true);
  sources.follow_output(output);
  return sources.outside();
}

bool holds_containers(const c10::TypePtr& type) {
  return is_container(type) || nests_containers(type);
}

bool nests_containers(const c10::TypePtr& type) {
  const auto parts = type->containedTypes();
  return std::any_of(parts.begin(), parts.end(), holds_containers);
}

Values changed_containers(Node& node) {
  Values changed;
  for_each_written(node, [&](Value* written) {
    if (!is_container(written->type())) return;
    while (is_cast(*written->node()) && is_inside(written->node(), &node)) {
      written = written->node()->inputs().at(0);
    }
    if (!is_inside(written->node(), &node)) {
      if (std::find(changed.begin(), changed.end(), written) == changed.end()) {
        changed.push_back(written);
      }
    } else if (!makes_container(*written->node())) {
      throw Error(
          ErrorCode::unsupported,
          "changes a list or dict that it takes out of another one, in a data-dependent branch or "
          "loop",
          describe(node));
    }
  });
  return changed;
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
