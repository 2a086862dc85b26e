#include "onnx/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <unordered_map>

#include "base/text.hpp"

namespace scission::onnx {
namespace {

using Path = std::vector<std::string>;

// "/layer1/layer1.0/conv1/Conv" → {"layer1", "layer1.0", "conv1"}; empty without a path.
Path path_of(const ::onnx::NodeProto& node) {
  Path path;
  for (const std::string_view part : text::split(node.name(), '/')) {
    if (!part.empty()) path.emplace_back(clean_text(part));
  }
  if (!path.empty()) path.pop_back();
  return path;
}

// PyTorch writes the path of a list's element with the list in front: "layer1.0".
std::string joined(const Path& path) {
  std::string name;
  std::string before;
  for (const std::string& part : path) {
    if (!before.empty() && part.starts_with(before + ".")) {
      name.replace(name.size() - before.size(), before.size(), part);
    } else {
      name += (name.empty() ? "" : ".") + part;
    }
    before = part;
  }
  return name;
}

bool is_element_of(const std::string& part, const std::string& list) {
  return part.size() > list.size() + 1 && part.starts_with(list + ".") &&
         std::all_of(part.begin() + static_cast<std::ptrdiff_t>(list.size()) + 1, part.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// The modules that the nodes' paths name.
class ModuleTree {
 public:
  void add(const Path& path) {
    Path module;
    for (const std::string& part : path) {
      children_[module].insert(part);
      module.push_back(part);
    }
    own_nodes_.insert(module);
  }

  bool is_leaf(const Path& module) const { return !children_.contains(module); }

  // A mere list: it has elements only, and no operation.
  bool is_list(const Path& module) const {
    const auto children = children_.find(module);
    if (module.empty() || children == children_.end() || own_nodes_.contains(module)) return false;
    return std::all_of(
        children->second.begin(), children->second.end(),
        [&](const std::string& child) { return is_element_of(child, module.back()); });
  }

  // The module that is the node's layer; empty: the node is a layer.
  Path layer_of(const Path& path, Granularity granularity) const {
    if (path.empty() || granularity == Granularity::operation) return {};
    const Path leaf = is_leaf(path) ? path : Path{};
    if (granularity == Granularity::layer) return leaf;
    Path module = path;
    if (!leaf.empty()) module.pop_back();
    while (!module.empty() && is_list(module)) module.pop_back();
    return module.empty() ? leaf : module;
  }

 private:
  std::map<Path, std::set<std::string>> children_;
  std::set<Path> own_nodes_;
};

// The operations of the layer, once each, in order: at most three.
std::string type_of(const NodeGraph& nodes, const LayerNodes& layer) {
  std::vector<std::string> types;
  for (const int node : layer.nodes) {
    const std::string type = clean_text(nodes.node(node).op_type());
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
  }
  const bool has_more = types.size() > 3;
  if (has_more) types.resize(3);
  return text::join(types, "+") + (has_more ? "+…" : "");
}

std::string name_of(const ::onnx::NodeProto& node) {
  if (node.name().empty()) return clean_text(node.op_type());
  Path path = path_of(node);
  path.push_back(clean_text(node.name().substr(node.name().rfind('/') + 1)));
  return joined(path);
}

/// Tells equal names apart: "relu", "relu#2".
class LayerNames {
 public:
  std::string unique(const std::string& name) {
    std::string candidate = name;
    for (int& count = times_used_[name]; !used_.insert(candidate).second;) {
      candidate = fmt::format("{}#{}", name, ++count + 1);
    }
    return candidate;
  }

 private:
  std::unordered_map<std::string, int> times_used_;
  std::set<std::string> used_{"input"};
};

}  // namespace

std::vector<LayerNodes> group_layers(const NodeGraph& nodes, Granularity granularity) {
  ModuleTree modules;
  for (const auto& node : nodes.graph->node()) modules.add(path_of(node));
  std::vector<LayerNodes> layers{{"input", "InputLayer", {}}};
  LayerNames names;
  Path current;
  for (int number = 0; number < nodes.graph->node_size(); ++number) {
    if (nodes.is_fixed[number]) continue;
    const ::onnx::NodeProto& node = nodes.node(number);
    Path module = modules.layer_of(path_of(node), granularity);
    if (module.empty() || module != current) {
      std::string name = module.empty() ? name_of(node) : joined(module);
      layers.push_back({names.unique(name.empty() ? "node" : std::move(name)), "", {}});
    }
    current = std::move(module);
    layers.back().nodes.push_back(number);
  }
  for (std::size_t i = 1; i < layers.size(); ++i) layers[i].type = type_of(nodes, layers[i]);
  return layers;
}

}  // namespace scission::onnx
