// What one operation computes: floating-point operations and multiply-adds.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scission::torchscript {

enum class OpClass { product, normalisation, pooling, activation, arithmetic, movement };

/// Of the whole batch. `movement` (reshapes, copies, padding, joins) costs nothing.
struct OpCost {
  OpClass op_class = OpClass::movement;
  std::int64_t flops = 0;  ///< a multiply-add counts as two; biases are left out
  std::int64_t macs = 0;   ///< of products only
};

/// nullopt for an operation without a rule. Only types, shapes and numbers are looked at, never a
/// tensor's elements.
std::optional<OpCost> op_cost(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
                              c10::ArrayRef<c10::IValue> outputs);

/// The sum, as a layer of a built-in model is counted in the published tables of Keras models: for
/// a Conv2D, DepthwiseConv2D or Dense its products alone, without a fused activation; for a
/// SeparableConv2D its two products, the depthwise one as if it ran once for each output channel;
/// for a BatchNormalization, ReLU, MaxPooling2D or AveragePooling2D what it computes; N·H·W for a
/// GlobalAveragePooling2D; twice its output's elements for a Lambda; else 0. Shapes are (N, C, H,
/// W).
OpCost keras_layer_cost(const std::string& type, const std::vector<OpCost>& operations,
                        c10::ArrayRef<std::int64_t> input_shape,
                        c10::ArrayRef<std::int64_t> output_shape);

}  // namespace scission::torchscript
