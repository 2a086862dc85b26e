#include "stats/distributions.hpp"

#include <cmath>
#include <numbers>

namespace scission {
namespace {

constexpr double normal_degrees = 1e6;  // from here on t is indistinguishable from normal
constexpr int max_terms = 10'000;

/// Replaces a vanishing partial denominator, as in the modified Lentz method.
double not_zero(double value) {
  constexpr double tiny = 1e-300;
  return std::abs(value) < tiny ? tiny : value;
}

/// The continued fraction by the modified Lentz method. It converges fast for x < (a + 1) / (a + b
/// + 2).
double beta_fraction(double a, double b, double x) {
  double c = 1;
  double d = 1 / not_zero(1 - (a + b) * x / (a + 1));
  double value = d;
  for (int m = 1; m < max_terms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / not_zero(1 + even * d);
    c = not_zero(1 + even / c);
    value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / not_zero(1 + odd * d);
    c = not_zero(1 + odd / c);
    const double factor = d * c;
    value *= factor;
    if (std::abs(factor - 1) < 1e-15) break;
  }
  return value;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_above(double t, double degrees) {
  if (degrees > normal_degrees) return std::erfc(t / std::numbers::sqrt2) / 2;
  const double tail = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
  return t >= 0 ? tail : 1 - tail;
}

double student_quantile(double p, double degrees) {
  if (p > 0.5) return -student_quantile(1 - p, degrees);
  double low = 0;
  double high = 1;
  while (student_above(high, degrees) > p && high < 1e12) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-13 * high; ++i) {
    const double middle = (low + high) / 2;
    (student_above(middle, degrees) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double snedecor_above(double f, double degrees, double error_degrees) {
  if (!(f > 0)) return 1;
  return incomplete_beta(error_degrees / 2, degrees / 2,
                         error_degrees / (error_degrees + degrees * f));
}

}  // namespace scission
