#include "measure/pooled.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace scission {
namespace {

double mean(const std::vector<TimeEstimate>& passes) {
  double sum = 0;
  for (const TimeEstimate& pass : passes) sum += pass.seconds;
  return sum / static_cast<double>(passes.size());
}

// t · s / √P.
double half_width_between(const std::vector<TimeEstimate>& passes) {
  const auto count = static_cast<double>(passes.size());
  const double centre = mean(passes);
  double squares = 0;
  for (const TimeEstimate& pass : passes) squares += std::pow(pass.seconds - centre, 2);
  return t_quantile(static_cast<int>(passes.size()) - 1) * std::sqrt(squares / (count - 1) / count);
}

// Of the mean of independent figures, of which each is off by so much.
template <typename HalfWidth>
double half_width_within(const std::vector<TimeEstimate>& passes, HalfWidth half_width) {
  double squares = 0;
  for (const TimeEstimate& pass : passes) squares += std::pow(half_width(pass), 2);
  return std::sqrt(squares) / static_cast<double>(passes.size());
}

}  // namespace

// The expansion is that of Fisher and Cornish (Abramowitz & Stegun, "Handbook of Mathematical
// Functions", 26.7.5), whose error falls below 10⁻⁵ from 10 degrees on.
double t_quantile(int degrees) {
  static constexpr std::array<double, 9> few{12.706205, 4.302653, 3.182446, 2.776445, 2.570582,
                                             2.446912,  2.364624, 2.306004, 2.262157};
  if (degrees <= static_cast<int>(few.size())) return few[static_cast<std::size_t>(degrees - 1)];
  constexpr double z = 1.959963984540054;
  constexpr double z2 = z * z;
  const double n = degrees;
  const double first = (z2 + 1) / 4;
  const double second = ((5 * z2 + 16) * z2 + 3) / 96;
  const double third = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  const double fourth = ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
  return z * (1 + (first + (second + (third + fourth / n) / n) / n) / n);
}

Interval pooled_interval(double centre, const std::vector<TimeEstimate>& passes) {
  if (passes.size() == 1) return passes.front().interval;
  const double between = half_width_between(passes);
  const double below = half_width_within(
      passes, [](const TimeEstimate& pass) { return pass.seconds - pass.interval.low; });
  const double above = half_width_within(
      passes, [](const TimeEstimate& pass) { return pass.interval.high - pass.seconds; });
  return {std::max(0.0, centre - std::max(below, between)), centre + std::max(above, between)};
}

TimeEstimate pooled(const std::vector<TimeEstimate>& passes) {
  const double centre = mean(passes);
  return {centre, pooled_interval(centre, passes)};
}

}  // namespace scission
