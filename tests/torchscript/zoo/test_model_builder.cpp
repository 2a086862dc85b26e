#include "support/catch.hpp"
#include "zoo/model_builder.hpp"

namespace scission::zoo {
namespace {

std::vector<std::string> names(const ModelSpec& spec) {
  std::vector<std::string> all;
  for (const LayerSpec& layer : spec.layers) all.push_back(layer.name);
  return all;
}

//   input ─┬─▶ left ──────────────┬─▶ sum ─▶ flat
//          └─▶ right_1 ─▶ right_2 ─┘
TEST_CASE("Layers are numbered by their distance from the output, as Keras does") {
  ModelBuilder b("branches", {3, 8, 8}, Preprocessing::tf);
  const Node left = b.activation(b.input(), Activation::relu, "left");
  Node right = b.activation(b.input(), Activation::relu, "right_1");
  right = b.activation(right, Activation::relu, "right_2");
  SECTION("of equal distance, the first input of an addition comes first") {
    b.flatten(b.add(left, right, "sum"), "flat");
    CHECK(names(b.finish()) ==
          std::vector<std::string>{"input_1", "right_1", "left", "right_2", "sum", "flat"});
  }
  SECTION("in any order of adding them") {
    b.flatten(b.add(right, left, "sum"), "flat");
    const ModelSpec spec = b.finish();
    CHECK(names(spec) ==
          std::vector<std::string>{"input_1", "right_1", "right_2", "left", "sum", "flat"});
    CHECK(spec.layers[4].inputs == std::vector<int>{2, 3});
  }
}

TEST_CASE("Same padding gives the rounded-up share of the input at any stride") {
  ModelBuilder b("padding", {3, 224, 225}, Preprocessing::tf);
  for (const int kernel : {1, 3, 7}) {
    for (const int stride : {1, 2, 3}) {
      const Node x =
          b.conv(b.input(), 4, kernel, "conv", {.stride = stride, .padding = Padding::same});
      CHECK(x.shape == Shape{4, (224 + stride - 1) / stride, (225 + stride - 1) / stride});
    }
  }
}

TEST_CASE("Valid padding gives only whole windows") {
  ModelBuilder b("padding", {3, 224, 224}, Preprocessing::tf);
  CHECK(b.conv(b.input(), 4, 7, "conv", {.stride = 2}).shape == Shape{4, 109, 109});
  CHECK(b.max_pool(b.input(), 3, 2, "pool").shape == Shape{3, 111, 111});
}

TEST_CASE("A strided window is padded by hand so that its odd zero comes last") {
  const auto sides = [](int size, int window) {
    const Border border = strided_border({1, size, size}, window);
    return std::pair{border.top, border.bottom};
  };
  CHECK(sides(112, 3) == std::pair{0, 1});
  CHECK(sides(111, 3) == std::pair{1, 1});
  CHECK(sides(56, 7) == std::pair{2, 3});
  CHECK(sides(83, 5) == std::pair{2, 2});
}

TEST_CASE("Layers without a name are numbered type by type") {
  ModelBuilder b("unnamed", {3, 32, 32}, Preprocessing::tf);
  Node x = b.conv(b.input(), 4, 3);
  x = b.max_pool(x, 2, 2);
  x = b.conv(x, 4, 3);
  x = b.relu6(x);
  x = b.conv(x, 4, 3, "named");
  b.conv(x, 4, 3);
  CHECK(names(b.finish()) == std::vector<std::string>{"input_1", "conv2d", "max_pooling2d",
                                                      "conv2d_1", "re_lu", "named", "conv2d_2"});
}

TEST_CASE("A layer's FLOPs count its products twice, and no more") {
  ModelBuilder b("counted", {3, 10, 10}, Preprocessing::tf);
  Node x = b.conv(b.input(), 8, {1, 3}, "conv", {.activation = Activation::relu});
  x = b.separable_conv(x, 16, 3, "separable", {.padding = Padding::same});
  x = b.batch_norm(x, "norm", {.scale = false});
  x = b.average_pool(x, 2, 2, "pool");
  x = b.dense(b.flatten(x, "flatten"), 5, "dense");
  const ModelSpec spec = b.finish();
  std::vector<std::int64_t> flops;
  std::vector<std::int64_t> weights;
  for (const LayerSpec& layer : spec.layers) {
    flops.push_back(layer.flops);
    weights.push_back(parameters(layer));
  }
  CHECK(flops == std::vector<std::int64_t>{0, 2 * 80 * 8 * 9, 2 * 80 * 16 * (9 + 8), 4 * 80 * 16,
                                           4 * 20 * 16, 0, 2 * 320 * 5});
  CHECK(weights == std::vector<std::int64_t>{0, 80, 8 * 9 + 8 * 16 + 16, 3 * 16, 0, 0, 1605});
}

TEST_CASE("A rectified standard normal has the moments that the books give") {
  const Moments moments = rectified({0, 1});
  CHECK(moments.mean == Approx(0.398942));
  CHECK(moments.mean_square() == Approx(0.5));
}

TEST_CASE("Rectifying what is positive anyway changes nothing") {
  const Moments moments = rectified({50, 4});
  CHECK(moments.mean == Approx(50));
  CHECK(moments.variance == Approx(4));
}

}  // namespace
}  // namespace scission::zoo
