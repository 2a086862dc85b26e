#include "torchscript/split/segment_code.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <unordered_set>

#include "scission/base/error.hpp"
#include "torchscript/trace/facts.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using Shapes = std::vector<std::vector<std::int64_t>>;
namespace aten = c10::aten;

/// Makes in a segment what does not cross a cut: views, numbers, lists.
class Remaker {
 public:
  Remaker(const ReadModel& model, const Values& inputs, const OtherBatch* other)
      : trace_(model.trace), other_(other) {
    for (const torch::jit::Value* input : inputs) {
      shapes_.push_back(trace_.facts.at(input).shape);
      if (other) other_shapes_.push_back(other->fact(input).shape);
    }
  }

  torch::jit::Value* operator()(Graph& graph, torch::jit::Value* value, const CopyOf& copy_of) {
    if (is_pack(value)) return replay(graph, value, copy_of);
    const Fact& fact = trace_.facts.at(value);
    if (fact.kind == ValueKind::fixed && !fact.constant.isNone()) return number(graph, value, fact);
    if (fact.can_replay) return replay(graph, value, copy_of);
    throw Error(ErrorCode::unsupported,
                fmt::format("'{}' is needed, but did not cross the cut", value->debugName()));
  }

  bool any_batch() const { return any_batch_; }

 private:
  static torch::jit::Value* replay(Graph& graph, torch::jit::Value* value, const CopyOf& copy_of) {
    Node* copy = graph.insertNode(graph.createClone(value->node(), copy_of));
    return copy->outputs().at(value->offset());
  }

  torch::jit::Value* number(Graph& graph, const torch::jit::Value* value, const Fact& fact) {
    if (!other_) return graph.insertConstant(fact.constant);
    const c10::IValue& others = other_->fact(value).constant;
    const auto ours = integer(fact.constant);
    const auto theirs = integer(others);
    if (!ours || !theirs) {
      any_batch_ = any_batch_ && (fact.constant.isTensor() || fact.constant == others);
      return graph.insertConstant(fact.constant);
    }
    if (*ours == *theirs) return graph.insertConstant(fact.constant);
    const auto rule = size_rule(*ours, *theirs, shapes_, other_shapes_);
    if (!rule) {
      any_batch_ = false;
      return graph.insertConstant(fact.constant);
    }
    return sized(graph, *rule, fact.constant.isTensor());
  }

  // A number, or a tensor that holds one, as tracing makes of sizes.
  static std::optional<std::int64_t> integer(const c10::IValue& value) {
    if (value.isInt()) return value.toInt();
    if (value.isTensor() && value.toTensor().scalar_type() == at::kLong) {
      return value.toTensor().item<std::int64_t>();
    }
    return std::nullopt;
  }

  static torch::jit::Value* sized(Graph& graph, const SizeRule& rule, bool as_tensor) {
    torch::jit::Value* value = graph.insert(
        aten::size, {graph.inputs().at(rule.input), static_cast<std::int64_t>(rule.dimension)});
    if (rule.numerator != 1) value = graph.insert(aten::mul, {value, rule.numerator});
    if (rule.denominator != 1) value = graph.insert(aten::floordiv, {value, rule.denominator});
    if (!as_tensor) return value;
    Node* tensor = graph.insertNode(graph.create(c10::prim::NumToTensor, {value}));
    return tensor->output();
  }

  const Trace& trace_;
  const OtherBatch* other_;
  Shapes shapes_;
  Shapes other_shapes_;
  bool any_batch_ = true;
};

Values values_of(const ReadModel& model, const std::vector<int>& indices) {
  Values values;
  for (const int index : indices) values.push_back(model.values.at(index));
  return values;
}

// What the segment has: what it was given, what it has made so far, and what can be had of those.
class Available {
 public:
  Available(const Trace& trace, const Values& inputs) : trace_(trace) {
    values_.insert(inputs.begin(), inputs.end());
  }

  void add(const Node& node) { values_.insert(node.outputs().begin(), node.outputs().end()); }

  bool operator()(const torch::jit::Value* value) const {
    while (!values_.contains(value)) {
      const auto fact = trace_.facts.find(value);
      if (fact == trace_.facts.end() || !fact->second.can_replay || !fact->second.view_of) {
        return false;
      }
      value = fact->second.view_of;
    }
    return true;
  }

 private:
  const Trace& trace_;
  std::unordered_set<const torch::jit::Value*> values_;
};

bool is_single_number(const Trace& trace, const torch::jit::Value* value) {
  const auto fact = trace.facts.find(value);
  return fact != trace.facts.end() && fact->second.kind == ValueKind::fixed &&
         !fact->second.constant.isList();
}

// The layers' nodes, without those whose numbers are known though the tensor whose size they take
// did not cross: Remaker gives them to who reads them.
Nodes nodes_of(const ReadModel& model, int first_layer, int last_layer, Available& available) {
  Nodes nodes;
  for (int layer = first_layer; layer <= last_layer; ++layer) {
    for (Node* node : model.layers.at(layer).nodes()) {
      const Values reads = outside_reads({node});
      const bool runs =
          !gives_fixed_numbers(*node, model.trace.facts) ||
          std::all_of(reads.begin(), reads.end(), [&](const torch::jit::Value* value) {
            return is_single_number(model.trace, value) || available(value);
          });
      if (!runs) continue;
      nodes.push_back(node);
      available.add(*node);
    }
  }
  return nodes;
}

// What crosses at the cut. Where one tensor was to stand for several views of it, but the cut
// before has let through only views, the views themselves.
std::vector<int> crossing(const ReadModel& model, const Cut& cut, const Available& available) {
  const bool all = std::all_of(cut.crossing.begin(), cut.crossing.end(),
                               [&](int value) { return available(model.values.at(value)); });
  if (all) return cut.crossing;
  std::vector<int> alive = alive_after(model.graph, cut.layer);
  std::erase_if(alive,
                [&](int value) { return model.graph.values[value].kind != ValueKind::tensor; });
  return alive;
}

}  // namespace

std::vector<SegmentCode> segment_code(const ReadModel& model, const std::vector<Cut>& cuts,
                                      const OtherBatch* other) {
  std::vector<SegmentCode> segments;
  std::vector<int> entering = model.graph.layers.at(0).outputs;
  std::erase_if(entering, [&](int value) { return model.values.at(value) == nullptr; });
  int first = 0;
  for (const Cut& cut : cuts) {
    SegmentCode segment{first, cut.layer, entering, {}, nullptr, true};
    const Values inputs = values_of(model, entering);
    Available available(model.trace, inputs);
    const Nodes nodes = nodes_of(model, first, cut.layer, available);
    const bool last = &cut == &cuts.back();
    Values outputs = model.trace.code->outputs().vec();
    if (!last) {
      segment.outputs = crossing(model, cut, available);
      outputs = values_of(model, segment.outputs);
    } else {
      segment.outputs = model.graph.outputs;
    }
    Remaker remaker(model, inputs, other);
    segment.graph = subgraph(nodes, inputs, outputs, std::ref(remaker));
    segment.any_batch = remaker.any_batch();
    entering = segment.outputs;
    first = cut.layer + 1;
    segments.push_back(std::move(segment));
  }
  return segments;
}

}  // namespace scission::torchscript
