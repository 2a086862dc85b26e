#include "scission/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "scission/error.hpp"

namespace scission {
namespace {

std::vector<double> sorted(std::vector<double> samples) {
  if (samples.empty()) throw Error(ErrorCode::invalid_argument, "no samples to summarize");
  std::sort(samples.begin(), samples.end());
  return samples;
}

double sorted_quantile(const std::vector<double>& ascending, double q) {
  const double position = q * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return std::lerp(ascending[below], ascending[above], position - std::floor(position));
}

// How many order statistics may be left out at each end of n samples, so that the median of their
// distribution lies between the rest with at least this probability.
//
// The number of samples below that median is binomial, B(n, 1/2). Leaving out k at each end misses
// it with probability 2 P(B ≤ k). The terms 2^-n C(n, k) are carried as logarithms: 2^-n alone
// underflows for n above a thousand.
std::size_t trimmed_each_end(std::size_t n, double confidence) {
  double log_term = -static_cast<double>(n) * std::numbers::ln2;
  double tail = std::exp(log_term);
  std::size_t trimmed = 0;
  for (std::size_t k = 1; 2 * k < n; ++k) {
    log_term += std::log(static_cast<double>(n - k + 1) / static_cast<double>(k));
    tail += std::exp(log_term);
    if (2 * tail > 1 - confidence) break;
    trimmed = k;
  }
  return trimmed;
}

Interval sorted_median_interval(const std::vector<double>& ascending, double confidence) {
  const std::size_t trimmed = trimmed_each_end(ascending.size(), confidence);
  return {ascending[trimmed], ascending[ascending.size() - 1 - trimmed]};
}

}  // namespace

double quantile(std::vector<double> samples, double q) {
  if (!(q >= 0 && q <= 1)) {
    throw Error(ErrorCode::invalid_argument, "a quantile lies between 0 and 1");
  }
  return sorted_quantile(sorted(std::move(samples)), q);
}

double median(std::vector<double> samples) { return quantile(std::move(samples), 0.5); }

double median_absolute_deviation(const std::vector<double>& samples) {
  const double middle = median(samples);
  std::vector<double> deviations;
  deviations.reserve(samples.size());
  for (double sample : samples) deviations.push_back(std::abs(sample - middle));
  return median(std::move(deviations));
}

std::vector<std::size_t> middle_half(const std::vector<double>& samples) {
  if (samples.empty()) throw Error(ErrorCode::invalid_argument, "no samples to summarize");
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return samples[a] < samples[b]; });
  const auto quarter = static_cast<std::ptrdiff_t>(samples.size() / 4);
  return {order.begin() + quarter, order.end() - quarter};
}

Interval median_interval(std::vector<double> samples, double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    throw Error(ErrorCode::invalid_argument, "a confidence lies between 0 and 1");
  }
  return sorted_median_interval(sorted(std::move(samples)), confidence);
}

Summary summarize(const std::vector<double>& samples) {
  const std::vector<double> ascending = sorted(samples);
  Summary summary;
  summary.count = static_cast<int>(ascending.size());
  summary.median = sorted_quantile(ascending, 0.5);
  summary.p5 = sorted_quantile(ascending, 0.05);
  summary.p95 = sorted_quantile(ascending, 0.95);
  summary.mad = median_absolute_deviation(ascending);
  summary.interval = sorted_median_interval(ascending, 0.95);
  return summary;
}

}  // namespace scission
