#include "torchscript/trace/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/require.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;
namespace prim = c10::prim;

/// One submodule on the way from the model to an operation.
struct ModuleCall {
  std::string name;      ///< "conv1", or "0" in a list
  std::string type;      ///< "Conv2d"
  std::string package;   ///< "__torch__.torch.nn.modules.conv"
  bool is_leaf = false;  ///< has no submodules
  std::string calls;     ///< identifies the call: the submodule may be called several times
};

bool has_submodules(const c10::ClassType& type) {
  const auto& attributes = type.getAttributes();
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& attribute) { return attribute.getType()->is_module(); });
}

// From the outermost submodule to the innermost; empty for the model's own code. The call stack
// also holds functions, and calls of a module's own methods.
std::vector<ModuleCall> call_path(const torch::jit::Node& node) {
  std::vector<ModuleCall> path;
  std::string calls;
  for (auto entry = node.callstack(); entry; entry = (*entry)->callee()) {
    calls += fmt::format("@{}", (*entry)->source_range().start());
    const auto instance = (*entry)->module_instance();
    if (!instance || !instance->class_type() || instance->instance_name() == "SELF") continue;
    const c10::ClassType& type = *instance->class_type();
    path.push_back({instance->instance_name(), type.name() ? type.name()->name() : "Module",
                    type.name() ? type.name()->prefix() : "", !has_submodules(type), calls});
  }
  return path;
}

// The first `depth` names, joined by dots: "layer1.0.conv1".
std::string path_name(const std::vector<ModuleCall>& path, std::size_t depth) {
  std::string name;
  for (std::size_t i = 0; i < std::min(depth, path.size()); ++i) {
    if (i > 0) name += '.';
    name += path[i].name;
  }
  return name;
}

bool is_list_of_modules(const std::string& type) {
  return type == "Sequential" || type == "ModuleList" || type == "ModuleDict";
}

// How many of the path's submodules, from the outermost on, form the layer's name; 0: not a module.
std::size_t depth_of_layer(const std::vector<ModuleCall>& path, Granularity granularity) {
  if (path.empty() || granularity == Granularity::operation) return 0;
  const std::size_t leaf = path.back().is_leaf ? path.size() : 0;
  if (granularity == Granularity::layer) return leaf;
  std::size_t depth = leaf > 0 ? leaf - 1 : path.size();
  while (depth > 0 && is_list_of_modules(path[depth - 1].type)) --depth;
  return depth > 0 ? depth : leaf;
}

enum class Role { layer, joins_next, joins_previous };

// Whether the value is no tensor of data: a number, a size, a list of those, a container.
bool is_number(const torch::jit::Value* output, const Trace& trace) {
  const ValueInfo* info = trace.info(output);
  if (!info) return true;
  const bool is_fixed_scalar = info->kind == ValueKind::fixed && !info->constant.isNone();
  return is_fixed_scalar || (info->dtype.empty() && info->why_opaque != "a list of tensors");
}

Role role_of(const Node& node, const Trace& trace) {
  const auto outputs = node.outputs();
  const bool bookkeeping =
      std::all_of(outputs.begin(), outputs.end(),
                  [&](const torch::jit::Value* output) { return is_number(output, trace); });
  if (bookkeeping) return Role::joins_next;
  return node.kind() == prim::ListUnpack ? Role::joins_previous : Role::layer;
}

class Grouping {
 public:
  Grouping(const Trace& trace, Granularity granularity) : trace_(trace), granularity_(granularity) {
    layers_.push_back({"input", "InputLayer", false, {}});
  }

  void add(const Step& step) {
    const std::vector<ModuleCall> path = call_path(*step.node);
    const std::size_t depth = depth_of_layer(path, granularity_);
    const std::string calls = depth > 0 ? path_name(path, depth) + path[depth - 1].calls : "";
    // The same operation of the model again: another iteration of a loop.
    const bool repeats = step.source && sources_.contains(step.source);
    const bool continues = depth > 0 && calls == current_ && !repeats;
    const Role role = role_of(*step.node, trace_);
    if (role == Role::joins_next && !continues) {
      pending_.push_back(&step);
      return;
    }
    if (role == Role::layer && !continues) begin(*step.node, path, depth, calls);
    take_pending();
    layers_.back().steps.push_back(&step);
    if (step.source) sources_.insert(step.source);
  }

  std::vector<LayerSteps> finish() {
    take_pending();
    return std::move(layers_);
  }

 private:
  void begin(const Node& node, const std::vector<ModuleCall>& path, std::size_t depth,
             const std::string& calls) {
    const std::string operation = node.kind().toUnqualString();
    const std::string inside = path_name(path, path.size());
    std::string name = depth > 0 ? path_name(path, depth)
                       : granularity_ == Granularity::operation && !inside.empty()
                           ? fmt::format("{}.{}", inside, operation)
                           : operation;
    const int earlier = times_used_[name]++;
    if (earlier > 0) name += fmt::format("#{}", earlier + 1);
    const bool keras = depth > 0 && path[depth - 1].package.starts_with("__torch__.scission");
    layers_.push_back(
        {name, depth > 0 ? path[depth - 1].type : node.kind().toQualString(), keras, {}});
    current_ = calls;
    sources_.clear();
  }

  void take_pending() {
    auto& steps = layers_.back().steps;
    steps.insert(steps.end(), pending_.begin(), pending_.end());
    pending_.clear();
  }

  const Trace& trace_;
  Granularity granularity_;
  std::vector<LayerSteps> layers_;
  std::vector<const Step*> pending_;  ///< for the next layer
  std::string current_;               ///< the call of the last layer
  std::unordered_set<const Node*> sources_;
  std::unordered_map<std::string, int> times_used_{{"input", 1}};
};

}  // namespace

Nodes LayerSteps::nodes() const {
  Nodes all;
  for (const Step* step : steps) all.push_back(step->node);
  return all;
}

std::vector<LayerSteps> group_layers(const Trace& trace, Granularity granularity) {
  Grouping grouping(trace, granularity);
  for (const Step& step : trace.steps) grouping.add(step);
  return grouping.finish();
}

std::string describe(const torch::jit::Node& node) {
  const std::vector<ModuleCall> path = call_path(node);
  const std::string kind = node.kind().toQualString();
  return path.empty() ? kind : fmt::format("{} ({})", path_name(path, path.size()), kind);
}

}  // namespace scission::torchscript
