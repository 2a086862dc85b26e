// A segment's code as a TorchScript module.
#pragma once

#include <torch/script.h>

#include <string>

#include "torchscript/split/segment_code.hpp"

namespace scission::torchscript {

/// A module whose forward() is the segment's code and whose attributes are the weights in it, which
/// are shared, not copied. Several outputs are returned as one tuple. Takes over the code's graph.
torch::jit::Module segment_module(const SegmentCode& segment, const std::string& model);

}  // namespace scission::torchscript
