// What one operation computes: its floating-point operations (FLOPs) and multiply-adds (MACs), and
// tensors of the right shape without computed elements.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scission::torchscript {

enum class OpClass { product, normalisation, pooling, activation, arithmetic, movement };

/// For the whole batch. `movement` (reshapes, copies, padding, concatenation) costs nothing.
struct OpCost {
  OpClass op_class = OpClass::movement;
  std::int64_t flops = 0;  ///< a multiply-add counts as two; biases do not count
  std::int64_t macs = 0;   ///< of products only
};

/// The operation's cost; nullopt when there is no rule for it. Reads types, shapes and numbers,
/// never the elements of a tensor.
std::optional<OpCost> op_cost(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
                              c10::ArrayRef<c10::IValue> outputs);

/// The cost of a built-in model's layer as the published tables of Keras models count it: for a
/// Conv2D, DepthwiseConv2D or Dense the sum of its products, without a fused activation; for a
/// SeparableConv2D its two products, the depthwise one as if it ran once for each output channel;
/// for a BatchNormalization, ReLU, MaxPooling2D or AveragePooling2D the sum of its operations;
/// N·H·W for a GlobalAveragePooling2D; twice its output's elements for a Lambda; otherwise 0.
/// Shapes are (N, C, H, W).
OpCost keras_layer_cost(const std::string& type, const std::vector<OpCost>& operations,
                        c10::ArrayRef<std::int64_t> input_shape,
                        c10::ArrayRef<std::int64_t> output_shape);

/// Zeros on the CPU with these extents, strides and type. Large ones are mapped directly from the
/// system, which provides a page only when it is written: O(1) time and memory.
/// Throws Error(io) when the system refuses the address space.
at::Tensor zero_tensor(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type);

/// The operation's outputs as zero_tensor()s with the type, shape and strides that LibTorch would
/// give them, for the operations that take most of a model's time and whose output follows from the
/// inputs' shapes: convolutions, matrix products, attention, normalisation, pooling, activations.
/// nullopt for every other operation, for one that writes in place, and for arguments that the
/// operation would reject.
std::optional<std::vector<at::Tensor>> fake_outputs(const torch::jit::Node& node,
                                                    c10::ArrayRef<c10::IValue> inputs);

}  // namespace scission::torchscript
