// Which operations of a trace make up which layer.
#pragma once

#include <string>
#include <vector>

#include "scission/torchscript/trace/granularity.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// One layer and its operations, in the order in which they run.
struct LayerSteps {
  std::string name;                ///< "layer1.0.conv1", "flatten"; unique
  std::string type;                ///< "Conv2D", "aten::flatten"
  bool is_keras = false;           ///< of a built-in model, counted as Keras layers are
  std::vector<const Step*> steps;  ///< none in layer 0, the input

  Nodes nodes() const;
};

/// Groups the operations in their order, so that layer i+1 begins where layer i ends.
///
/// Neighbouring operations of one call of one submodule are a layer, where the granularity says which
/// submodules count; it is named after the submodule and typed by its class. An operation outside
/// of such submodules is a layer of its own. Bookkeeping (sizes, lists, checks) counts for nothing
/// by itself: it goes with the layer that follows it, taking apart a list with the layer before.
/// The steps belong to the trace, which must outlive them. O(steps).
std::vector<LayerSteps> group_layers(const Trace& trace, Granularity granularity);

}  // namespace scission::torchscript
