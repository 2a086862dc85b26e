// Random numbers that are the same on every platform, unlike the standard library's distributions.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace scission {

class RandomStream {
 public:
  /// Streams of the same seed are independent.
  RandomStream(std::uint64_t seed, std::uint64_t stream)
      : bits_(mixed(mixed(seed) ^ (stream + 0x632be59bd9b4e019ULL))) {}

  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }  ///< 0 ≤ x < 1
  double exponential(double mean) { return -mean * std::log1p(-uniform()); }

  /// Standard normal, by the Box-Muller transform without its second result.
  double normal() {
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  /// Log-normal of mean 1; `stddev` is that of the logarithm.
  double factor(double stddev) { return std::exp(stddev * normal() - stddev * stddev / 2); }

 private:
  // Finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

  std::mt19937_64 bits_;
};

}  // namespace scission
