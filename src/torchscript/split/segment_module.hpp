// A segment's code as a TorchScript module.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "torchscript/split/segment_code.hpp"

namespace scission::torchscript {

/// A module whose forward() is the segment's code and whose attributes are the weights in it,
/// shared, not copied. Several outputs are returned as one tuple. Takes over the code's graph.
torch::jit::Module segment_module(const SegmentCode& segment, const std::string& model);

/// For each argument of forward(): whether the code may write into its memory, also through a view
/// (for example relu_() on an input, frequent after a cut). True where the analysis cannot tell.
std::vector<bool> written_inputs(const torch::jit::Module& module);

}  // namespace scission::torchscript
