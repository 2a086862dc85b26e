// Inception V3 (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision",
// 2016), after keras/applications/inception_v3.py.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/inception_branch.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

using enum Padding;
constexpr Size row{1, 7};
constexpr Size column{7, 1};

Node stem(ModelBuilder& b, Node x) {
  x = inception_branch(b, x, {{32, 3, 2, valid}, {32, 3, 1, valid}, {64, 3}});
  x = b.max_pool(x, 3, 2);
  x = inception_branch(b, x, {{80, 1, 1, valid}, {192, 3, 1, valid}});
  return b.max_pool(x, 3, 2);
}

/// 35 × 35
Node mixed_a(ModelBuilder& b, const Node& x, int pool_filters, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{64, 1}}), inception_branch(b, x, {{48, 1}, {64, 5}}),
       inception_branch(b, x, {{64, 1}, {96, 3}, {96, 3}}),
       inception_pool_branch(b, x, pool_filters)},
      name);
}

/// 35 × 35 to 17 × 17
Node reduce_a(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{384, 3, 2, valid}}),
       inception_branch(b, x, {{64, 1}, {96, 3}, {96, 3, 2, valid}}), b.max_pool(x, 3, 2)},
      name);
}

/// 17 × 17, `n` channels inside of the branches
Node mixed_b(ModelBuilder& b, const Node& x, int n, const std::string& name) {
  return b.concatenate(
      {inception_branch(b, x, {{192, 1}}),
       inception_branch(b, x, {{n, 1}, {n, row}, {192, column}}),
       inception_branch(b, x, {{n, 1}, {n, column}, {n, row}, {n, column}, {192, row}}),
       inception_pool_branch(b, x, 192)},
      name);
}

/// 17 × 17 to 8 × 8
Node reduce_b(ModelBuilder& b, const Node& x, const std::string& name) {
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

}  // namespace

ModelSpec inception_v3() {
  ModelBuilder b("inception_v3", {3, 299, 299}, Preprocessing::tf);
  Node x = stem(b, b.input());
  x = mixed_a(b, x, 32, "mixed0");
  x = mixed_a(b, x, 64, "mixed1");
  x = mixed_a(b, x, 64, "mixed2");
  x = reduce_a(b, x, "mixed3");
  x = mixed_b(b, x, 128, "mixed4");
  x = mixed_b(b, x, 160, "mixed5");
  x = mixed_b(b, x, 160, "mixed6");
  x = mixed_b(b, x, 192, "mixed7");
  x = reduce_b(b, x, "mixed8");
  x = mixed_c(b, x, 0);
  x = mixed_c(b, x, 1);
  x = b.global_average_pool(x, "avg_pool");
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace scission::torchscript::zoo
