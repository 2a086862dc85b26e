// Which operations make up which layer, by the modules that they were called from; who shares
// memory with whom, who changes it, and how much of it each layer needs.
#include "torchscript/trace/read_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/require.hpp"
#include "model/liveness_and_views.hpp"

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
  return is_fixed_scalar || (info->dtype.empty() && info->opaque_reason != "a list of tensors");
}

Role role_of(const Node& node, const Trace& trace) {
  const auto outputs = node.outputs();
  const bool bookkeeping =
      std::all_of(outputs.begin(), outputs.end(),
                  [&](const torch::jit::Value* output) { return is_number(output, trace); });
  if (bookkeeping) return Role::joins_next;
  const bool unpacks = node.kind() == prim::ListUnpack;
  return unpacks || node.hasAttribute(EarlyExit::choice_mark) ? Role::joins_previous : Role::layer;
}

class Grouping {
 public:
  Grouping(const Trace& trace, Granularity granularity) : trace_(trace), granularity_(granularity) {
    layers_.push_back({"input", "InputLayer", false, {}});
  }

  void add(const Step& step) {
    if (step.node->hasAttribute(EarlyExit::exit_mark)) {
      begin_layer("exit", exit_layer_type, false, {});
      take_pending();
      layers_.back().steps.push_back(&step);
      return;
    }
    const std::vector<ModuleCall> path = call_path(step.source ? *step.source : *step.node);
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
    const bool keras = depth > 0 && path[depth - 1].package.starts_with("__torch__.scission");
    begin_layer(std::move(name), depth > 0 ? path[depth - 1].type : node.kind().toQualString(),
                keras, calls);
  }

  void begin_layer(std::string name, const std::string& type, bool keras,
                   const std::string& calls) {
    const int earlier = times_used_[name]++;
    if (earlier > 0) name += fmt::format("#{}", earlier + 1);
    layers_.push_back({std::move(name), type, keras, {}});
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

using torch::jit::Value;

const Value* memory_of(const Trace& trace, const Value* value) {
  const ValueInfo* info = trace.info(value);
  return info ? info->memory : nullptr;
}

// By memory: the last step that reads it; "never" for what the model returns.
std::unordered_map<const Value*, std::size_t> last_reading_steps(const Trace& trace) {
  std::unordered_map<const Value*, std::size_t> last;
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    for (const Value* read : outside_reads({trace.steps[i].node})) {
      if (const Value* memory = memory_of(trace, read)) last[memory] = i;
    }
  }
  for (const Value* output : trace.code->outputs()) {
    last[memory_of(trace, output)] = std::numeric_limits<std::size_t>::max();
  }
  return last;
}

/// An operation of the layer reads or writes a memory.
struct Access {
  int layer = 0;
  bool writes = false;
};

/// Memory that is changed after its allocation.
struct ChangedMemory {
  const Value* memory = nullptr;  ///< the value that allocated it
  int maker = 0;                  ///< the layer of that value
  std::vector<Access> accesses;   ///< in the order of the operations
  bool is_gathered = false;       ///< it is changed in parts, see writes_part()

  /// The last layer that changes it.
  int changer() const {
    int last = maker;
    for (const Access& access : accesses) {
      if (access.writes) last = access.layer;
    }
    return last;
  }
};

// In the order of the first access.
std::vector<ChangedMemory> find_changed_memory(const Trace& trace,
                                               const std::vector<LayerSteps>& layers) {
  std::vector<ChangedMemory> all;
  std::unordered_map<const Value*, std::size_t> positions;
  std::unordered_map<const Value*, int> makers;
  const auto note = [&](const Value* value, Access access, bool is_part = false) {
    const Value* memory = memory_of(trace, value);
    if (!memory) return;
    const auto [position, is_new] = positions.try_emplace(memory, all.size());
    if (is_new) all.push_back({memory, 0, {}});
    ChangedMemory& changed = all[position->second];
    changed.accesses.push_back(access);
    changed.is_gathered = changed.is_gathered || is_part;
  };
  for (const Value* input : trace.code->inputs()) makers[input] = 0;
  for (int layer = 0; layer < static_cast<int>(layers.size()); ++layer) {
    for (const Step* step : layers[layer].steps) {
      for (const Value* output : step->node->outputs()) makers[output] = layer;
      for (const Value* read : outside_reads({step->node})) note(read, {layer, false});
      const bool is_part = writes_part(*step->node);
      for (const Value* written : step->writes) note(written, {layer, true}, is_part);
    }
  }
  std::erase_if(all, [](const ChangedMemory& memory) {
    return std::none_of(memory.accesses.begin(), memory.accesses.end(),
                        [](const Access& access) { return access.writes; });
  });
  for (ChangedMemory& changed : all) changed.maker = makers.at(changed.memory);
  return all;
}

// A read follows the preceding write; a write follows the preceding write and all reads since.
void order_accesses(const ChangedMemory& changed, ModelGraph& graph) {
  int last_write = changed.maker;
  std::vector<int> readers;
  const auto follow = [&](int later, int earlier) {
    if (earlier < later) graph.layers[later].after.push_back(earlier);
  };
  for (const Access& access : changed.accesses) {
    follow(access.layer, last_write);
    if (access.writes) {
      for (const int reader : readers) follow(access.layer, reader);
      readers.clear();
      last_write = access.layer;
    } else {
      readers.push_back(access.layer);
    }
  }
}

// Whether, at each place before the last change, one value of the memory crosses, or one and views
// of it, which are views on the other side too: then all that reads the memory behind a cut sees
// what is written to it there. In another order of the layers this holds as well, because reads
// keep their places between the writes.
bool crosses_as_one(const ChangedMemory& changed, const ReadModel& model,
                    const std::vector<Lifetime>& lives) {
  const ModelGraph& graph = model.graph;
  std::vector<int> sharing;
  for (int value = 0; value < static_cast<int>(model.values.size()); ++value) {
    if (memory_of(model.trace, model.values[value]) == changed.memory) sharing.push_back(value);
  }
  const auto is_view = [&](int view, int source) {
    while (view >= 0 && view != source) view = graph.values[view].view_of;
    return view == source;
  };
  for (int layer = changed.maker; layer < changed.changer(); ++layer) {
    std::vector<int> alive;
    for (const int value : sharing) {
      if (lives.at(value).alive_after(layer)) alive.push_back(value);
    }
    const bool one = std::any_of(alive.begin(), alive.end(), [&](int source) {
      return std::all_of(alive.begin(), alive.end(),
                         [&](int value) { return is_view(value, source); });
    });
    if (!one) return false;
  }
  return true;
}

// An opaque value from the layer that allocates the memory to the last one that changes it.
void forbid_cuts_before_last_change(const ChangedMemory& changed, ModelGraph& graph) {
  const int changer = changed.changer();
  if (changer == changed.maker) return;
  const int tie = static_cast<int>(graph.values.size());
  scission::Value value;
  value.name = changed.memory->debugName();
  value.kind = ValueKind::opaque;
  value.opaque_reason =
      fmt::format("layer {} ({}) changes it in place", changer, graph.layers[changer].name);
  graph.values.push_back(std::move(value));
  graph.layers[changed.maker].outputs.push_back(tie);
  graph.layers[changer].inputs.push_back(tie);
}

// ", model.py:30", the line of the Python code that the operation comes from, if the file says it.
std::string line_of_code(const Node& node) {
  const auto original = node.sourceRange().findSourceRangeThatGenerated();
  if (!original) return {};
  const auto place = original->file_line_col();
  if (!place) return {};
  const std::string file = std::filesystem::path(std::get<0>(*place)).filename().string();
  return fmt::format(", {}:{}", file, std::get<1>(*place));
}

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
  const std::string name =
      path.empty() ? kind : fmt::format("{} ({})", path_name(path, path.size()), kind);
  return name + line_of_code(node);
}

void measure_working_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                            ModelGraph& graph) {
  const auto last = last_reading_steps(trace);
  std::unordered_map<const Step*, std::size_t> positions;
  for (const Step& step : trace.steps) positions.emplace(&step, positions.size());
  for (const Value* input : trace.code->inputs()) {
    graph.layers.at(0).working_bytes += trace.info(input)->bytes;
  }
  for (std::size_t layer = 1; layer < layers.size(); ++layer) {
    std::int64_t now = 0;
    std::unordered_map<const Value*, std::int64_t> held;
    for (const Step* step : layers[layer].steps) {
      for (const Value* output : step->node->outputs()) {
        const ValueInfo* info = trace.info(output);
        if (!info || info->memory != output) continue;
        held[output] = info->bytes;
        now += info->bytes;
      }
      graph.layers[layer].working_bytes = std::max(graph.layers[layer].working_bytes, now);
      std::erase_if(held, [&](const auto& entry) {
        const auto read = last.find(entry.first);
        const bool is_released = read == last.end() || read->second <= positions.at(step);
        if (is_released) now -= entry.second;
        return is_released;
      });
    }
  }
}

void order_exits(const std::vector<LayerSteps>& layers, ModelGraph& graph) {
  int exit = -1;
  for (int layer = 0; layer < static_cast<int>(layers.size()); ++layer) {
    if (exit >= 0) graph.layers[layer].after.push_back(exit);
    if (layers[layer].type == exit_layer_type) exit = layer;
  }
}

bool constrain_in_place_changes(ReadModel& model) {
  bool changes_input = false;
  const std::vector<Lifetime> lives = lifetimes(model.graph);
  for (const ChangedMemory& changed : find_changed_memory(model.trace, model.layers)) {
    order_accesses(changed, model.graph);
    // What experts add up in may cross from one to the next. For other changes, such as an
    // activation's, a cut before them gains nothing.
    const bool may_cross =
        changed.is_gathered && changed.maker > 0 && crosses_as_one(changed, model, lives);
    if (!may_cross) forbid_cuts_before_last_change(changed, model.graph);
    changes_input = changes_input || changed.maker == 0;
  }
  return changes_input;
}

}  // namespace scission::torchscript
