// The code of segments as graphs that run by themselves, and as modules.
#include <fmt/format.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "scission/base.hpp"
#include "torchscript/split/split_state.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;
using Shapes = std::vector<std::vector<std::int64_t>>;
namespace aten = c10::aten;

/// number = size · numerator / denominator, where size is a dimension of a segment's input.
struct SizeRule {
  int input = 0;      ///< which input
  int dimension = 0;  ///< which of its dimensions
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

bool is_same_constant(const c10::IValue& a, const c10::IValue& b) {
  if (!a.isTensor() || !b.isTensor()) return a == b;
  const at::Tensor& left = a.toTensor();
  const at::Tensor& right = b.toTensor();
  if (left.defined() != right.defined()) return false;
  return !left.defined() || left.is_same(right) ||
         (left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type() &&
          (left.layout() != at::kStrided || left.is_alias_of(right) || left.equal(right)));
}

bool is_same_constant(const Node& a, const Node& b) {
  if (a.kind() != c10::prim::Constant) return true;
  const auto left = torch::jit::toIValue(a.output());
  const auto right = torch::jit::toIValue(b.output());
  if (!left || !right) return left.has_value() == right.has_value();
  // Objects, such as packed weights, are constants of the code itself.
  if (left->isObject() || left->isCapsule() || left->isTensorList()) return true;
  return left->tagKind() == right->tagKind() && is_same_constant(*left, *right);
}

using MemorySet = std::unordered_set<const torch::jit::Value*>;

// The memory that the traced code changes in place.
MemorySet written_memory(const Trace& trace) {
  MemorySet written;
  for (const Step& step : trace.steps) {
    for (const torch::jit::Value* value : step.writes) {
      const ValueInfo* info = trace.info(value);
      if (info && info->memory) written.insert(info->memory);
    }
  }
  return written;
}

// An input dimension that is proportional to the number in all traced batch sizes, or nullopt.
// O(dimensions · others).
std::optional<SizeRule> size_rule(std::int64_t number,
                                  const std::vector<std::int64_t>& other_numbers,
                                  const Shapes& shapes, const std::vector<Shapes>& other_shapes) {
  for (std::size_t input = 0; input < shapes.size(); ++input) {
    for (std::size_t dimension = 0; dimension < shapes[input].size(); ++dimension) {
      const std::int64_t size = shapes[input][dimension];
      const auto grows_alike = [&](std::size_t i) {
        return number * other_shapes[i][input].at(dimension) == other_numbers[i] * size;
      };
      bool holds = size != 0 && size != other_shapes[0][input].at(dimension);
      for (std::size_t i = 0; holds && i < other_numbers.size(); ++i) holds = grows_alike(i);
      if (!holds) continue;
      const std::int64_t divisor = std::gcd(number, size);
      return SizeRule{static_cast<int>(input), static_cast<int>(dimension), number / divisor,
                      size / divisor};
    }
  }
  return std::nullopt;
}

/// Recreates in a segment the values that do not cross a cut: views, numbers, lists.
class Rematerialiser {
 public:
  /// `place` is the cut before the segment, for errors.
  Rematerialiser(const Trace& trace, const Values& inputs, const std::vector<OtherBatch>& others,
                 std::string place)
      : trace_(trace), others_(others), place_(std::move(place)), other_shapes_(others.size()) {
    for (const torch::jit::Value* input : inputs) {
      shapes_.push_back(trace_.infos.at(input).shape);
      for (std::size_t i = 0; i < others.size(); ++i) {
        other_shapes_[i].push_back(others[i].info(input).shape);
      }
    }
  }

  torch::jit::Value* operator()(Graph& graph, torch::jit::Value* value, const CopyOf& copy_of) {
    if (is_pack(value)) return run_again(graph, value, copy_of);
    const ValueInfo* known = trace_.info(value);
    const ValueInfo info = known ? *known : ValueInfo{};
    if (info.kind == ValueKind::fixed && !info.constant.isNone()) {
      return number(graph, value, info.constant);
    }
    if (info.can_rematerialise) return run_again(graph, value, copy_of);
    throw Error(ErrorCode::unsupported,
                fmt::format("cannot be cut there: what {} computes is needed behind the cut and "
                            "cannot be sent; cut elsewhere",
                            value->node()->kind().toQualString()),
                place_);
  }

  bool any_batch() const { return any_batch_; }

 private:
  static torch::jit::Value* run_again(Graph& graph, torch::jit::Value* value,
                                      const CopyOf& copy_of) {
    Node* copy = graph.insertNode(clone_node(graph, *value->node(), copy_of));
    return copy->outputs().at(value->offset());
  }

  torch::jit::Value* number(Graph& graph, const torch::jit::Value* value,
                            const c10::IValue& number) {
    if (others_.empty()) return graph.insertConstant(number);
    const auto ours = integer(number);
    std::vector<std::int64_t> theirs;
    bool is_constant = true;
    for (const OtherBatch& other : others_) {
      const c10::IValue& other_number = other.info(value).constant;
      const auto size = ours ? integer(other_number) : std::nullopt;
      if (size) theirs.push_back(*size);
      is_constant = is_constant && (size ? *size == *ours : is_same(number, other_number));
    }
    if (is_constant) return graph.insertConstant(number);
    const auto rule = theirs.size() == others_.size()
                          ? size_rule(*ours, theirs, shapes_, other_shapes_)
                          : std::nullopt;
    if (!rule) {
      any_batch_ = false;
      return graph.insertConstant(number);
    }
    return computed_size(graph, *rule, number.isTensor());
  }

  // An integer, or a tensor with a single one, into which tracing turns sizes.
  static std::optional<std::int64_t> integer(const c10::IValue& value) {
    if (value.isInt()) return value.toInt();
    if (value.isTensor() && value.toTensor().scalar_type() == at::kLong) {
      return value.toTensor().item<std::int64_t>();
    }
    return std::nullopt;
  }

  static torch::jit::Value* computed_size(Graph& graph, const SizeRule& rule, bool as_tensor) {
    torch::jit::Value* value = graph.insert(
        aten::size, {graph.inputs().at(rule.input), static_cast<std::int64_t>(rule.dimension)});
    if (rule.numerator != 1) value = graph.insert(aten::mul, {value, rule.numerator});
    if (rule.denominator != 1) value = graph.insert(aten::floordiv, {value, rule.denominator});
    if (!as_tensor) return value;
    return graph.insertNode(graph.create(c10::prim::NumToTensor, {value}))->output();
  }

  static bool is_same(const c10::IValue& a, const c10::IValue& b) {
    return a.isTensor() && b.isTensor() ? a.toTensor().equal(b.toTensor()) : a == b;
  }

  const Trace& trace_;
  const std::vector<OtherBatch>& others_;
  std::string place_;
  Shapes shapes_;
  std::vector<Shapes> other_shapes_;  ///< by other batch
  bool any_batch_ = true;
};

/// How a tensor lies in memory: contiguous up to a permutation of its dimensions and padding.
struct MemoryLayout {
  std::vector<std::int64_t> order;  ///< of the dimensions, the slowest first
  std::vector<std::int64_t>
      padding;            ///< in that order: elements in memory behind a dimension's own
  std::int64_t step = 1;  ///< between the elements of the fastest dimension
};

// nullopt for a contiguous tensor, and for one whose elements share memory.
std::optional<MemoryLayout> layout_of(const at::Tensor& tensor) {
  if (tensor.is_contiguous() || tensor.numel() == 0) return std::nullopt;
  MemoryLayout layout;
  layout.order.resize(tensor.dim());
  std::iota(layout.order.begin(), layout.order.end(), 0);
  // Dimensions of one element may have any stride: they come first.
  const auto stride = [&](std::int64_t i) {
    return tensor.size(i) == 1 ? std::numeric_limits<std::int64_t>::max() : tensor.stride(i);
  };
  std::stable_sort(layout.order.begin(), layout.order.end(),
                   [&](std::int64_t a, std::int64_t b) { return stride(a) > stride(b); });
  layout.padding.resize(layout.order.size());
  for (std::size_t i = 0; i < layout.order.size(); ++i) {
    const std::int64_t size = tensor.size(layout.order[i]);
    if (size == 1) continue;
    const std::int64_t own = stride(layout.order[i]);
    if (own == 0) return std::nullopt;
    const bool is_outermost = i == 0 || tensor.size(layout.order[i - 1]) == 1;
    if (is_outermost) continue;
    const std::int64_t outer = stride(layout.order[i - 1]);
    if (outer % own != 0 || outer / own < size) return std::nullopt;
    layout.padding[i] = outer / own - size;
  }
  layout.step = stride(layout.order.back());
  return layout;
}

/// A tensor that a segment receives, and what is done with it before anything reads it.
class InputRestorer {
 public:
  InputRestorer(Graph& graph, torch::jit::Value* input) : graph_(graph), last_(input) {
    for (const torch::jit::Use& use : input->uses()) readers_.push_back(use);
  }

  void quantise(const at::Tensor& like) {
    add("aten::_make_per_tensor_quantized_tensor", {last_, like.q_scale(), like.q_zero_point()});
  }

  void lay_out(const MemoryLayout& layout) {
    const auto rank = static_cast<std::int64_t>(layout.order.size());
    std::vector<std::int64_t> back(layout.order.size());
    for (std::int64_t i = 0; i < rank; ++i) back[layout.order[i]] = i;
    add("aten::permute", {last_, layout.order});
    std::vector<std::int64_t> pads;  // of the last dimension first, in pairs
    if (layout.step > 1) {
      add("aten::unsqueeze", {last_, std::int64_t{-1}});
      pads = {0, layout.step - 1};
    }
    for (std::int64_t i = rank - 1; i >= 0; --i) {
      pads.push_back(0);
      pads.push_back(layout.padding[i]);
    }
    const bool has_gaps = std::any_of(pads.begin(), pads.end(), [](auto pad) { return pad > 0; });
    torch::jit::Value* const without_gaps = last_;
    add(has_gaps ? "aten::constant_pad_nd" : "aten::contiguous",
        has_gaps ? std::vector<torch::jit::NamedValue>{last_, pads}
                 : std::vector<torch::jit::NamedValue>{last_});
    for (std::int64_t i = 0; i < rank; ++i) {
      if (layout.padding[i] > 0) take_first(i, without_gaps);
    }
    if (layout.step > 1) add("aten::select", {last_, std::int64_t{-1}, std::int64_t{0}});
    add("aten::permute", {last_, back});
  }

 private:
  // As many elements of the dimension as `like` has.
  void take_first(std::int64_t dimension, torch::jit::Value* like) {
    torch::jit::Value* const padded = last_;
    add("aten::size", {like, dimension}, false);
    add("aten::narrow", {padded, dimension, std::int64_t{0}, last_});
  }

  void add(const char* operation, const std::vector<torch::jit::NamedValue>& arguments,
           bool is_tensor = true) {
    torch::jit::WithInsertPoint here(place());
    last_ = graph_.insert(c10::Symbol::fromQualString(operation), arguments);
    after_ = last_->node();
    if (!is_tensor) return;
    for (const torch::jit::Use& reader : readers_) reader.user->replaceInput(reader.offset, last_);
  }

  // After the node that was inserted last, or at the start of the graph.
  Node* place() const { return after_ ? after_->next() : *graph_.block()->nodes().begin(); }

  Graph& graph_;
  torch::jit::Value* last_;
  Node* after_ = nullptr;
  std::vector<torch::jit::Use> readers_;
};

void return_integers(Graph& graph, std::size_t output) {
  torch::jit::WithInsertPoint here(graph.return_node());
  torch::jit::Value* integers =
      graph.insert(c10::Symbol::fromQualString("aten::int_repr"), {graph.outputs().at(output)});
  graph.return_node()->replaceInput(output, integers);
}

Values values_of(const ReadModel& model, const std::vector<int>& indices) {
  Values values;
  for (const int index : indices) values.push_back(model.values.at(index));
  return values;
}

// The values in a segment: its inputs, what it has computed so far, and views of those.
class Available {
 public:
  Available(const Trace& trace, const Values& inputs) : trace_(trace) {
    values_.insert(inputs.begin(), inputs.end());
  }

  void add(const Node& node) { values_.insert(node.outputs().begin(), node.outputs().end()); }

  bool operator()(const torch::jit::Value* value) const {
    while (!values_.contains(value)) {
      const ValueInfo* info = trace_.info(value);
      if (!info || !info->can_rematerialise || !info->view_of) return false;
      value = info->view_of;
    }
    return true;
  }

 private:
  const Trace& trace_;
  std::unordered_set<const torch::jit::Value*> values_;
};

bool is_single_number(const Trace& trace, const torch::jit::Value* value) {
  return trace.is_fixed(value) && !trace.info(value)->constant.isList();
}

// The layers' nodes, except those whose numbers are known although the tensor whose size they read
// did not cross: their readers get these numbers from the Rematerialiser.
Nodes nodes_of(const ReadModel& model, int first_layer, int last_layer, Available& available) {
  Nodes nodes;
  for (int layer = first_layer; layer <= last_layer; ++layer) {
    for (Node* node : model.layers.at(layer).nodes()) {
      const Values reads = outside_reads({node});
      const bool runs =
          !model.trace.yields_fixed_numbers(*node) ||
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

// What crosses the cut. If one tensor were to cross instead of several views of it, but only views
// crossed the preceding cut, the views themselves.
std::vector<int> crossing(const ReadModel& model, const Cut& cut, const Available& available) {
  const bool all = std::all_of(cut.crossing.begin(), cut.crossing.end(),
                               [&](int value) { return available(model.values.at(value)); });
  if (all) return cut.crossing;
  std::vector<int> alive = alive_after(model.graph, cut.layer);
  std::erase_if(alive,
                [&](int value) { return model.graph.values[value].kind != ValueKind::tensor; });
  return alive;
}

// Letters, digits and '_', not beginning with a digit.
std::string identifier(const std::string& text) {
  std::string name = text;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
    name.insert(name.begin(), '_');
  }
  return name;
}

/// Turns constant tensors into attributes of the module, one for each tensor.
class Weights {
 public:
  Weights(Module& module, Value* self) : module_(module), self_(self) {}

  void take_from(torch::jit::Block& block) {
    for (auto node = block.nodes().begin(); node != block.nodes().end(); ++node) {
      for (torch::jit::Block* inner : node->blocks()) take_from(*inner);
      if (is_weight(**node)) {
        replace(*node);
        node.destroyCurrent();
      }
    }
  }

 private:
  static bool is_weight(const Node& node) {
    if (node.kind() != c10::prim::Constant) return false;
    const auto constant = torch::jit::toIValue(node.output());
    return constant && constant->isTensor() && constant->toTensor().defined() &&
           constant->toTensor().dim() > 0;
  }

  void replace(Node* constant) {
    const at::Tensor weight = torch::jit::toIValue(constant->output())->toTensor();
    torch::jit::WithInsertPoint here(constant);
    Value* read = self_->owningGraph()->insertGetAttr(self_, attribute_for(weight, *constant));
    constant->output()->replaceAllUsesWith(read);
  }

  const std::string& attribute_for(const at::Tensor& weight, const Node& constant) {
    std::string& name = names_[weight.unsafeGetTensorImpl()];
    if (!name.empty()) return name;
    const Value& value = *constant.output();
    const std::string stem =
        value.hasDebugName() ? identifier(value.debugNameBase()) : std::string("weight");
    name = stem;
    for (int i = 2; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", stem, i);
    module_.register_buffer(name, weight);
    return name;
  }

  Module& module_;
  Value* self_;
  std::unordered_map<const void*, std::string> names_;
  std::set<std::string> taken_{"training"};
};

void return_one(Graph& graph) {
  if (graph.outputs().size() == 1) return;
  const std::vector<Value*> outputs = graph.outputs().vec();
  Value* tuple = graph.insertNode(graph.createTuple(outputs))->output();
  while (!graph.outputs().empty()) graph.eraseOutput(0);
  graph.registerOutput(tuple);
}

}  // namespace

std::optional<OtherBatch> OtherBatch::compare(const Trace& trace, const Trace& other) {
  OtherBatch result;
  std::unordered_map<const torch::jit::Value*, const torch::jit::Value*> partners;
  const MemorySet written = written_memory(trace);
  const MemorySet other_written = written_memory(other);
  // What is changed in place is the memory of the same values: reshape() may return a view.
  const auto shares_alike = [&](const ValueInfo& ours, const ValueInfo& theirs) {
    if (!written.contains(ours.memory) && !other_written.contains(theirs.memory)) return true;
    const auto partner = partners.find(ours.memory);
    return partner != partners.end() && partner->second == theirs.memory;
  };
  const auto match = [&](const torch::jit::Value* ours, const torch::jit::Value* theirs) {
    partners[ours] = theirs;
    const ValueInfo* info = other.info(theirs);
    const ValueInfo* own = trace.info(ours);
    if (info) result.infos_[ours] = *info;
    if (!info || !own) return info == own;
    return info->kind == own->kind && info->dtype == own->dtype &&
           info->shape.size() == own->shape.size() && shares_alike(*own, *info);
  };
  for (std::size_t i = 0; i < trace.code->inputs().size(); ++i) {
    if (!match(trace.code->inputs()[i], other.code->inputs()[i])) return std::nullopt;
  }
  const auto reads_the_same = [&](const Node& ours, const Node& theirs) {
    if (ours.inputs().size() != theirs.inputs().size()) return false;
    for (std::size_t i = 0; i < ours.inputs().size(); ++i) {
      const auto partner = partners.find(ours.inputs()[i]);
      if (partner == partners.end() || partner->second != theirs.inputs()[i]) return false;
    }
    return true;
  };
  auto theirs = other.code->nodes().begin();
  for (const Node* ours : trace.code->nodes()) {
    if (theirs == other.code->nodes().end()) return std::nullopt;
    const Node* node = *theirs;
    if (ours->kind() != node->kind() || ours->outputs().size() != node->outputs().size() ||
        !is_same_constant(*ours, *node) || !reads_the_same(*ours, *node)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < ours->outputs().size(); ++i) {
      if (!match(ours->outputs()[i], node->outputs()[i])) return std::nullopt;
    }
    ++theirs;
  }
  if (theirs != other.code->nodes().end() ||
      !reads_the_same(*trace.code->return_node(), *other.code->return_node())) {
    return std::nullopt;
  }
  return result;
}

void restore_layouts(SegmentCode& from, SegmentCode& to,
                     const std::vector<c10::IValue>& passed_on) {
  for (std::size_t i = 0; i < passed_on.size(); ++i) {
    if (!passed_on[i].isTensor() || !passed_on[i].toTensor().defined()) continue;
    const at::Tensor tensor = passed_on[i].toTensor();
    torch::jit::Value* input = to.graph->inputs().at(i);
    InputRestorer restorer(*to.graph, input);
    if (tensor.is_quantized()) {
      if (tensor.qscheme() != at::kPerTensorAffine) {
        throw Error(ErrorCode::unsupported,
                    fmt::format("a tensor that is quantised by channel cannot cross the cut after "
                                "layer {}; cut elsewhere",
                                from.last_layer));
      }
      return_integers(*from.graph, i);
      restorer.quantise(tensor);
    }
    if (const auto layout = layout_of(tensor)) restorer.lay_out(*layout);
  }
}

// "model net, after layer 3 (relu1)"
static std::string place_before(const ReadModel& model, int layer) {
  if (layer == 0) return "model " + model.graph.name;
  return fmt::format("model {}, after layer {} ({})", model.graph.name, layer - 1,
                     model.graph.layers.at(layer - 1).name);
}

std::vector<SegmentCode> segment_code(const ReadModel& model, const std::vector<Cut>& cuts,
                                      const std::vector<OtherBatch>& others) {
  std::vector<SegmentCode> segments;
  std::vector<int> entering = model.graph.layers.at(0).outputs;
  std::erase_if(entering, [&](int value) {
    const torch::jit::Value* const input = model.values.at(value);
    return input == nullptr || input->node()->kind() != c10::prim::Param;
  });
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
    Rematerialiser rematerialiser(model.trace, inputs, others, place_before(model, first));
    segment.graph = subgraph(nodes, inputs, outputs, std::ref(rematerialiser));
    segment.any_batch = rematerialiser.any_batch();
    entering = segment.outputs;
    first = cut.layer + 1;
    segments.push_back(std::move(segment));
  }
  return segments;
}

Module segment_module(const SegmentCode& segment, const std::string& model) {
  const std::string class_name =
      fmt::format("__torch__.scission_segment.{}_{}_{}", identifier(model), segment.first_layer,
                  segment.last_layer);
  Module module(c10::QualifiedName(class_name), std::make_shared<torch::jit::CompilationUnit>());
  module.register_attribute("training", c10::BoolType::get(), false);
  Graph& graph = *segment.graph;
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    graph.inputs()[i]->setDebugName(fmt::format("x{}", i));
  }
  return_one(graph);
  Value* self = graph.insertInput(0, "self");
  self->setType(module.type());
  Weights(module, self).take_from(*graph.block());
  module.type()->addMethod(module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(class_name + ".forward"), segment.graph));
  return module;
}

std::vector<bool> written_inputs(const torch::jit::Module& module) {
  const std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph()->copy();
  // The analysis cannot see into calls and would report every input as written.
  torch::jit::Inline(*graph);
  const torch::jit::AliasDb aliases(graph);
  std::vector<bool> written;
  for (std::size_t i = 1; i < graph->inputs().size(); ++i) {  // 0 is the module itself
    written.push_back(aliases.hasWriters(graph->inputs()[i]));
  }
  return written;
}

}  // namespace scission::torchscript
