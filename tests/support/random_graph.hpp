// Seeded random models, and large ones.
#pragma once

#include <random>
#include <vector>

#include "scission/model.hpp"

namespace scission::testing {

/// Number of layers, and frequencies of kinds of values and layers.
struct GraphShape {
  int layers = 12;
  double fixed = 0.1;
  double opaque = 0.05;
  double view = 0.25;    ///< a view of one of the layer's inputs
  double second = 0.15;  ///< a layer with two outputs
  double after = 0.1;    ///< a layer with an ordering constraint
  double returned = 0.05;
  bool all_used = false;  ///< whether the model returns what no layer reads
  int reach = 4;          ///< layers mostly read values of this many predecessors
};

/// Tensors only, each of them needed.
inline GraphShape plain_shape(int layers) { return {layers, 0, 0, 0, 0.15, 0, 0, true, 4}; }

/// A model of that shape. Sizes are small, so that equal ones are frequent.
ModelGraph random_graph(std::mt19937& random, const GraphShape& shape = {});

/// A network of NASNet's kind: every cell reads the two before it, and is five pairs of branches
/// that are added and then concatenated. The layers come in a random topological order.
ModelGraph cell_graph(std::mt19937& random, int cells);

/// A topological order of the layers, layer 0 first.
std::vector<int> random_order(std::mt19937& random, const ModelGraph& graph);

/// All of them; for few layers.
std::vector<std::vector<int>> every_order(const ModelGraph& graph);

}  // namespace scission::testing
