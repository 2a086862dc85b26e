#include "torchscript/trace/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/enum_names.hpp"
#include "torchscript/trace/call_path.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;
namespace prim = c10::prim;

constexpr std::array<std::string_view, 3> granularity_names{"op", "layer", "block"};

bool is_list_of_modules(const std::string& type) {
  return type == "Sequential" || type == "ModuleList" || type == "ModuleDict";
}

// How many of the path's submodules, from the outermost on, name the layer; 0 for none.
std::size_t depth_of_layer(const std::vector<ModuleCall>& path, Granularity granularity) {
  if (path.empty() || granularity == Granularity::operation) return 0;
  const std::size_t leaf = path.back().is_leaf ? path.size() : 0;
  if (granularity == Granularity::layer) return leaf;
  std::size_t depth = leaf > 0 ? leaf - 1 : path.size();
  while (depth > 0 && is_list_of_modules(path[depth - 1].type)) --depth;
  return depth > 0 ? depth : leaf;
}

enum class Kind { operation, goes_with_next, goes_with_previous };

bool is_number(const torch::jit::Value* output, const Trace& trace) {
  const auto fact = trace.facts.find(output);
  if (fact == trace.facts.end()) return true;
  const bool scalar = fact->second.kind == ValueKind::fixed && !fact->second.constant.isNone();
  return scalar || (fact->second.dtype.empty() && fact->second.why_opaque != "a list of tensors");
}

Kind kind_of(const Node& node, const Trace& trace) {
  const auto outputs = node.outputs();
  const bool bookkeeping =
      std::all_of(outputs.begin(), outputs.end(),
                  [&](const torch::jit::Value* output) { return is_number(output, trace); });
  if (bookkeeping) return Kind::goes_with_next;
  return node.kind() == prim::ListUnpack ? Kind::goes_with_previous : Kind::operation;
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
    // A call that comes to the same operation again is another round of a loop.
    const bool repeats = step.source && sources_.contains(step.source);
    const bool continues = depth > 0 && calls == current_ && !repeats;
    const Kind kind = kind_of(*step.node, trace_);
    if (kind == Kind::goes_with_next && !continues) {
      pending_.push_back(&step);
      return;
    }
    if (kind == Kind::operation && !continues) begin(*step.node, path, depth, calls);
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
  std::vector<const Step*> pending_;  ///< bookkeeping for the next layer
  std::string current_;               ///< the call that the last layer is
  std::unordered_set<const Node*> sources_;
  std::unordered_map<std::string, int> times_used_{{"input", 1}};
};

}  // namespace

std::string to_string(Granularity granularity) {
  return std::string(granularity_names.at(static_cast<std::size_t>(granularity)));
}

Granularity parse_granularity(std::string_view text) {
  return parse_enum<Granularity>(granularity_names, text, "granularity");
}

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

}  // namespace scission::torchscript
