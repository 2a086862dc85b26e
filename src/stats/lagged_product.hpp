// What autocorrelations are made of.
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

namespace scission {

/// Σ x(i) x(i + lag); lag ≤ x.size().
inline double lagged_product(const std::vector<double>& x, std::size_t lag) {
  return std::inner_product(x.begin() + static_cast<std::ptrdiff_t>(lag), x.end(), x.begin(), 0.0);
}

}  // namespace scission
