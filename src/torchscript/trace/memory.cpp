// Who shares memory with whom, who changes it, and how much of it each layer needs.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Value;

const Value* memory_of(const Trace& trace, const Value* value) {
  const ValueInfo* info = trace.info(value);
  return info ? info->memory : nullptr;
}

// By memory: the last step that reads it; "never" for what the model returns.
std::unordered_map<const Value*, std::size_t> last_reads(const Trace& trace) {
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
};

// In the order of the first access.
std::vector<ChangedMemory> find_changed_memory(const Trace& trace,
                                               const std::vector<LayerSteps>& layers) {
  std::vector<ChangedMemory> all;
  std::unordered_map<const Value*, std::size_t> positions;
  std::unordered_map<const Value*, int> makers;
  const auto note = [&](const Value* value, Access access) {
    const Value* memory = memory_of(trace, value);
    if (!memory) return;
    const auto [position, is_new] = positions.try_emplace(memory, all.size());
    if (is_new) all.push_back({memory, 0, {}});
    all[position->second].accesses.push_back(access);
  };
  for (const Value* input : trace.code->inputs()) makers[input] = 0;
  for (int layer = 0; layer < static_cast<int>(layers.size()); ++layer) {
    for (const Step* step : layers[layer].steps) {
      for (const Value* output : step->node->outputs()) makers[output] = layer;
      for (const Value* read : outside_reads({step->node})) note(read, {layer, false});
      for (const Value* written : step->writes) note(written, {layer, true});
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

// An opaque value from the layer that allocates the memory to the last one that changes it.
void forbid_cuts_before_last_change(const ChangedMemory& changed, ModelGraph& graph) {
  int changer = changed.maker;
  for (const Access& access : changed.accesses) {
    if (access.writes) changer = access.layer;
  }
  if (changer == changed.maker) return;
  const int tie = static_cast<int>(graph.values.size());
  scission::Value value;
  value.name = changed.memory->debugName();
  value.kind = ValueKind::opaque;
  value.why_opaque =
      fmt::format("layer {} ({}) changes it in place", changer, graph.layers[changer].name);
  graph.values.push_back(std::move(value));
  graph.layers[changed.maker].outputs.push_back(tie);
  graph.layers[changer].inputs.push_back(tie);
}

}  // namespace

void measure_working_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                            ModelGraph& graph) {
  const auto last = last_reads(trace);
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

bool tie_changed_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                        ModelGraph& graph) {
  bool changes_input = false;
  for (const ChangedMemory& changed : find_changed_memory(trace, layers)) {
    order_accesses(changed, graph);
    forbid_cuts_before_last_change(changed, graph);
    changes_input = changes_input || changed.maker == 0;
  }
  return changes_input;
}

}  // namespace scission::torchscript
