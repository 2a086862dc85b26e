// What the answers must be.
#pragma once

#include <vector>

#include "open_model.hpp"
#include "scission/tensor.hpp"

namespace scission::run {

/// What the whole model gives, operation by operation, in this process.
/// Throws Error(mismatch) when it does not run on these inputs.
std::vector<Tensor> whole_outputs(const apps::ModelSource& source,
                                  const std::vector<at::Tensor>& inputs);

/// The same types, shapes and bytes; names are not looked at.
bool bit_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b);

}  // namespace scission::run
