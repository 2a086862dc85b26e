// What an operation reads and writes, by its name and schema.
#pragma once

#include <torch/script.h>

#include <optional>
#include <vector>

#include "torchscript/trace/subgraph.hpp"

namespace scission::torchscript {

/// Whether the outputs depend on nothing of the input tensors but type, shape and device:
/// aten::size, aten::dim, prim::device.
bool reads_shape_only(const torch::jit::Node& node);

/// Whether the shape of an output depends on numbers in the inputs: aten::nonzero.
bool has_data_dependent_shape(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs);

/// Whether the operation draws random numbers as in training, or normalises by its own batch's
/// statistics: dropout(…, train=True), batch_norm(…, training=True).
bool is_training(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs);

/// Whether the operation, or one in its branches and loops, changes an argument in place.
bool has_writes(const torch::jit::Node& node);

/// The inputs of the operation that its schema declares as changed in place.
Values written_inputs_of(torch::jit::Node& node);

/// The tensors, apart from constants, that an operation changes in place. Writes of branches and
/// loops are not told apart: if anything in them writes, all tensors that they read count.
Values writes_of(torch::jit::Node& node);

/// Simulates an activation or elementwise operation in place: marks the first input as changed
/// without computing, and returns it; nullopt for every other operation.
std::optional<c10::IValue> change_in_place(const torch::jit::Node& node,
                                           const std::vector<c10::IValue>& inputs);

}  // namespace scission::torchscript
