#include "torchscript/ops/op_costs.hpp"

#include "support/catch.hpp"
#include "torchscript/ops/op_case.hpp"

namespace scission::torchscript {
namespace {

using c10::IValue;
using scission::testing::has_operation;
using scission::testing::NamedArguments;
using scission::testing::OpCase;

using Ints = std::vector<std::int64_t>;

at::Tensor uniform_tensor(at::IntArrayRef sizes) { return at::rand(sizes); }

std::optional<OpCost> cost(const std::string& name, const std::vector<IValue>& positional,
                           const NamedArguments& named = {}) {
  const OpCase op(name, positional, named);
  const std::vector<IValue> outputs = op.run();
  return op_cost(op.node(), op.inputs(), outputs);
}

void check(OpClass op_class, std::int64_t flops, std::int64_t macs, const std::string& name,
           const std::vector<IValue>& positional, const NamedArguments& named = {}) {
  INFO(name);
  const auto counted = cost(name, positional, named);
  REQUIRE(counted);
  CHECK(counted->op_class == op_class);
  CHECK(counted->flops == flops);
  CHECK(counted->macs == macs);
}

void check_product(std::int64_t macs, const std::string& name,
                   const std::vector<IValue>& positional, const NamedArguments& named = {}) {
  check(OpClass::product, 2 * macs, macs, name, positional, named);
}

void check_flops(OpClass op_class, std::int64_t flops, const std::string& name,
                 const std::vector<IValue>& positional, const NamedArguments& named = {}) {
  check(op_class, flops, 0, name, positional, named);
}

void check_free(const std::string& name, const std::vector<IValue>& positional,
                const NamedArguments& named = {}) {
  check(OpClass::movement, 0, 0, name, positional, named);
}

}  // namespace

TEST_CASE("A convolution costs a multiply-add per output element, input channel and kernel cell") {
  const IValue bias = uniform_tensor({6});
  check_product(
      (2 * 6 * 8 * 8) * 4 * (3 * 3), "aten::conv2d",
      {uniform_tensor({2, 4, 8, 8}), uniform_tensor({6, 4, 3, 3}), bias, Ints{1, 1}, Ints{1, 1}});
  check_product((2 * 6 * 3 * 3) * 4 * (3 * 3), "aten::conv2d",
                {uniform_tensor({2, 4, 8, 8}), uniform_tensor({6, 4, 3, 3}), bias, Ints{2, 2}});
  check_product((2 * 6 * 4 * 4) * 4 * (3 * 3), "aten::conv2d",
                {uniform_tensor({2, 4, 8, 8}), uniform_tensor({6, 4, 3, 3}), bias},
                {{"dilation", Ints{2, 2}}});
  check_product(
      (2 * 6 * 8 * 8) * 4 * (3 * 3), "aten::conv2d",
      {uniform_tensor({2, 4, 8, 8}), uniform_tensor({6, 4, 3, 3}), bias, Ints{1, 1}, "same"});
  check_product((2 * 6 * 7) * 4 * 3, "aten::conv1d",
                {uniform_tensor({2, 4, 9}), uniform_tensor({6, 4, 3})});
  check_product((2 * 6 * 3 * 4 * 5) * 4 * (2 * 2 * 2), "aten::conv3d",
                {uniform_tensor({2, 4, 4, 5, 6}), uniform_tensor({6, 4, 2, 2, 2})});
}

TEST_CASE("A grouped convolution reads only its group's channels") {
  check_product((1 * 8 * 8 * 8) * 1 * (3 * 3), "aten::conv2d",
                {uniform_tensor({1, 8, 10, 10}), uniform_tensor({8, 1, 3, 3})}, {{"groups", 8}});
  check_product((1 * 6 * 8 * 8) * 2 * (3 * 3), "aten::conv2d",
                {uniform_tensor({1, 4, 10, 10}), uniform_tensor({6, 2, 3, 3})}, {{"groups", 2}});
}

TEST_CASE("A transposed convolution costs a multiply-add per input element and kernel cell") {
  check_product((2 * 4 * 5 * 5) * 6 * (2 * 2), "aten::conv_transpose2d",
                {uniform_tensor({2, 4, 5, 5}), uniform_tensor({4, 6, 2, 2}), IValue(), Ints{2, 2}});
  check_product((2 * 4 * 5 * 5) * 3 * (2 * 2), "aten::conv_transpose2d",
                {uniform_tensor({2, 4, 5, 5}), uniform_tensor({4, 3, 2, 2})}, {{"groups", 2}});
}

TEST_CASE("The general convolution costs what the special ones do") {
  const auto general = [](bool transposed, const at::Tensor& weight) {
    return std::vector<IValue>{uniform_tensor({1, 4, 6, 6}),
                               weight,
                               IValue(),
                               Ints{1, 1},
                               Ints{0, 0},
                               Ints{1, 1},
                               transposed,
                               Ints{0, 0},
                               1,
                               false,
                               false,
                               false};
  };
  check_product((5 * 4 * 4) * 4 * 9, "aten::_convolution",
                general(false, uniform_tensor({5, 4, 3, 3})));
  check_product((4 * 6 * 6) * 5 * 9, "aten::_convolution",
                general(true, uniform_tensor({4, 5, 3, 3})));
  std::vector<IValue> with_tf32 = general(false, uniform_tensor({5, 4, 3, 3}));
  with_tf32.emplace_back(true);
  check_product((5 * 4 * 4) * 4 * 9, "aten::_convolution", with_tf32);
}

TEST_CASE("A matrix product costs a multiply-add per output element and inner extent") {
  check_product(3 * 7 * 5, "aten::linear",
                {uniform_tensor({3, 5}), uniform_tensor({7, 5}), uniform_tensor({7})});
  check_product((2 * 3 * 7) * 5, "aten::linear",
                {uniform_tensor({2, 3, 5}), uniform_tensor({7, 5})});
  check_product(3 * 7 * 5, "aten::addmm",
                {uniform_tensor({7}), uniform_tensor({3, 5}), uniform_tensor({5, 7})});
  check_product(3 * 7 * 5, "aten::mm", {uniform_tensor({3, 5}), uniform_tensor({5, 7})});
  check_product(2 * 3 * 7 * 5, "aten::bmm", {uniform_tensor({2, 3, 5}), uniform_tensor({2, 5, 7})});
  check_product(2 * 3 * 7 * 5, "aten::baddbmm",
                {uniform_tensor({2, 3, 7}), uniform_tensor({2, 3, 5}), uniform_tensor({2, 5, 7})});
  check_product(2 * 3 * 7 * 5, "aten::addbmm",
                {uniform_tensor({3, 7}), uniform_tensor({2, 3, 5}), uniform_tensor({2, 5, 7})});
  check_product(3 * 5, "aten::mv", {uniform_tensor({3, 5}), uniform_tensor({5})});
  check_product(3 * 5, "aten::addmv",
                {uniform_tensor({3}), uniform_tensor({3, 5}), uniform_tensor({5})});
  check_product(5, "aten::dot", {uniform_tensor({5}), uniform_tensor({5})});
}

TEST_CASE("A product with broadcasting counts every matrix of the output") {
  check_product(5, "aten::matmul", {uniform_tensor({5}), uniform_tensor({5})});
  check_product(7 * 5, "aten::matmul", {uniform_tensor({5}), uniform_tensor({5, 7})});
  check_product(3 * 5, "aten::matmul", {uniform_tensor({3, 5}), uniform_tensor({5})});
  check_product((2 * 4) * 3 * 7 * 5, "aten::matmul",
                {uniform_tensor({2, 1, 3, 5}), uniform_tensor({4, 5, 7})});
  check_product(4 * 3 * 5, "aten::matmul", {uniform_tensor({4, 3, 5}), uniform_tensor({5})});
}

TEST_CASE("An einsum of two factors costs a multiply-add per combination of its letters") {
  const std::vector<at::Tensor> pair = {uniform_tensor({2, 3, 5}), uniform_tensor({2, 7, 5})};
  check_product(2 * 3 * 7 * 5, "aten::einsum", {"bik,bjk->bij", pair});
  check_product(2 * 3 * 7 * 5, "aten::einsum", {"b i k, b j k -> b i j", pair});
  check_product(2 * 3 * 7 * 5, "aten::tensordot",
                {uniform_tensor({2, 3, 5}), uniform_tensor({5, 7}), Ints{2}, Ints{0}});
  CHECK_FALSE(cost("aten::einsum", {"...ik,...jk->...ij", pair}));
  CHECK_FALSE(
      cost("aten::einsum", {"bik->bi", std::vector<at::Tensor>{uniform_tensor({2, 3, 5})}}));
}

TEST_CASE("Attention costs its two products and the softmax between") {
  const std::int64_t scores = (2 * 4) * 6 * 5;
  for (const char* name :
       {"aten::scaled_dot_product_attention", "aten::_scaled_dot_product_attention"}) {
    if (!has_operation(name)) continue;
    check(
        OpClass::product, 2 * scores * (8 + 3) + 5 * scores, scores * (8 + 3), name,
        {uniform_tensor({2, 4, 6, 8}), uniform_tensor({2, 4, 5, 8}), uniform_tensor({2, 4, 5, 3})});
  }
}

TEST_CASE("Multi-head attention and encoder layers cost the sum of their parts") {
  const at::Tensor x = uniform_tensor({2, 5, 16});
  const auto each = [] { return uniform_tensor({16}); };
  const std::int64_t projections = 4 * (2 * 5) * 16 * 16;
  const std::int64_t scores = 2 * 4 * 5 * 5;
  const std::int64_t attention = projections + 2 * (2 * 5 * 5 * 16);
  check(OpClass::product, 2 * attention + 5 * scores, attention,
        "aten::_native_multi_head_attention",
        {x, x, x, 16, 4, uniform_tensor({48, 16}), uniform_tensor({48}), uniform_tensor({16, 16}),
         each()});
  const std::int64_t feed_forward = 2 * (2 * 5) * 16 * 32;
  const std::int64_t around = (2 * 5) * 32 + 2 * (4 + 1) * (2 * 5 * 16);
  check(OpClass::product, 2 * (attention + feed_forward) + 5 * scores + around,
        attention + feed_forward, "aten::_transformer_encoder_layer_fwd",
        {x, 16, 4, uniform_tensor({48, 16}), uniform_tensor({48}), uniform_tensor({16, 16}), each(),
         true, false, 1e-5, each(), each(), each(), each(), uniform_tensor({32, 16}),
         uniform_tensor({32}), uniform_tensor({16, 32}), each()});
}

TEST_CASE("A recurrent layer costs its weight matrices at every step") {
  const std::vector<at::Tensor> weights = {uniform_tensor({4 * 6, 3}), uniform_tensor({4 * 6, 6}),
                                           uniform_tensor({4 * 6}), uniform_tensor({4 * 6})};
  const std::vector<at::Tensor> state = {at::zeros({1, 2, 6}), at::zeros({1, 2, 6})};
  check_product((7 * 2) * (24 * 3 + 24 * 6), "aten::lstm",
                {uniform_tensor({7, 2, 3}), state, weights, true, 1, 0.0, false, false, false});
}

TEST_CASE("Normalisation costs four operations an element") {
  const auto each = [] { return at::ones({6}); };
  const std::int64_t elements = 2 * 6 * 4 * 4;
  const at::Tensor x = uniform_tensor({2, 6, 4, 4});
  const auto flops = [&](const std::string& name, const std::vector<IValue>& arguments) {
    check_flops(OpClass::normalisation, 4 * elements, name, arguments);
  };
  flops("aten::batch_norm", {x, each(), each(), each(), each(), false, 0.1, 1e-5, false});
  flops("aten::layer_norm", {x, Ints{4, 4}});
  flops("aten::group_norm", {x, 3});
  flops("aten::instance_norm", {x, IValue(), IValue(), IValue(), IValue(), true, 0.1, 1e-5, false});
}

TEST_CASE("Pooling costs its window for each element of the output") {
  const at::Tensor x = uniform_tensor({2, 3, 8, 8});
  check_flops(OpClass::pooling, (3 * 3) * (2 * 3 * 3 * 3), "aten::max_pool2d",
              {x, Ints{3, 3}, Ints{2, 2}});
  check_flops(OpClass::pooling, (3 * 3) * (2 * 3 * 3 * 3), "aten::max_pool2d",
              {x, Ints{3}, Ints{2}});
  check_flops(OpClass::pooling, (2 * 4) * (2 * 3 * 4 * 2), "aten::avg_pool2d", {x, Ints{2, 4}});
  check_flops(OpClass::pooling, 2 * (2 * 3 * 4), "aten::max_pool1d",
              {uniform_tensor({2, 3, 8}), Ints{2}});
  check_flops(OpClass::pooling, 8 * (1 * 3 * 2 * 2 * 2), "aten::avg_pool3d",
              {uniform_tensor({1, 3, 4, 4, 4}), Ints{2, 2, 2}});
  check_flops(OpClass::pooling, 2 * 3 * 8 * 8, "aten::adaptive_avg_pool2d", {x, Ints{1, 1}});
}

TEST_CASE("Activations cost an operation an element, a softmax five") {
  const at::Tensor x = uniform_tensor({2, 3, 4});
  for (const char* name :
       {"aten::relu", "aten::relu_", "aten::relu6", "aten::sigmoid", "aten::tanh_", "aten::gelu",
        "aten::silu", "aten::silu_", "aten::hardswish", "aten::hardsigmoid", "aten::leaky_relu",
        "aten::elu", "aten::softplus", "aten::mish", "aten::hardtanh_"}) {
    check_flops(OpClass::activation, 24, name, {x.clone()});
  }
  check_flops(OpClass::activation, 24, "aten::prelu", {x, uniform_tensor({3})});
  check_flops(OpClass::activation, 5 * 24, "aten::softmax", {x, 1});
  check_flops(OpClass::activation, 5 * 24, "aten::log_softmax", {x, 1});
}

TEST_CASE("Arithmetic costs an operation for each element of the output") {
  check_flops(OpClass::arithmetic, 2 * 3 * 4, "aten::add",
              {uniform_tensor({2, 1, 4}), uniform_tensor({3, 1})});
  check_flops(OpClass::arithmetic, 6, "aten::add_",
              {uniform_tensor({2, 3}), uniform_tensor({2, 3})});
  check_flops(OpClass::arithmetic, 6, "aten::mul", {uniform_tensor({2, 3}), 2.0});
  check_flops(OpClass::arithmetic, 6, "aten::div_", {uniform_tensor({2, 3}), 2.0});
  check_flops(OpClass::arithmetic, 6, "aten::clamp", {uniform_tensor({2, 3}), 0.0, 1.0});
  check_flops(OpClass::arithmetic, 6, "aten::gt", {uniform_tensor({2, 3}), 0.5});
  check_flops(OpClass::arithmetic, 6, "aten::where",
              {uniform_tensor({2, 3}) > 0.5, uniform_tensor({2, 3}), uniform_tensor({2, 3})});
  check_flops(OpClass::arithmetic, 6, "aten::max", {uniform_tensor({2, 1}), uniform_tensor({3})});
}

TEST_CASE("Reductions cost an operation for each element of the input") {
  check_flops(OpClass::arithmetic, 24, "aten::mean", {uniform_tensor({2, 3, 4}), Ints{1, 2}});
  check_flops(OpClass::arithmetic, 24, "aten::sum", {uniform_tensor({2, 3, 4})});
  check_flops(OpClass::arithmetic, 24, "aten::max", {uniform_tensor({2, 3, 4}), 1});
  check_flops(OpClass::arithmetic, 4 * 24, "aten::var", {uniform_tensor({2, 3, 4}), true});
}

TEST_CASE("Arithmetic on integers is no floating-point operation") {
  check_flops(OpClass::arithmetic, 0, "aten::add", {at::arange(6), at::arange(6)});
  check_flops(OpClass::arithmetic, 6, "aten::add", {at::arange(6), uniform_tensor({6})});
}

TEST_CASE("Resampling costs the products and sums of its neighbours") {
  const at::Tensor x = uniform_tensor({1, 2, 4, 4});
  check_free("aten::upsample_nearest2d", {x, Ints{8, 8}});
  check_flops(OpClass::arithmetic, (4 + 3) * (2 * 8 * 8), "aten::upsample_bilinear2d",
              {x, Ints{8, 8}, false});
  check_flops(OpClass::arithmetic, (16 + 15) * (2 * 8 * 8), "aten::upsample_bicubic2d",
              {x, Ints{8, 8}, false});
}

TEST_CASE("Moving elements costs nothing") {
  const at::Tensor x = uniform_tensor({2, 3, 4});
  check_free("aten::view", {x, Ints{6, 4}});
  check_free("aten::reshape", {x, Ints{4, 6}});
  check_free("aten::flatten", {x, 1, 2});
  check_free("aten::permute", {x, Ints{2, 0, 1}});
  check_free("aten::transpose", {x, 0, 1});
  check_free("aten::slice", {x, 1, 0, 2, 1});
  check_free("aten::select", {x, 0, 1});
  check_free("aten::expand", {uniform_tensor({1, 3}), Ints{5, 3}});
  check_free("aten::contiguous", {x.transpose(0, 1)});
  check_free("aten::cat", {std::vector<at::Tensor>{x, x}, 1});
  check_free("aten::stack", {std::vector<at::Tensor>{x, x}});
  check_free("aten::chunk", {x, 2, 2});
  check_free("aten::clone", {x});
  check_free("aten::to", {x, at::kDouble});
  check_free("aten::dropout", {x, 0.5, false});
  check_free("aten::constant_pad_nd", {x, Ints{1, 1}});
  check_free("aten::embedding", {uniform_tensor({10, 4}), at::arange(3)});
  check_free("aten::copy_", {x.clone(), x});
}

TEST_CASE("Numbers, shapes and lists cost nothing") {
  check_free("aten::size", {uniform_tensor({2, 3}), 1});
  check_free("aten::size", {uniform_tensor({2, 3})});
  check_free("aten::add", {2, 3});
  check_free("aten::floordiv", {7, 2});
  check_free("aten::sum", {Ints{1, 2}});
}

TEST_CASE("An operation without a rule has no cost") {
  CHECK_FALSE(cost("aten::fft_fft", {uniform_tensor({8})}));
  CHECK_FALSE(cost("aten::sort", {uniform_tensor({8})}));
  CHECK_FALSE(cost("aten::linalg_inv", {at::eye(3)}));
}

TEST_CASE("A list is free and a loop is not looked into") {
  torch::jit::Graph graph;
  torch::jit::Value* x = graph.addInput();
  const torch::jit::Node* list = graph.createList(c10::TensorType::get(), {x});
  CHECK(op_cost(*list, {uniform_tensor({2})}, {std::vector<at::Tensor>{uniform_tensor({2})}})
            ->flops == 0);
  torch::jit::Node* loop = graph.create(c10::prim::Loop, {x, x});
  loop->addBlock();
  CHECK_FALSE(op_cost(*loop, {uniform_tensor({2}), uniform_tensor({2})}, {uniform_tensor({2})}));
}

TEST_CASE("A Keras layer counts its products, or what its type stands for") {
  const OpCost convolution{OpClass::product, 200, 100};
  const OpCost relu{OpClass::activation, 30, 0};
  const OpCost norm{OpClass::normalisation, 120, 0};
  const auto flops = [](const std::string& type, const std::vector<OpCost>& operations) {
    return keras_layer_cost(type, operations, {1, 3, 4, 5}, {1, 6, 2, 2}).flops;
  };
  CHECK(flops("Conv2D", {convolution, relu}) == 200);
  CHECK(flops("Dense", {convolution, relu}) == 200);
  CHECK(flops("DepthwiseConv2D", {convolution}) == 200);
  CHECK(flops("BatchNormalization", {norm}) == 120);
  CHECK(flops("ReLU", {relu}) == 30);
  CHECK(flops("Activation", {relu}) == 0);
  CHECK(flops("Add", {relu}) == 0);
  CHECK(flops("GlobalAveragePooling2D", {relu}) == 4 * 5);
  CHECK(flops("Lambda", {relu}) == 2 * 6 * 2 * 2);
  CHECK(keras_layer_cost("Conv2D", {convolution, relu}, {1, 3, 4, 5}, {1, 6, 2, 2}).macs == 100);
}

TEST_CASE("A separable convolution is counted as in the published tables") {
  // xception's second to last: 10 × 10, 1024 to 1536 channels; 317,337,600 by zoo_blocks.csv.
  const std::int64_t depthwise = 10 * 10 * 1024 * 9;
  const std::int64_t pointwise = 10 * 10 * 1024 * 1536;
  const OpCost cost = keras_layer_cost(
      "SeparableConv2D",
      {{OpClass::product, 2 * depthwise, depthwise}, {OpClass::product, 2 * pointwise, pointwise}},
      {1, 1024, 10, 10}, {1, 1536, 10, 10});
  CHECK(cost.flops == 317337600);
  CHECK(cost.macs == 317337600 / 2);
}

}  // namespace scission::torchscript
