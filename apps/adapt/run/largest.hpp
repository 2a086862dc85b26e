// Which class an answer is.
#pragma once

#include <vector>

#include "scission/model/tensor.hpp"

namespace scission::adaptive_run {

/// Index of the largest number of the first tensor, row after row; −1 where it is no float32 or
/// holds none. O(elements).
long index_of_largest(const std::vector<Tensor>& outputs);

}  // namespace scission::adaptive_run
