// The rules behind stand_in: what an operation would put out, as tensors on LibTorch's meta device,
// which have a type, a shape and strides but no elements.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "torchscript/ops/call.hpp"

namespace scission::torchscript {

using Shapes = std::optional<std::vector<at::Tensor>>;

/// nullopt where the rule does not apply or the operation would complain. May also throw what
/// LibTorch throws.
using ShapeRule = Shapes (*)(const OpCall& call);

// The rule for the name as OpCall gives it; nullptr if the family has none.
ShapeRule convolution_shape(std::string_view name);
ShapeRule normalisation_shape(std::string_view name);
ShapeRule pooling_shape(std::string_view name);
ShapeRule attention_shape(std::string_view name);
ShapeRule shape_by_meta_kernel(std::string_view name);

/// The operation itself on meta tensors.
Shapes run_on_meta(const OpCall& call);

at::Tensor as_meta(const at::Tensor& tensor);
at::Tensor meta_tensor(at::IntArrayRef sizes, at::ScalarType type,
                       at::MemoryFormat format = at::MemoryFormat::Contiguous);

/// `values` as one for each of `dims`; nullopt unless there is one for all or one for each.
std::optional<std::vector<std::int64_t>> for_each_dim(std::vector<std::int64_t> values,
                                                      std::int64_t dims);

}  // namespace scission::torchscript
