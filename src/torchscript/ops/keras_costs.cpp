// Costs of a built-in model's layers, as published tables of Keras models count them.
#include <set>

#include "torchscript/ops/op_costs.hpp"

namespace scission::torchscript {
namespace {

const std::set<std::string> product_layers = {"Conv2D", "DepthwiseConv2D", "Dense"};
const std::set<std::string> counted_layers = {"BatchNormalization", "ReLU", "MaxPooling2D",
                                              "AveragePooling2D"};

std::int64_t elements(c10::ArrayRef<std::int64_t> shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) count *= extent;
  return count;
}

OpCost sum(const std::vector<OpCost>& operations, bool products_only) {
  OpCost total;
  for (const OpCost& operation : operations) {
    if (products_only && operation.op_class != OpClass::product) continue;
    total.op_class = operation.op_class;
    total.flops += operation.flops;
    total.macs += operation.macs;
  }
  return total;
}

// The tables count the depthwise part once for each output channel instead of each input channel:
// 2·Cout·H·W·(kernel + Cin).
OpCost separable(const std::vector<OpCost>& operations, c10::ArrayRef<std::int64_t> input_shape,
                 c10::ArrayRef<std::int64_t> output_shape) {
  OpCost total = sum(operations, /*products_only=*/true);
  for (const OpCost& operation : operations) {
    if (operation.op_class != OpClass::product) continue;
    const std::int64_t depthwise = operation.macs;
    const std::int64_t as_counted = depthwise / input_shape.at(1) * output_shape.at(1);
    total.macs += as_counted - depthwise;
    total.flops += 2 * (as_counted - depthwise);
    break;  // The first product is the depthwise one.
  }
  return total;
}

}  // namespace

OpCost keras_layer_cost(const std::string& type, const std::vector<OpCost>& operations,
                        c10::ArrayRef<std::int64_t> input_shape,
                        c10::ArrayRef<std::int64_t> output_shape) {
  if (type == "SeparableConv2D") return separable(operations, input_shape, output_shape);
  if (product_layers.contains(type)) return sum(operations, /*products_only=*/true);
  if (counted_layers.contains(type)) return sum(operations, /*products_only=*/false);
  if (type == "GlobalAveragePooling2D") {
    return {OpClass::pooling, input_shape.at(0) * input_shape.at(2) * input_shape.at(3), 0};
  }
  if (type == "Lambda") return {OpClass::arithmetic, 2 * elements(output_shape), 0};
  return {};
}

}  // namespace scission::torchscript
