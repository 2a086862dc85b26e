// Random numbers that are the same wherever they are drawn: the library's distributions are not.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace scission {

class Dice {
 public:
  /// Streams of one seed are unrelated.
  Dice(std::uint64_t seed, std::uint64_t stream)
      : bits_(mixed(mixed(seed) ^ (stream + 0x632be59bd9b4e019ULL))) {}

  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }  ///< 0 ≤ x < 1
  double exponential(double mean) { return -mean * std::log1p(-uniform()); }

  /// Box and Muller's, of which one half is enough.
  double normal() {
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  /// Log-normal of mean 1; sd is that of the logarithm.
  double factor(double sd) { return std::exp(sd * normal() - sd * sd / 2); }

 private:
  // SplitMix64's finaliser (Steele, Lea and Flood 2014).
  static std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

  std::mt19937_64 bits_;
};

}  // namespace scission
