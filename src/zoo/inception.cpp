// Inception V3 (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016)
// and Inception-ResNet V2 (Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of
// Residual Connections on Learning", 2017), after keras/applications/inception_v3.py and
// inception_resnet_v2.py.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "zoo/model_builder.hpp"
#include "zoo/models.hpp"

namespace scission::zoo {
namespace {

using enum Padding;

/// A convolution without bias, a normalisation without scale, a rectifier.
struct InceptionConv {
  int filters;
  Size kernel;
  int stride = 1;
  Padding padding = Padding::same;
};

/// The convolutions one after the other, all unnamed.
Node inception_branch(ModelBuilder& b, Node x, const std::vector<InceptionConv>& convolutions) {
  for (const auto& [filters, kernel, stride, padding] : convolutions) {
    x = b.conv(x, filters, kernel, unnamed, {.stride = stride, .padding = padding, .bias = false});
    x = b.batch_norm(x, unnamed, {.scale = false});
    x = b.relu(x);
  }
  return x;
}

/// An average over 3×3, then a 1×1 convolution.
Node inception_pool_branch(ModelBuilder& b, const Node& x, int filters) {
  return inception_branch(b, b.average_pool(x, 3, 1, unnamed, Padding::same), {{filters, 1}});
}

Node stem(ModelBuilder& b, Node x) {
  x = inception_branch(b, x, {{32, 3, 2, valid}, {32, 3, 1, valid}, {64, 3}});
  x = b.max_pool(x, 3, 2);
  x = inception_branch(b, x, {{80, 1, 1, valid}, {192, 3, 1, valid}});
  return b.max_pool(x, 3, 2);
}

// Inception V3

constexpr Size row{1, 7};
constexpr Size column{7, 1};

/// 35 × 35
Node mixed_a(ModelBuilder& b, const Node& x, int pool_filters, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{64, 1}}), inception_branch(b, x, {{48, 1}, {64, 5}}),
       inception_branch(b, x, {{64, 1}, {96, 3}, {96, 3}}),
       inception_pool_branch(b, x, pool_filters)},
      name);
}

/// 35 × 35 to 17 × 17
Node reduce_v3_a(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{384, 3, 2, valid}}),
       inception_branch(b, x, {{64, 1}, {96, 3}, {96, 3, 2, valid}}), b.max_pool(x, 3, 2)},
      name);
}

/// 17 × 17, `n` channels inside the branches
Node mixed_b(ModelBuilder& b, const Node& x, int n, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{192, 1}}),
       inception_branch(b, x, {{n, 1}, {n, row}, {192, column}}),
       inception_branch(b, x, {{n, 1}, {n, column}, {n, row}, {n, column}, {192, row}}),
       inception_pool_branch(b, x, 192)},
      name);
}

/// 17 × 17 to 8 × 8
Node reduce_v3_b(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{192, 1}, {320, 3, 2, valid}}),
       inception_branch(b, x, {{192, 1}, {192, row}, {192, column}, {192, 3, 2, valid}}),
       b.max_pool(x, 3, 2)},
      name);
}

/// A row and a column of three, side by side.
Node fork(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{384, {1, 3}}}), inception_branch(b, x, {{384, {3, 1}}})}, name);
}

/// 8 × 8
Node mixed_c(ModelBuilder& b, const Node& x, int index) {
  return b.concatenate(
      {inception_branch(b, x, {{320, 1}}),
       fork(b, inception_branch(b, x, {{384, 1}}), fmt::format("mixed9_{}", index)),
       fork(b, inception_branch(b, x, {{448, 1}, {384, 3}}), unnamed),
       inception_pool_branch(b, x, 192)},
      fmt::format("mixed{}", 9 + index));
}

// Inception-ResNet V2

using Branches = std::vector<std::vector<InceptionConv>>;

/// What the branches make of x, scaled, is added to x: NAME, without a rectifier after it.
Node residual(ModelBuilder& b, const Node& x, const Branches& branches, double scale,
              const std::string& name) {
  std::vector<Node> parts;
  for (const auto& branch : branches) parts.push_back(inception_branch(b, x, branch));
  const Node mixed = b.concatenate(parts, name + "_mixed");
  const Node up = b.conv(mixed, static_cast<int>(x.shape[0]), 1, name + "_conv",
                         {.padding = same, .bias = true});
  return b.scaled_add(x, up, scale, name);
}

/// NAME_1, NAME_2, …, each rectified.
Node residuals(ModelBuilder& b, Node x, int blocks, const Branches& branches, double scale,
               const std::string& type) {
  for (int i = 1; i <= blocks; ++i) {
    const std::string name = fmt::format("{}_{}", type, i);
    x = residual(b, x, branches, scale, name);
    x = b.relu(x, name + "_ac");
  }
  return x;
}

/// 35 × 35 to 17 × 17
Node reduce_resnet_a(ModelBuilder& b, const Node& x) {
  return b.concatenate(
      {inception_branch(b, x, {{384, 3, 2, valid}}),
       inception_branch(b, x, {{256, 1}, {256, 3}, {384, 3, 2, valid}}), b.max_pool(x, 3, 2)},
      "mixed_6a");
}

/// 17 × 17 to 8 × 8
Node reduce_resnet_b(ModelBuilder& b, const Node& x) {
  return b.concatenate(
      {inception_branch(b, x, {{256, 1}, {384, 3, 2, valid}}),
       inception_branch(b, x, {{256, 1}, {288, 3, 2, valid}}),
       inception_branch(b, x, {{256, 1}, {288, 3}, {320, 3, 2, valid}}), b.max_pool(x, 3, 2)},
      "mixed_7a");
}

}  // namespace

ModelSpec inception_v3() {
  ModelBuilder b("inception_v3", {3, 299, 299}, Preprocessing::tf);
  Node x = stem(b, b.input());
  x = mixed_a(b, x, 32, "mixed0");
  x = mixed_a(b, x, 64, "mixed1");
  x = mixed_a(b, x, 64, "mixed2");
  x = reduce_v3_a(b, x, "mixed3");
  x = mixed_b(b, x, 128, "mixed4");
  x = mixed_b(b, x, 160, "mixed5");
  x = mixed_b(b, x, 160, "mixed6");
  x = mixed_b(b, x, 192, "mixed7");
  x = reduce_v3_b(b, x, "mixed8");
  x = mixed_c(b, x, 0);
  x = mixed_c(b, x, 1);
  return b.finish_classifier(x, "avg_pool");
}

ModelSpec inceptionresnet_v2() {
  const Branches block35 = {{{32, 1}}, {{32, 1}, {32, 3}}, {{32, 1}, {48, 3}, {64, 3}}};
  const Branches block17 = {{{192, 1}}, {{128, 1}, {160, {1, 7}}, {192, {7, 1}}}};
  const Branches block8 = {{{192, 1}}, {{192, 1}, {224, {1, 3}}, {256, {3, 1}}}};

  ModelBuilder b("inceptionresnet_v2", {3, 299, 299}, Preprocessing::tf);
  Node x = stem(b, b.input());
  x = b.concatenate(
      {inception_branch(b, x, {{96, 1}}), inception_branch(b, x, {{48, 1}, {64, 5}}),
       inception_branch(b, x, {{64, 1}, {96, 3}, {96, 3}}), inception_pool_branch(b, x, 64)},
      "mixed_5b");
  x = residuals(b, x, 10, block35, 0.17, "block35");
  x = reduce_resnet_a(b, x);
  x = residuals(b, x, 20, block17, 0.1, "block17");
  x = reduce_resnet_b(b, x);
  x = residuals(b, x, 9, block8, 0.2, "block8");
  x = residual(b, x, block8, 1, "block8_10");

  x = b.conv(x, 1536, 1, "conv_7b", {.padding = same, .bias = false});
  x = b.batch_norm(x, "conv_7b_bn", {.scale = false});
  x = b.relu(x, "conv_7b_ac");
  return b.finish_classifier(x, "avg_pool");
}

}  // namespace scission::zoo
