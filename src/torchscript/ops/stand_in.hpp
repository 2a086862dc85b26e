// Outputs of the right shape without the computing.
#pragma once

#include <torch/script.h>

#include <optional>
#include <vector>

namespace scission::torchscript {

/// For the operations that take most of a model's time and whose output's type, shape and strides
/// follow from the inputs' (convolutions, matrix products, attention, normalisation, pooling,
/// element-wise activations): new tensors like those that the operation would put out, with zeros
/// that cost no memory until they are written. nullopt for every other operation, for one that
/// writes in place, and where the operation itself would complain.
std::optional<std::vector<at::Tensor>> stand_in(const torch::jit::Node& node,
                                                c10::ArrayRef<c10::IValue> inputs);

}  // namespace scission::torchscript
