// The order in which Keras numbers a model's layers.
#pragma once

#include <vector>

#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

/// Puts layers, given in any topological order, into that of keras.Model.layers: by falling
/// distance from the last layer; of equals, the one first that a walk from the last layer back
/// along the inputs meets first (keras/engine/functional.py, _map_graph_network).
/// O(layers + inputs, times the logarithm).
std::vector<LayerSpec> in_keras_order(std::vector<LayerSpec> layers);

}  // namespace scission::torchscript::zoo
