// A request's tensors compared with a segment's inputs and outputs.
#pragma once

#include <string>
#include <vector>

#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"

namespace scission::runtime {

/// The inputs in the segment's order. Either all have the segment's names, in any order, or none
/// has a name. Types and numbers of dimensions must be the segment's; sizes are left to the model,
/// which may accept any batch. Throws Error(invalid_argument) that names the tensor.
std::vector<Tensor> arrange_inputs(std::vector<Tensor> inputs, const Segment& segment);

/// Throws Error(invalid_argument) on a name that is not an output of the segment, or occurs twice.
void validate_wanted(const std::vector<std::string>& wanted, const Segment& segment);

/// The outputs of these names, in this order; all outputs if `wanted` is empty.
std::vector<Tensor> select_outputs(std::vector<Tensor> outputs,
                                   const std::vector<std::string>& wanted);

}  // namespace scission::runtime
