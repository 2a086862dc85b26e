// Which operations of a trace make up which layer, by the modules that they were called from.
#pragma once

#include <string>
#include <vector>

#include "scission/model/model_graph.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// One layer and its operations, in the order in which they run.
struct LayerSteps {
  std::string name;                ///< "layer1.0.conv1", "flatten"; unique
  std::string type;                ///< "Conv2D", "aten::flatten"
  bool is_keras = false;           ///< of a built-in model; its costs are counted as in Keras
  std::vector<const Step*> steps;  ///< of the trace, which must outlive them; none in layer 0

  Nodes nodes() const;
};

/// Groups the operations in their order, so that layer i+1 begins where layer i ends.
///
/// Neighbouring operations of one call of one submodule are a layer, where the granularity says
/// which submodules count; it is named after the submodule and typed by its class. An operation
/// outside of such submodules is a layer. Operations that only compute sizes, lists and checks are
/// not: they join the following layer, and unpacking a list joins the preceding one. O(steps).
std::vector<LayerSteps> group_layers(const Trace& trace, Granularity granularity);

/// The operation with the path of its module, for messages: "layer1.0.conv1 (aten::conv2d)".
std::string describe(const torch::jit::Node& node);

}  // namespace scission::torchscript
