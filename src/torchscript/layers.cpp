#include "torchscript/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace scission::torchscript {
namespace {

using torch::jit::Node;
namespace prim = c10::prim;

/// The call of a leaf submodule that a node was inlined from.
struct LeafCall {
  std::string path;  ///< "layer1.0.conv1"
  std::string type;  ///< "Conv2D"
  std::string call;  ///< tells two calls of one submodule apart

  friend bool operator==(const LeafCall&, const LeafCall&) = default;
};

bool has_submodules(const c10::ClassType& type) {
  const auto& attributes = type.getAttributes();
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& attribute) { return attribute.getType()->is_module(); });
}

// The call stack runs from the model down; functions and calls of a module's own methods are in
// it too. The innermost module counts, and only when nothing is nested in it.
std::optional<LeafCall> leaf_call(const Node& node) {
  LeafCall leaf;
  c10::ClassTypePtr innermost;
  std::string calls;
  for (auto entry = node.callstack(); entry; entry = (*entry)->callee()) {
    calls += fmt::format("@{}", (*entry)->source_range().start());
    const auto instance = (*entry)->module_instance();
    if (!instance || !instance->class_type() || instance->instance_name() == "SELF") continue;
    innermost = instance->class_type();
    if (!leaf.path.empty()) leaf.path += '.';
    leaf.path += instance->instance_name();
    leaf.call = calls;
  }
  if (!innermost || !innermost->name() || has_submodules(*innermost)) return std::nullopt;
  leaf.type = innermost->name()->name();
  return leaf;
}

bool holds_tensors(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::TensorType::get())) return true;
  const auto inner = type->containedTypes();
  return std::any_of(inner.begin(), inner.end(), holds_tensors);
}

enum class Kind { operation, goes_with_next, goes_with_previous };

Kind kind_of(const Node& node) {
  if (node.kind() == prim::ListUnpack || node.kind() == prim::TupleUnpack) {
    return Kind::goes_with_previous;
  }
  const bool packs = node.kind() == prim::ListConstruct || node.kind() == prim::TupleConstruct ||
                     node.kind() == prim::DictConstruct || node.kind() == prim::NumToTensor;
  const auto outputs = node.outputs();
  const bool makes_tensors =
      std::any_of(outputs.begin(), outputs.end(),
                  [](const torch::jit::Value* output) { return holds_tensors(output->type()); });
  return packs || !makes_tensors ? Kind::goes_with_next : Kind::operation;
}

class Grouping {
 public:
  Grouping() { layers_.push_back({"input", "InputLayer", {}}); }

  void add(Node* node) {
    std::optional<LeafCall> leaf = leaf_call(*node);
    const bool continues = leaf && leaf == current_;
    const Kind kind = kind_of(*node);
    if (kind == Kind::goes_with_next && !continues) {
      pending_.push_back(node);
      return;
    }
    if (kind == Kind::operation && !continues) begin(*node, std::move(leaf));
    take_pending();
    layers_.back().nodes.push_back(node);
  }

  std::vector<LayerNodes> finish() {
    take_pending();
    return std::move(layers_);
  }

 private:
  void begin(const Node& node, std::optional<LeafCall> leaf) {
    const std::string name = leaf ? leaf->path : node.kind().toUnqualString();
    const std::string type = leaf ? leaf->type : node.kind().toQualString();
    const int earlier = times_used_[name]++;
    layers_.push_back({earlier == 0 ? name : fmt::format("{}#{}", name, earlier + 1), type, {}});
    current_ = std::move(leaf);
  }

  void take_pending() {
    auto& nodes = layers_.back().nodes;
    nodes.insert(nodes.end(), pending_.begin(), pending_.end());
    pending_.clear();
  }

  std::vector<LayerNodes> layers_;
  std::vector<Node*> pending_;  ///< bookkeeping for the next layer
  std::optional<LeafCall> current_;
  std::unordered_map<std::string, int> times_used_{{"input", 1}};
};

}  // namespace

std::vector<LayerNodes> group_layers(torch::jit::Graph& graph) {
  Grouping grouping;
  for (Node* node : graph.nodes()) {
    if (node->kind() != prim::Constant) grouping.add(node);
  }
  return grouping.finish();
}

}  // namespace scission::torchscript
