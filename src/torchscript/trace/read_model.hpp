// A traced model as a ModelGraph.
#pragma once

#include <torch/script.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "scission/model/model_graph.hpp"
#include "torchscript/trace/layers.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

/// A trace and what the core needs to know of it.
struct ReadModel {
  Trace trace;
  std::vector<LayerSteps> layers;  ///< parallel to graph.layers; point into the trace
  ModelGraph graph;
  Values values;               ///< parallel to graph.values; null for what is no value of the code
  bool changes_input = false;  ///< whether a layer writes into the model's input

  ReadModel() = default;
  ReadModel(ReadModel&&) = default;
  ReadModel& operator=(ReadModel&&) = default;
};

/// Groups the trace into layers, in the order asked for, and describes them: what each reads and
/// makes, what may cross a cut, what is changed in place, and what everything costs.
///
/// Parameters are the elements of floating-point constants with at least one dimension, counted in
/// every layer that reads one: freezing merges equal weights.
ReadModel read_model(Trace trace, const std::string& name, Granularity granularity, LayerOrder order);

}  // namespace scission::torchscript
