#include "scission/control/time_scale.hpp"

#include <algorithm>
#include <cmath>

namespace scission {
namespace {

constexpr int fixed = 0;
constexpr int variable = 1;
constexpr double noise_weight = 0.03;  // of one observation: about 30 of them decide
constexpr double least_noise = 0.01;   // clocks and schedulers are no better
constexpr double most_correlation = 0.75;
constexpr double suspicion_share = 0.4;  // of the threshold
constexpr double most_factor = 1e6;      // of what is expected, and one in so many

double square(double x) { return x * x; }

}  // namespace

TimeScale::TimeScale(const TimeScaleOptions& options, double begin_s)
    : options_(options),
      variance_{square(std::min(options.start_spread, options.fixed_spread)),
                square(options.start_spread)},
      noise_{square(options.first_noise), 0},
      quiet_noise_(noise_),
      time_s_(begin_s) {}

double TimeScale::decay(double now_s) const {
  return std::exp(-std::max(0.0, now_s - time_s_) / options_.forgetting_s);
}

double TimeScale::variance_at(int part, double now_s) const {
  const double kept = square(decay(now_s));
  const double limit = square(part == fixed ? options_.fixed_spread : options_.spread);
  return variance_[part] * kept + limit * (1 - kept);
}

double TimeScale::factor(int part, double now_s) const {
  const double correction = is_seen_ ? noise_.variance / 2 : 0;
  return std::exp((mean_[part] + correction) * decay(now_s));
}

double TimeScale::fixed_factor(double now_s) const { return factor(fixed, now_s); }
double TimeScale::variable_factor(double now_s) const { return factor(variable, now_s); }

double TimeScale::fixed_uncertainty(double now_s) const {
  return std::sqrt(variance_at(fixed, now_s));
}
double TimeScale::variable_uncertainty(double now_s) const {
  return std::sqrt(variance_at(variable, now_s));
}

double TimeScale::noise() const { return std::sqrt(noise_.variance); }

double TimeScale::correlation() const {
  return std::clamp(noise_.covariance / noise_.variance, 0.0, most_correlation);
}

// Of the sum of many: that of an autoregressive process of first order.
double TimeScale::effective_noise_variance() const {
  return noise_.variance * (1 + correlation()) / (1 - correlation());
}

bool TimeScale::is_suspicious() const {
  return std::max(cusum_[0], cusum_[1]) > suspicion_share * options_.threshold;
}

// Cholesky's factor of the covariance, by columns: L Lᵀ = P.
std::array<std::array<double, 2>, 2> TimeScale::noise_directions() const {
  const double first = std::sqrt(variance_[fixed]);
  const double mixed = first > 0 ? covariance_ / first : 0;
  const double second = std::sqrt(std::max(0.0, variance_[variable] - square(mixed)));
  return {{{first, mixed}, {0, second}}};
}

void TimeScale::age(double now_s) {
  const double kept = decay(now_s);
  for (const int part : {fixed, variable}) {
    variance_[part] = variance_at(part, now_s);
    mean_[part] *= kept;
  }
  covariance_ *= square(kept);
  time_s_ = std::max(time_s_, now_s);
}

void TimeScale::update(const Pair& shares, double innovation, double noise_variance) {
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

// Page's test, once for a rise and once for a fall.
bool TimeScale::detects_change(double deviation, double innovation) {
  if (cusum_[0] == 0 && cusum_[1] == 0) quiet_noise_ = noise_;
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

// The innovations of the run are of one mean and of means that hardly moved since: their mean is
// how far off the estimate is.
void TimeScale::restart_from_run(const Pair& shares) {
  const int side = cusum_[0] > cusum_[1] ? 0 : 1;
  const double mean = run_sum_[side] / run_count_[side];
  noise_ = quiet_noise_;
  last_innovation_ = 0;
  variance_ = {square(2 * options_.fixed_spread), square(2 * options_.spread)};
  covariance_ = 0;
  update(shares, mean, effective_noise_variance() / run_count_[side]);
  cusum_ = run_sum_ = {0, 0};
  run_count_ = {0, 0};
  ++changes_;
}

void TimeScale::learn_noise(double innovation, double predicted) {
  const double seen = std::max(square(innovation) - predicted, 0.0);
  noise_.variance += noise_weight * (seen - noise_.variance);
  noise_.variance = std::max(noise_.variance, square(least_noise));
  noise_.covariance += noise_weight * (innovation * last_innovation_ - noise_.covariance);
  last_innovation_ = innovation;
}

void TimeScale::observe(const ExpectedTime& expected, double seconds, double now_s) {
  if (!(expected.fixed_s + expected.variable_s > 0 && seconds > 0 && std::isfinite(seconds))) {
    return;
  }
  age(now_s);
  is_seen_ = true;
  // What somebody claims beyond that is no estimate's business.
  const double most = most_factor * (expected.fixed_s + expected.variable_s);
  seconds = std::clamp(seconds, most / square(most_factor), most);
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
