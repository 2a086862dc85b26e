#include "onnx/costs.hpp"

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace scission::onnx {
namespace {

using OpNames = std::unordered_set<std::string_view>;
using Shape = std::vector<std::int64_t>;

// FLOPs per element, as of the other backends' operations (docs/splitting.md).
constexpr std::int64_t softmax_flops = 5;
constexpr std::int64_t normalisation_flops = 4;

// Operations that only create, copy, join, pad, convert or select elements.
const OpNames movements{"Cast",
                        "CastLike",
                        "Col2Im",
                        "Compress",
                        "Concat",
                        "Constant",
                        "ConstantOfShape",
                        "DepthToSpace",
                        "DequantizeLinear",
                        "Dropout",
                        "Expand",
                        "EyeLike",
                        "Flatten",
                        "Gather",
                        "GatherElements",
                        "GatherND",
                        "Identity",
                        "IsInf",
                        "IsNaN",
                        "NonZero",
                        "OneHot",
                        "Pad",
                        "QuantizeLinear",
                        "Range",
                        "Reshape",
                        "ReverseSequence",
                        "Scatter",
                        "ScatterElements",
                        "ScatterND",
                        "Shape",
                        "Size",
                        "Slice",
                        "SpaceToDepth",
                        "Split",
                        "Squeeze",
                        "Tile",
                        "TopK",
                        "Transpose",
                        "Trilu",
                        "Unsqueeze",
                        "Where",
                        "Equal",
                        "Greater",
                        "GreaterOrEqual",
                        "Less",
                        "LessOrEqual",
                        "And",
                        "Or",
                        "Not",
                        "Xor",
                        "BitShift",
                        "Unique",
                        "NonMaxSuppression",
                        "DynamicQuantizeLinear",
                        "ArgMax",
                        "ArgMin",
                        "RandomNormal",
                        "RandomUniform",
                        "RandomNormalLike",
                        "RandomUniformLike",
                        "Bernoulli",
                        "Multinomial"};

// One for each element of the output.
const OpNames elementwise{"Abs",
                          "Acos",
                          "Acosh",
                          "Add",
                          "Asin",
                          "Asinh",
                          "Atan",
                          "Atanh",
                          "Ceil",
                          "Celu",
                          "Clip",
                          "Cos",
                          "Cosh",
                          "Div",
                          "Elu",
                          "Erf",
                          "Exp",
                          "Floor",
                          "Gelu",
                          "HardSigmoid",
                          "HardSwish",
                          "LeakyRelu",
                          "Log",
                          "Max",
                          "Mean",
                          "Min",
                          "Mish",
                          "Mod",
                          "Mul",
                          "Neg",
                          "PRelu",
                          "Pow",
                          "Reciprocal",
                          "Relu",
                          "Round",
                          "Selu",
                          "Shrink",
                          "Sigmoid",
                          "Sign",
                          "Sin",
                          "Sinh",
                          "Softplus",
                          "Softsign",
                          "Sqrt",
                          "Sub",
                          "Sum",
                          "Tan",
                          "Tanh",
                          "ThresholdedRelu",
                          "FastGelu",
                          "QuickGelu",
                          "QLinearAdd",
                          "QLinearMul",
                          "QLinearSigmoid",
                          "QLinearLeakyRelu",
                          "CumSum",
                          "BiasGelu"};

// One for each element of the first input.
const OpNames reductions{"ReduceL1",          "ReduceL2",
                         "ReduceLogSum",      "ReduceLogSumExp",
                         "ReduceMax",         "ReduceMean",
                         "ReduceMin",         "ReduceProd",
                         "ReduceSum",         "ReduceSumSquare",
                         "GlobalAveragePool", "GlobalMaxPool",
                         "GlobalLpPool",      "QLinearGlobalAveragePool",
                         "QLinearReduceMean"};

const OpNames pools{"MaxPool", "AveragePool", "LpPool", "QLinearAveragePool"};

const std::unordered_map<std::string_view, std::int64_t> by_input_element{
    {"Softmax", softmax_flops},
    {"LogSoftmax", softmax_flops},
    {"Hardmax", 1},
    {"QLinearSoftmax", softmax_flops},
    {"BatchNormalization", normalisation_flops},
    {"InstanceNormalization", normalisation_flops},
    {"LayerNormalization", normalisation_flops},
    {"SimplifiedLayerNormalization", normalisation_flops},
    {"SkipLayerNormalization", normalisation_flops + 1},
    {"GroupNormalization", normalisation_flops},
    {"RMSNormalization", normalisation_flops},
    {"LpNormalization", 2},
    {"MeanVarianceNormalization", normalisation_flops},
    {"LRN", normalisation_flops}};

std::int64_t product_of(const Shape& shape, std::size_t first = 0) {
  std::int64_t product = 1;
  for (std::size_t i = first; i < shape.size(); ++i) product *= shape[i];
  return product;
}

/// A node with the shapes of what it reads and makes.
class CostCall {
 public:
  CostCall(const ::onnx::NodeProto& node, const NodeGraph& nodes,
           const std::vector<ValueType>& types)
      : node_(node), nodes_(nodes), types_(types) {}

  const ::onnx::NodeProto& node() const { return node_; }
  const ValueType* input(int index) const {
    return index < node_.input_size() ? find(node_.input(index)) : nullptr;
  }
  const ValueType* output() const {
    return node_.output_size() > 0 ? find(node_.output(0)) : nullptr;
  }

 private:
  // nullptr where the shape is unknown.
  const ValueType* find(const std::string& name) const {
    const auto number = nodes_.numbers.find(name);
    if (number == nodes_.numbers.end()) return nullptr;
    const ValueType& type = types_[number->second];
    return type.shape ? &type : nullptr;
  }

  const ::onnx::NodeProto& node_;
  const NodeGraph& nodes_;
  const std::vector<ValueType>& types_;
};

NodeCost products(std::int64_t macs) { return {2 * macs, macs}; }

// Weights: output channels × input channels per group × kernel.
std::optional<NodeCost> convolution(const CostCall& call, int weight) {
  const ValueType* weights = call.input(weight);
  if (!call.output() || !weights || weights->shape->size() < 2) return std::nullopt;
  return products(call.output()->elements() * product_of(*weights->shape, 1));
}

// Weights: input channels × output channels per group × kernel.
std::optional<NodeCost> transposed_convolution(const CostCall& call) {
  if (!call.input(0) || !call.input(1) || call.input(1)->shape->size() < 2) return std::nullopt;
  return products(call.input(0)->elements() * product_of(*call.input(1)->shape, 1));
}

std::optional<NodeCost> matrix_product(const CostCall& call) {
  const ValueType* left = call.input(0);
  if (!left || !call.output()) return std::nullopt;
  return products(call.output()->elements() * (left->shape->empty() ? 1 : left->shape->back()));
}

std::optional<NodeCost> gemm(const CostCall& call) {
  const ValueType* left = call.input(0);
  if (!left || !call.output() || left->shape->size() != 2) return std::nullopt;
  const bool is_transposed = integer(call.node(), "transA", 0) != 0;
  return products(call.output()->elements() * (*left->shape)[is_transposed ? 0 : 1]);
}

// W: directions × gates · hidden × input; R: directions × gates · hidden × hidden.
std::optional<NodeCost> recurrent(const CostCall& call) {
  const ValueType *x = call.input(0), *w = call.input(1), *r = call.input(2);
  if (!x || !w || !r || x->shape->size() != 3) return std::nullopt;
  return products((*x->shape)[0] * (*x->shape)[1] * (w->elements() + r->elements()));
}

std::optional<NodeCost> pooling(const CostCall& call) {
  if (!call.output()) return std::nullopt;
  return NodeCost{call.output()->elements() * product_of(integers(call.node(), "kernel_shape")), 0};
}

// By the number of points that the mode reads for one element.
std::optional<NodeCost> resize(const CostCall& call) {
  const ::onnx::AttributeProto* mode = find_attribute(call.node(), "mode");
  if (!call.output()) return std::nullopt;
  if (!mode || mode->s() == "nearest") return NodeCost{};
  const std::int64_t flops = mode->s() == "cubic" ? 31 : 7;
  return NodeCost{call.output()->elements() * flops, 0};
}

std::optional<NodeCost> by_elements(const ValueType* type, std::int64_t flops) {
  if (!type) return std::nullopt;
  const bool counts = type->dtype.find("float") != std::string::npos || type->dtype == "int8" ||
                      type->dtype == "uint8";
  return NodeCost{counts ? type->elements() * flops : 0, 0};
}

std::optional<NodeCost> product_cost(std::string_view op, const CostCall& call) {
  if (op == "Conv" || op == "ConvInteger" || op == "FusedConv") return convolution(call, 1);
  if (op == "QLinearConv") return convolution(call, 3);
  if (op == "ConvTranspose") return transposed_convolution(call);
  if (op == "MatMul" || op == "MatMulInteger" || op == "QLinearMatMul" || op == "FusedMatMul" ||
      op == "DynamicQuantizeMatMul" || op == "MatMulIntegerToFloat") {
    return matrix_product(call);
  }
  if (op == "Gemm" || op == "FusedGemm" || op == "QGemm") return gemm(call);
  if (op == "LSTM" || op == "GRU" || op == "RNN") return recurrent(call);
  return std::nullopt;
}

}  // namespace

std::optional<NodeCost> node_cost(const ::onnx::NodeProto& node, const NodeGraph& nodes,
                                  const std::vector<ValueType>& types) {
  const bool is_standard =
      node.domain().empty() || node.domain() == "ai.onnx" || node.domain() == "com.microsoft";
  if (!is_standard) return std::nullopt;
  const std::string_view op = node.op_type();
  const CostCall call(node, nodes, types);
  if (movements.contains(op)) return NodeCost{};
  if (elementwise.contains(op)) return by_elements(call.output(), 1);
  if (reductions.contains(op)) return by_elements(call.input(0), 1);
  if (pools.contains(op)) return pooling(call);
  if (op == "Resize" || op == "Upsample") return resize(call);
  const auto flops = by_input_element.find(op);
  if (flops != by_input_element.end()) return by_elements(call.input(0), flops->second);
  return product_cost(op, call);
}

}  // namespace scission::onnx
