// Tensors, sizes and layers in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/model/model_graph.hpp"
#include "scission/model/segments.hpp"

namespace scission::split {

/// "1×3×224×224"; "scalar" for no dimensions.
std::string shape_text(const std::vector<std::int64_t>& shape);

/// "relu1 1×8×32×32 float32", several separated by ", "; "nothing" for none.
std::string tensors_text(const std::vector<TensorSpec>& tensors);

/// The values that cross, as tensors.
std::vector<TensorSpec> tensors_of(const ModelGraph& graph, const std::vector<int>& values);

/// "3", "3 - 7": layers from first to last.
std::string layers_text(int first, int last);

}  // namespace scission::split
