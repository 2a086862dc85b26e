#include "torchscript/zoo/model_spec.hpp"

#include <functional>
#include <numeric>

namespace scission::torchscript::zoo {

std::int64_t elements(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t parameters(const ModelSpec& spec) {
  std::int64_t sum = 0;
  for (const LayerSpec& layer : spec.layers) {
    for (const WeightSpec& weight : layer.weights) sum += elements(weight.shape);
  }
  return sum;
}

}  // namespace scission::torchscript::zoo
