// Draws from uniform and Bernoulli distributions.
#pragma once

#include <random>

namespace scission::testing {

/// In [low, high].
inline int uniform(std::mt19937& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// In [low, high).
inline double uniform_real(std::mt19937& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

/// True with this probability.
inline bool chance(std::mt19937& random, double probability) {
  return std::bernoulli_distribution(probability)(random);
}

}  // namespace scission::testing
