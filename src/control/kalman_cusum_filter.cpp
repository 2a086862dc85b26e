#include "control/kalman_cusum_filter.hpp"

#include <algorithm>
#include <cmath>

namespace scission {
namespace {

constexpr double noise_weight = 0.03;  // of one observation: averages about 30 of them
constexpr double min_noise = 0.01;     // of clocks and schedulers
constexpr double max_correlation = 0.75;
constexpr double suspicion_share = 0.4;  // of the threshold
constexpr double max_factor = 1e6;       // observations are clipped to this, and to its inverse

double square(double x) { return x * x; }

}  // namespace

KalmanCusumFilter::KalmanCusumFilter(const SlowdownFilterOptions& options, double begin_s)
    : options_(options),
      variance_{square(std::min(options.start_spread, options.fixed_spread)),
                square(options.start_spread)},
      noise_{square(options.first_noise), 0},
      noise_before_run_(noise_),
      time_s_(begin_s) {}

double KalmanCusumFilter::decay(double now_s) const {
  return std::exp(-std::max(0.0, now_s - time_s_) / options_.forgetting_s);
}

double KalmanCusumFilter::variance_at(int part, double now_s) const {
  const double kept = square(decay(now_s));
  const double limit = square(part == fixed ? options_.fixed_spread : options_.spread);
  return variance_[part] * kept + limit * (1 - kept);
}

double KalmanCusumFilter::factor(int part, double now_s) const {
  const double correction = is_observed_ ? noise_.variance / 2 : 0;
  return std::exp((mean_[part] + correction) * decay(now_s));
}

double KalmanCusumFilter::fixed_stddev(double now_s) const {
  return std::sqrt(variance_at(fixed, now_s));
}
double KalmanCusumFilter::variable_stddev(double now_s) const {
  return std::sqrt(variance_at(variable, now_s));
}

double KalmanCusumFilter::noise() const { return std::sqrt(noise_.variance); }

double KalmanCusumFilter::correlation() const {
  return std::clamp(noise_.covariance / noise_.variance, 0.0, max_correlation);
}

// Variance of the mean of many observations, times their number: noise is a first-order
// autoregressive process.
double KalmanCusumFilter::effective_noise_variance() const {
  return noise_.variance * (1 + correlation()) / (1 - correlation());
}

bool KalmanCusumFilter::is_suspicious() const {
  return std::max(cusum_[0], cusum_[1]) > suspicion_share * options_.threshold;
}

// The columns of the Cholesky factor L of the covariance P = L Lᵀ.
std::array<std::array<double, 2>, 2> KalmanCusumFilter::noise_directions() const {
  const double first = std::sqrt(variance_[fixed]);
  const double mixed = first > 0 ? covariance_ / first : 0;
  const double second = std::sqrt(std::max(0.0, variance_[variable] - square(mixed)));
  return {{{first, mixed}, {0, second}}};
}

void KalmanCusumFilter::age(double now_s) {
  const double kept = decay(now_s);
  for (const int part : {fixed, variable}) {
    variance_[part] = variance_at(part, now_s);
    mean_[part] *= kept;
  }
  covariance_ *= square(kept);
  time_s_ = std::max(time_s_, now_s);
}

void KalmanCusumFilter::update(const Pair& shares, double innovation, double noise_variance) {
  const Pair cross{variance_[fixed] * shares[fixed] + covariance_ * shares[variable],
                   covariance_ * shares[fixed] + variance_[variable] * shares[variable]};
  const double total =
      cross[fixed] * shares[fixed] + cross[variable] * shares[variable] + noise_variance;
  for (const int part : {fixed, variable}) {
    mean_[part] += cross[part] / total * innovation;
    variance_[part] -= square(cross[part]) / total;
  }
  covariance_ -= cross[fixed] * cross[variable] / total;
}

// Page's CUSUM test, one side for increases and one for decreases.
bool KalmanCusumFilter::detects_change(double deviation, double innovation) {
  if (cusum_[0] == 0 && cusum_[1] == 0) noise_before_run_ = noise_;
  bool is_change = false;
  for (const int side : {0, 1}) {
    const double outward = side == 0 ? deviation : -deviation;
    cusum_[side] = std::max(0.0, cusum_[side] + outward - options_.allowance);
    const bool runs = cusum_[side] > 0;
    run_sum_[side] = runs ? run_sum_[side] + innovation : 0;
    run_count_[side] = runs ? run_count_[side] + 1 : 0;
    is_change = is_change || cusum_[side] > options_.threshold;
  }
  return is_change;
}

// The estimate hardly moved during the run, so the mean innovation of the run is its error.
void KalmanCusumFilter::restart_from_run(const Pair& shares) {
  const int side = cusum_[0] > cusum_[1] ? 0 : 1;
  const double mean = run_sum_[side] / run_count_[side];
  const bool was_slow = std::exp(std::max(mean_[fixed], mean_[variable])) > min_slowdown;
  if (changes_ == 0 || !was_slow) slow_since_s_ = time_s_;
  noise_ = noise_before_run_;
  last_innovation_ = 0;
  variance_ = {square(2 * options_.fixed_spread), square(2 * options_.spread)};
  covariance_ = 0;
  update(shares, mean, effective_noise_variance() / run_count_[side]);
  cusum_ = run_sum_ = {0, 0};
  run_count_ = {0, 0};
  ++changes_;
}

void KalmanCusumFilter::learn_noise(double innovation, double predicted) {
  const double observed = std::max(square(innovation) - predicted, 0.0);
  noise_.variance += noise_weight * (observed - noise_.variance);
  noise_.variance = std::max(noise_.variance, square(min_noise));
  noise_.covariance += noise_weight * (innovation * last_innovation_ - noise_.covariance);
  last_innovation_ = innovation;
}

void KalmanCusumFilter::observe(const ExpectedTime& expected, double seconds, double now_s) {
  if (!(expected.fixed_s + expected.variable_s > 0 && seconds > 0 && std::isfinite(seconds))) {
    return;
  }
  age(now_s);
  is_observed_ = true;
  const double max_s = max_factor * (expected.fixed_s + expected.variable_s);
  seconds = std::clamp(seconds, max_s / square(max_factor), max_s);
  const double fixed_s = expected.fixed_s * std::exp(mean_[fixed]);
  const double variable_s = expected.variable_s * std::exp(mean_[variable]);
  const Pair shares{fixed_s / (fixed_s + variable_s), variable_s / (fixed_s + variable_s)};
  const double innovation = std::log(seconds / (fixed_s + variable_s));

  const double predicted = square(shares[fixed]) * variance_[fixed] +
                           2 * shares[fixed] * shares[variable] * covariance_ +
                           square(shares[variable]) * variance_[variable];
  const double sd = std::sqrt(predicted + effective_noise_variance());
  const double deviation = std::clamp(innovation / sd, -options_.outlier, options_.outlier);
  if (detects_change(deviation, innovation)) return restart_from_run(shares);
  update(shares, deviation * sd, effective_noise_variance());
  learn_noise(deviation * sd, predicted);
}

}  // namespace scission
