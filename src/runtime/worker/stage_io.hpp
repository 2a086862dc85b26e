// A request's tensors against what a segment takes and gives.
#pragma once

#include <string>
#include <vector>

#include "scission/model/segments.hpp"
#include "scission/model/tensor.hpp"

namespace scission::runtime {

/// The inputs in the segment's order. They carry the segment's names, in any order, or none at all.
/// Type and number of dimensions must be the segment's; sizes are left to the model, which may run
/// on any batch. Throws Error(invalid_argument) that names the tensor.
std::vector<Tensor> arrange_inputs(std::vector<Tensor> inputs, const Segment& segment);

/// Throws Error(invalid_argument) on a name that is no output of the segment, or there twice.
void check_wanted(const std::vector<std::string>& wanted, const Segment& segment);

/// The outputs of these names, in this order; all of them for none.
std::vector<Tensor> select_outputs(std::vector<Tensor> outputs,
                                   const std::vector<std::string>& wanted);

}  // namespace scission::runtime
