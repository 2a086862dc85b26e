// Which operations look at the numbers in a tensor, and which at its shape only.
#pragma once

#include <torch/script.h>

namespace scission::torchscript {

/// Whether what the operation puts out depends on nothing of its tensors but type, shape and
/// place: aten::size, aten::dim, prim::device.
bool reads_shape_only(const torch::jit::Node& node);

/// Whether the shape of what it puts out depends on numbers in its inputs: aten::nonzero.
bool shapes_by_data(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs);

/// Whether the operation draws random numbers as in training, or normalises by its own batch's
/// statistics: dropout(…, train=True), batch_norm(…, training=True).
bool is_training(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs);

}  // namespace scission::torchscript
