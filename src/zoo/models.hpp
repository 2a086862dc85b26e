// Built-in models as plain values, from which backends write model files: one function for each
// family, and the list of models.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/inputs.hpp"
#include "scission/model.hpp"

namespace scission::zoo {

/// {channels, height, width} or {features}, without the batch.
using Shape = std::vector<std::int64_t>;

/// Product of the sizes.
SCISSION_EXPORT std::int64_t elements(const Shape& shape);

/// A float32 tensor with elements uniform in centre − spread … centre + spread.
struct WeightSpec {
  std::string name;
  Shape shape;
  double centre = 0;
  double spread = 0;
  bool is_trainable = true;
};

/// One Keras layer. Layer 0 of a model is its input and has neither inputs nor expression.
struct LayerSpec {
  std::string name;         ///< Keras' name, an identifier, unique in the model
  std::string type;         ///< Keras' type: "Conv2D"
  std::vector<int> inputs;  ///< earlier layers
  std::string expression;   ///< TorchScript of the inputs x0, x1, … and self.WEIGHT
  Shape output;
  std::vector<WeightSpec> weights = {};
  std::int64_t flops = 0;  ///< of one run at batch 1, counted as in docs/zoo.md
};

/// Layers in the order in which they run; the last one's output is the model's.
struct ModelSpec {
  std::string name;
  Preprocessing preprocessing = Preprocessing::torch;
  std::vector<LayerSpec> layers;
};

/// The number of weight elements.
SCISSION_EXPORT std::int64_t parameters(const LayerSpec& layer);
SCISSION_EXPORT std::int64_t parameters(const ModelSpec& spec);

SCISSION_EXPORT std::int64_t flops(const ModelSpec& spec);

/// The graph in which the core finds cuts: layer i computes value i, at batch 1. Multiply-adds and
/// working memory are 0.
SCISSION_EXPORT ModelGraph model_graph(const ModelSpec& spec);

/// Sorts layers, given in any topological order, into the order of keras.Model.layers: by
/// decreasing distance from the last layer; among equals, by their rank in a depth-first search
/// from the last layer along the inputs (keras/engine/functional.py, _map_graph_network). O(n log
/// n) for n layers and inputs.
std::vector<LayerSpec> in_keras_order(std::vector<LayerSpec> layers);

/// Uniform random weights, drawn in the order of the layers and of each layer's weights: SplitMix64
/// (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014), two floats of 24 bits
/// from each of its words.
class SCISSION_EXPORT WeightStream {
 public:
  explicit WeightStream(std::uint64_t seed) : state_(seed) {}

  /// Writes the next weight's elements, row by row, to `values`.
  void draw(const WeightSpec& weight, float* values);

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

/// `depth`: convolutions in each of the three wide blocks.
ModelSpec vgg(const std::string& name, int depth);
ModelSpec alexnet();
ModelSpec lenet();
ModelSpec xception();
ModelSpec mobilenet();
ModelSpec mobilenetv2();
ModelSpec nasnetlarge();
ModelSpec nasnetmobile();
ModelSpec inception_v3();
ModelSpec inceptionresnet_v2();

/// `depth3`, `depth4`: blocks in the third and fourth stack.
ModelSpec resnet(const std::string& model, int depth3, int depth4);
ModelSpec resnet_v2(const std::string& model, int depth3, int depth4);

/// `depth3`, `depth4`: layers in the third and fourth dense block.
ModelSpec densenet(const std::string& model, int depth3, int depth4);

struct ModelEntry {
  std::string name;
  ModelSpec (*make)();
};

/// The models of the original in its order, then those of the adaptivity study.
SCISSION_EXPORT const std::vector<ModelEntry>& all_models();

/// Throws Error(invalid_argument) with similar names for an unknown one.
SCISSION_EXPORT ModelSpec make_model(std::string_view name);

}  // namespace scission::zoo
