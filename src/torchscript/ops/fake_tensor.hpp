// Tensors of the right shape without computed elements.
#pragma once

#include <torch/script.h>

#include <optional>
#include <vector>

namespace scission::torchscript {

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
