// What Keras pools at an image's edges.
#include <torch/script.h>

#include <algorithm>
#include <cmath>

#include "support/catch.hpp"
#include "torchscript/zoo/compile.hpp"
#include "zoo/model_builder.hpp"

namespace scission::torchscript {
namespace {

using namespace zoo;

enum class Kind { largest, average };

/// A model of one pooling layer on an image.
at::Tensor pooled_by_layer(const at::Tensor& image, Kind kind, int side, int stride) {
  ModelBuilder b("pool", image.sizes().slice(1).vec(), Preprocessing::tf);
  if (kind == Kind::largest) {
    b.max_pool(b.input(), side, stride, "pool", Padding::same);
  } else {
    b.average_pool(b.input(), side, stride, "pool", Padding::same);
  }
  return compile(b.finish(), 0).forward({image}).toTensor();
}

/// Keras' rule element by element: the window of an output is moved up and left by half of what is
/// missing, rounded down, and what lies outside of the image is left out.
at::Tensor pooled_by_rule(const at::Tensor& image, Kind kind, int side, int stride) {
  const auto size = static_cast<int>(image.size(2));
  const int outputs = (size + stride - 1) / stride;
  const int before = std::max(0, (outputs - 1) * stride + side - size) / 2;
  at::Tensor result = torch::empty({1, 1, outputs, outputs});
  for (int row = 0; row < outputs; ++row) {
    for (int column = 0; column < outputs; ++column) {
      const auto range = [&](int index) {
        const int from = index * stride - before;
        return torch::indexing::Slice(std::max(0, from), std::min(size, from + side));
      };
      const at::Tensor window = image.index({0, 0, range(row), range(column)});
      result[0][0][row][column] = kind == Kind::largest ? window.max() : window.mean();
    }
  }
  return result;
}

TEST_CASE("Same padding neither counts in an average nor is the largest") {
  const torch::NoGradGuard no_grad;
  for (const int size : {6, 7, 10}) {
    const at::Tensor image =
        -torch::arange(1, size * size + 1).to(torch::kFloat).view({1, 1, size, size});
    for (const auto& [side, stride] : {std::pair{3, 1}, {3, 2}, {2, 2}, {5, 3}, {1, 2}}) {
      for (const Kind kind : {Kind::largest, Kind::average}) {
        INFO(size << " by " << side << " stride " << stride);
        CHECK(torch::allclose(pooled_by_layer(image, kind, side, stride),
                              pooled_by_rule(image, kind, side, stride)));
      }
    }
  }
}

TEST_CASE("Cropping takes away what padding puts there") {
  const torch::NoGradGuard no_grad;
  ModelBuilder b("crop", {2, 4, 5}, Preprocessing::tf);
  const Border border{.top = 1, .bottom = 2, .left = 3, .right = 0};
  b.cropping(b.zero_padding(b.input(), border), border);
  const at::Tensor image = torch::rand({1, 2, 4, 5});
  CHECK(compile(b.finish(), 0).forward({image}).toTensor().equal(image));
}

TEST_CASE("Local response normalisation divides by the neighbouring channels' squares") {
  const torch::NoGradGuard no_grad;
  ModelBuilder b("lrn", {7, 1, 1}, Preprocessing::caffe);
  b.local_response_norm(b.input());
  const at::Tensor image = 100 * torch::arange(1, 8).to(torch::kFloat).view({1, 7, 1, 1});
  const at::Tensor output = compile(b.finish(), 0).forward({image}).toTensor();
  const auto expected = [](double x, double squares) {
    return x / std::pow(2 + 1e-4 * squares, 0.75);
  };
  CHECK(output[0][0][0][0].item<double>() == Approx(expected(100, 1e4 * (1 + 4 + 9))));
  CHECK(output[0][3][0][0].item<double>() == Approx(expected(400, 1e4 * (4 + 9 + 16 + 25 + 36))));
  CHECK(output[0][6][0][0].item<double>() == Approx(expected(700, 1e4 * (25 + 36 + 49))));
}

}  // namespace
}  // namespace scission::torchscript
