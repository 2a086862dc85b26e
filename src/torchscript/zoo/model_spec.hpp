// A zoo model as plain values: what compile() turns into TorchScript.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/torchscript/zoo.hpp"

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
  std::vector<WeightSpec> weights;
  Shape output;
};

/// Layers in the order in which they run; the last one's output is the model's.
struct ModelSpec {
  std::string name;
  Preprocessing preprocessing = Preprocessing::torch;
  std::vector<LayerSpec> layers;
};

/// Sum over the layers' weights.
std::int64_t parameters(const ModelSpec& spec);

}  // namespace scission::torchscript::zoo
