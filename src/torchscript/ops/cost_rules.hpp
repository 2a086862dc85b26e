// The rules behind op_cost, by the operation's name, in families.
#pragma once

#include <optional>
#include <string_view>

#include "torchscript/ops/call.hpp"
#include "torchscript/ops/op_costs.hpp"

namespace scission::torchscript {

/// nullopt for a call that the rule does not cover.
using CostRule = std::optional<OpCost> (*)(const OpCall& call);

// The rule for the name as OpCall gives it; nullptr if the family has none.
CostRule matrix_rule(std::string_view name);       ///< convolutions, linear maps, matrix products
CostRule attention_rule(std::string_view name);    ///< attention, encoder layers, recurrent layers
CostRule layer_rule(std::string_view name);        ///< normalisation, pooling, resampling
CostRule elementwise_rule(std::string_view name);  ///< activations, arithmetic, reductions
CostRule movement_rule(std::string_view name);     ///< copies, joins, padding, indexing

/// Largest value, difference, exponential, sum and division for each element, as TensorFlow's
/// profiler counts a softmax.
constexpr std::int64_t softmax_flops = 5;
/// Mean and variance apart: difference, division, scale and shift; what published tables of Keras
/// models count for a batch normalisation, and so for the others.
constexpr std::int64_t normalisation_flops = 4;

inline OpCost product(std::int64_t macs) { return {OpClass::product, 2 * macs, macs}; }

}  // namespace scission::torchscript
