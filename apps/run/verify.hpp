// What the answers must be.
#pragma once

#include <vector>

#include "open_model.hpp"
#include "scission/model/tensor.hpp"

namespace scission::run {

/// What the whole model gives, operation by operation, in this process.
/// Throws Error(mismatch) when it does not run on these inputs.
std::vector<Tensor> whole_outputs(const apps::ModelSource& source,
                                  const std::vector<at::Tensor>& inputs);

/// How far an answer is from what is expected: 0 where all bytes are the same, else the largest
/// distance between two numbers as a share of the largest one expected, over all tensors. Infinite
/// for other types or shapes, for whole numbers that differ and for a NaN on one side only.
double difference(const std::vector<Tensor>& answer, const std::vector<Tensor>& expected);

}  // namespace scission::run
