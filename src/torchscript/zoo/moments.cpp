#include "torchscript/zoo/moments.hpp"

#include <cmath>
#include <numbers>

namespace scission::torchscript::zoo {

Moments sum(const Moments& a, const Moments& b) {
  return {a.mean + b.mean, a.variance + b.variance};
}

Moments rectified(const Moments& x) {
  const double deviation = std::sqrt(x.variance);
  const double z = x.mean / deviation;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  const double positive = std::erfc(-z / std::numbers::sqrt2) / 2;
  const double mean = x.mean * positive + deviation * density;
  const double square = x.mean_square() * positive + x.mean * deviation * density;
  return {mean, square - mean * mean};
}

Moments squashed(const Moments& x) { return {0, x.variance / (1 + 1.54 * x.variance)}; }

Moments pooled(const Moments& x) { return {x.mean + std::sqrt(x.variance) / 2, x.variance}; }

}  // namespace scission::torchscript::zoo
