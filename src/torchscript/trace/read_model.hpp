// The layers of a trace, and the traced model as a ModelGraph.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "scission/model.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// The type of a layer that is an early exit.
inline constexpr const char* exit_layer_type = "scission::exit";

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
/// not: they join the following layer, and unpacking a list joins the preceding one. An early exit
/// is a layer, "exit"; the choice of the answer joins the preceding layer. O(steps).
std::vector<LayerSteps> group_layers(const Trace& trace, Granularity granularity);

/// The operation with the path of its module and its line of code, for messages:
/// "layer1.0.conv1 (aten::conv2d), resnet.py:30".
std::string describe(const torch::jit::Node& node);

/// A trace, and its description for the core library.
struct ReadModel {
  Trace trace;
  std::vector<LayerSteps> layers;  ///< parallel to graph.layers; point into the trace
  ModelGraph graph;
  Values values;               ///< parallel to graph.values; null for those that tie memory
  bool changes_input = false;  ///< whether a layer writes into the model's input

  ReadModel() = default;
  ReadModel(ReadModel&&) = default;
  ReadModel& operator=(ReadModel&&) = default;
};

/// Groups the trace into layers, in the given order, and describes them: what each reads and
/// computes, what may cross a cut, what is changed in place, and the costs.
///
/// Parameters are the elements of floating-point constants with at least one dimension, counted in
/// every layer that reads one.
ReadModel read_model(Trace trace, const std::string& name, Granularity granularity,
                     LayerOrder order);

/// Sets working_bytes of every layer. O(steps).
void measure_working_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                            ModelGraph& graph);

/// Lets every layer that comes after an early exit stay after it. O(layers).
void order_exits(const std::vector<LayerSteps>& layers, ModelGraph& graph);

/// Adds the constraints of changes in place. An opaque value runs from the layer that allocates the
/// memory to the last one that changes it, so that no cut comes between, unless the memory is
/// gathered part by part, as the result of a mixture of experts, and crosses as one tensor; layers
/// that read or write changed memory keep their order. Returns whether the model's input is
/// changed. O(steps + gathered memories · (layers + values)).
bool constrain_in_place_changes(ReadModel& model);

}  // namespace scission::torchscript
