// Who shares memory with whom, who changes it, and how much of it a layer takes.
#pragma once

#include <vector>

#include "scission/model/model_graph.hpp"
#include "torchscript/trace/layers.hpp"

namespace scission::torchscript {

/// Fills in working_bytes of every layer. O(steps).
void measure_working_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                            ModelGraph& graph);

/// Adds what changes in place ask for: from the layer that makes memory to the last one that
/// changes it runs an opaque value, so that no cut comes between, and layers that read or write
/// changed memory stay in their order. Tells whether the model's input is changed. O(steps).
bool tie_changed_memory(const Trace& trace, const std::vector<LayerSteps>& layers,
                        ModelGraph& graph);

}  // namespace scission::torchscript
