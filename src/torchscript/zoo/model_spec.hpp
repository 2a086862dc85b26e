// A zoo model as plain values: what compile() turns into TorchScript.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/model/model_graph.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::torchscript::zoo {

/// Without the batch: {channels, height, width} or {features}.
using Shape = std::vector<std::int64_t>;

/// Product of the sizes.
std::int64_t elements(const Shape& shape);

/// A float32 tensor, drawn uniformly from centre - spread … centre + spread.
struct WeightSpec {
  std::string name;
  Shape shape;
  double centre = 0;
  double spread = 0;
  bool trainable = true;
};

/// One Keras layer. Layer 0 of a model is its input and has neither inputs nor expression.
struct LayerSpec {
  std::string name;         ///< Keras' name, an identifier, unique in the model
  std::string type;         ///< Keras' type: "Conv2D"
  std::vector<int> inputs;  ///< earlier layers
  std::string expression;   ///< TorchScript of the inputs x0, x1, … and self.WEIGHT
  Shape output;
  std::vector<WeightSpec> weights = {};
  std::int64_t flops = 0;  ///< of one run at batch 1, as docs/zoo.md says they are counted
};

/// Layers in the order in which they run; the last one's output is the model's.
struct ModelSpec {
  std::string name;
  Preprocessing preprocessing = Preprocessing::torch;
  std::vector<LayerSpec> layers;
};

/// Weight elements.
std::int64_t parameters(const LayerSpec& layer);
std::int64_t parameters(const ModelSpec& spec);

std::int64_t flops(const ModelSpec& spec);

/// What the core looks for cuts in: layer i makes value i. Batch 1; multiply-adds and working
/// memory stay 0.
ModelGraph model_graph(const ModelSpec& spec);

}  // namespace scission::torchscript::zoo
