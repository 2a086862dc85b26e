// The rules behind op_cost() and fake_outputs(), by the operation's name as in OpCall, in families.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "torchscript/ops/op_costs.hpp"

namespace scission::torchscript {

/// One operation of a graph, with its arguments by the names that its schema gives them.
/// Refers to `node`, `inputs` and, after the call, `outputs`, which must outlive it. An argument
/// that is missing, None or of another type reads as nullptr, nullopt, an empty list, the fallback
/// or false.
class OpCall {
 public:
  OpCall(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
         c10::ArrayRef<c10::IValue> outputs = {});

  /// Without namespace and, for an operation that writes in place, without the underscore:
  /// "relu" for aten::relu_.
  const std::string& name() const { return name_; }
  const torch::jit::Node& node() const { return node_; }
  c10::ArrayRef<c10::IValue> inputs() const { return inputs_; }
  c10::ArrayRef<c10::IValue> outputs() const { return outputs_; }

  const at::Tensor* tensor(std::string_view argument) const;
  std::vector<at::Tensor> tensors(std::string_view argument) const;
  std::vector<std::int64_t> integers(std::string_view argument) const;  ///< a single one as a list
  std::int64_t integer(std::string_view argument, std::int64_t fallback) const;
  std::optional<double> number(std::string_view argument) const;
  std::string text(std::string_view argument) const;
  bool flag(std::string_view argument) const;

  /// The first argument, and the first output; nullptr when it is not a tensor.
  const at::Tensor* input() const;
  const at::Tensor* output() const;

 private:
  const c10::IValue* argument(std::string_view name) const;

  const torch::jit::Node& node_;
  c10::ArrayRef<c10::IValue> inputs_;
  c10::ArrayRef<c10::IValue> outputs_;
  std::string name_;
};

using Names = std::unordered_set<std::string_view>;

/// Rules, each with the names of its operations.
template <typename Rule>
using RuleTable = std::vector<std::pair<Rule, Names>>;

/// The rule for the name; nullptr if the table has none.
template <typename Rule>
Rule find_rule(const RuleTable<Rule>& table, std::string_view name) {
  for (const auto& [rule, names] : table) {
    if (names.contains(name)) return rule;
  }
  return nullptr;
}

/// The operation's cost; nullopt for a call that the rule does not cover.
using CostRule = std::optional<OpCost> (*)(const OpCall& call);

// The cost rule for the name; nullptr if the family has none.
CostRule matrix_rule(std::string_view name);       ///< convolutions, linear maps, matrix products
CostRule attention_rule(std::string_view name);    ///< attention, encoder layers, recurrent layers
CostRule layer_rule(std::string_view name);        ///< normalisation, pooling, resampling
CostRule elementwise_rule(std::string_view name);  ///< activations, arithmetic, reductions
CostRule movement_rule(std::string_view name);     ///< copies, joins, padding, indexing

/// FLOPs of a softmax per element: maximum, difference, exponential, sum and division, as
/// TensorFlow's profiler counts them.
constexpr std::int64_t softmax_flops = 5;
/// FLOPs of a normalisation per element, without mean and variance: difference, division, scale and
/// shift, as published tables of Keras models count a batch normalisation.
constexpr std::int64_t normalisation_flops = 4;

inline OpCost product(std::int64_t macs) { return {OpClass::product, 2 * macs, macs}; }

/// Tensors on LibTorch's meta device, which have a type, a shape and strides but no elements.
using Shapes = std::optional<std::vector<at::Tensor>>;

/// The operation's outputs; nullopt when the rule does not apply or the operation would reject its
/// arguments. May also throw LibTorch's errors.
using ShapeRule = Shapes (*)(const OpCall& call);

// The shape rule for the name; nullptr if the family has none.
ShapeRule convolution_shape(std::string_view name);
ShapeRule attention_shape(std::string_view name);
ShapeRule normalisation_shape(std::string_view name);
ShapeRule pooling_shape(std::string_view name);
ShapeRule shape_by_meta_kernel(std::string_view name);  ///< activations, matrix products

/// Runs the operation itself on meta tensors.
Shapes run_on_meta(const OpCall& call);

at::Tensor as_meta(const at::Tensor& tensor);
at::Tensor meta_tensor(at::IntArrayRef sizes, at::ScalarType type,
                       at::MemoryFormat format = at::MemoryFormat::Contiguous);

/// `values` as one for each of `dims`; nullopt unless there is one for all or one for each.
std::optional<std::vector<std::int64_t>> for_each_dim(std::vector<std::int64_t> values,
                                                      std::int64_t dims);

}  // namespace scission::torchscript
