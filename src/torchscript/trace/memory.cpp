#include "torchscript/trace/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace scission::torchscript {
namespace {

using torch::jit::Value;

const Fact* fact_of(const Trace& trace, const Value* value) {
  const auto fact = trace.facts.find(value);
  return fact == trace.facts.end() ? nullptr : &fact->second;
}

const Value* memory_of(const Trace& trace, const Value* value) {
  const Fact* fact = fact_of(trace, value);
  return fact ? fact->memory : nullptr;
}

// By memory: the last step that reads it, or "never ends" for what the model returns.
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

/// A layer touches memory that some layer changes.
struct Access {
  int layer = 0;
  bool writes = false;
};

class ChangedMemory {
 public:
  ChangedMemory(const Trace& trace, const std::vector<LayerSteps>& layers) : trace_(trace) {
    for (const Value* input : trace.code->inputs()) made_[input] = 0;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      for (const Step* step : layers[layer].steps) visit(*step, static_cast<int>(layer));
    }
  }

  // Calls visit(maker, accesses, value) for each memory that is changed after its making.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [memory, accesses] : ordered()) {
      const bool changed = std::any_of(accesses->begin(), accesses->end(),
                                       [](const Access& access) { return access.writes; });
      if (changed) visit(made_.at(memory), *accesses, memory);
    }
  }

 private:
  void visit(const Step& step, int layer) {
    for (const Value* output : step.node->outputs()) made_[output] = layer;
    for (const Value* read : outside_reads({step.node})) touch(read, {layer, false});
    for (const Value* written : step.writes) touch(written, {layer, true});
  }

  void touch(const Value* value, Access access) {
    const Value* memory = memory_of(trace_, value);
    if (!memory) return;
    if (!accesses_.contains(memory)) first_touched_.push_back(memory);
    accesses_[memory].push_back(access);
  }

  std::vector<std::pair<const Value*, const std::vector<Access>*>> ordered() const {
    std::vector<std::pair<const Value*, const std::vector<Access>*>> all;
    for (const Value* memory : first_touched_) all.emplace_back(memory, &accesses_.at(memory));
    return all;
  }

  const Trace& trace_;
  std::unordered_map<const Value*, int> made_;
  std::unordered_map<const Value*, std::vector<Access>> accesses_;
  std::vector<const Value*> first_touched_;
};

// Reads come after the write before them, writes after all reads and the write before them.
void keep_in_order(int maker, const std::vector<Access>& accesses, ModelGraph& graph) {
  int last_write = maker;
  std::vector<int> readers;
  const auto follow = [&](int later, int earlier) {
    if (earlier < later) graph.layers[later].after.push_back(earlier);
  };
  for (const Access& access : accesses) {
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

void forbid_cuts_between(int maker, const std::vector<Access>& accesses, const std::string& name,
                         ModelGraph& graph) {
  int changer = maker;
  for (const Access& access : accesses) {
    if (access.writes) changer = access.layer;
  }
  if (changer == maker) return;
  const int tie = static_cast<int>(graph.values.size());
  scission::Value value;
  value.name = name;
  value.kind = ValueKind::opaque;
  value.why_opaque =
      fmt::format("layer {} ({}) changes it in place", changer, graph.layers[changer].name);
  graph.values.push_back(std::move(value));
  graph.layers[maker].outputs.push_back(tie);
  graph.layers[changer].inputs.push_back(tie);
}

}  // namespace

void measure_working_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                            ModelGraph& graph) {
  const auto last = last_reads(trace);
  std::size_t position = 0;
  std::unordered_map<const Step*, std::size_t> positions;
  for (const Step& step : trace.steps) positions[&step] = position++;
  for (const Value* input : trace.code->inputs()) {
    graph.layers.at(0).working_bytes += trace.facts.at(input).bytes;
  }
  for (std::size_t layer = 1; layer < layers.size(); ++layer) {
    std::int64_t now = 0;
    std::unordered_map<const Value*, std::int64_t> held;
    for (const Step* step : layers[layer].steps) {
      for (const Value* output : step->node->outputs()) {
        const Fact* fact = fact_of(trace, output);
        if (!fact || fact->memory != output) continue;
        held[output] = fact->bytes;
        now += fact->bytes;
      }
      graph.layers[layer].working_bytes = std::max(graph.layers[layer].working_bytes, now);
      std::erase_if(held, [&](const auto& entry) {
        const auto read = last.find(entry.first);
        const bool over = read == last.end() || read->second <= positions.at(step);
        if (over) now -= entry.second;
        return over;
      });
    }
  }
}

bool tie_changed_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                        ModelGraph& graph) {
  bool changes_input = false;
  ChangedMemory(trace, layers)
      .for_each([&](int maker, const std::vector<Access>& accesses, const Value* memory) {
        keep_in_order(maker, accesses, graph);
        forbid_cuts_between(maker, accesses, memory->debugName(), graph);
        changes_input = changes_input || maker == 0;
      });
  return changes_input;
}

}  // namespace scission::torchscript
