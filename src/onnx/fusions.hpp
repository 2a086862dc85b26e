// What ONNX Runtime computes as one operation although the model has several: a convolution with
// its batch norm and activation, an attention, a quantised operation with the conversions around
// it.
#pragma once

#include "onnx/read_model.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

/// Moves the cuts that lie inside of fused operations to the rejected ones: those where a value
/// crosses that ONNX Runtime's optimised model does not compute. The end of the model stays a cut.
/// Changes nothing in a build without ONNX Runtime, for a model that it cannot load, and for one
/// with weights in other files or of more than 1 GiB, which it would have to load for this.
/// Takes as long as loading the model twice.
void reject_cuts_inside_fusions(const ReadModel& model, CutList& cuts);

}  // namespace scission::onnx
