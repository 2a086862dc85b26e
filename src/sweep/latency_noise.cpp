#include "sweep/latency_noise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double interval_width_deviations = 2 * 1.959964;  // of a 95 % interval

bool all_have_intervals(const Sweep& sweep) {
  for (const Condition& condition : sweep.conditions) {
    for (const PlanTime& time : condition.times) {
      if (time.is_measured() && !time.has_interval()) return false;
    }
  }
  return true;
}

NoiseSource source_of(const Sweep& sweep, NoiseSource requested) {
  const bool all_have = all_have_intervals(sweep);
  if (requested == NoiseSource::intervals && !all_have) {
    throw Error(ErrorCode::invalid_argument,
                "not every time has an interval; estimate the noise from the grid");
  }
  if (requested == NoiseSource::none || requested == NoiseSource::intervals) return requested;
  if (requested == NoiseSource::automatic && all_have) return NoiseSource::intervals;
  return largest_order(sweep, 1) > 0 ? NoiseSource::grid : NoiseSource::none;
}

/// The residuals about the means of the plans, scaled up to the size of the noise; only of plans
/// that every condition has a time for.
Eigen::MatrixXd times_without_effects(const PlanFits& fits) {
  Eigen::MatrixXd times(fits.residuals.rows(), fits.residuals.cols());
  Eigen::Index count = 0;
  const auto rows = static_cast<double>(times.rows());
  for (Eigen::Index plan = 0; plan < times.cols(); ++plan) {
    const int degrees = fits.degrees[static_cast<std::size_t>(plan)];
    if (fits.residuals.col(plan).array().isNaN().any() || degrees < 1) continue;
    const double scale = std::sqrt(rows / degrees);
    times.col(count++) = (fits.residuals.col(plan) * scale).array() + fits.fitted.col(plan).mean();
  }
  return times.leftCols(count);
}

}  // namespace

NoiseModel::NoiseModel(const Sweep& sweep, NoiseSource source) : sweep_(sweep) {
  summary_.source = source_of(sweep, source);
  if (summary_.source == NoiseSource::grid) {
    fits_ = best_fits(sweep);
    summary_.order = fits_->order;
    summary_.degrees = *std::max_element(fits_->degrees.begin(), fits_->degrees.end());
  }
  if (is_known()) summary_.typical = typical();
}

double NoiseModel::deviation_by_interval(std::size_t condition, std::size_t plan) const {
  const Interval& interval = sweep_.conditions[condition].times[plan].interval;
  return std::log(interval.high / interval.low) / interval_width_deviations;
}

double NoiseModel::deviation_of_difference(Eigen::Index one, Eigen::Index other) const {
  const int degrees = std::min(fits_->degrees[static_cast<std::size_t>(one)],
                               fits_->degrees[static_cast<std::size_t>(other)]);
  if (degrees < 1) return infinite;
  double sum = 0;
  for (Eigen::Index row = 0; row < fits_->residuals.rows(); ++row) {
    const double difference = fits_->residuals(row, one) - fits_->residuals(row, other);
    if (!std::isnan(difference)) sum += difference * difference;
  }
  return std::sqrt(sum / degrees);
}

double NoiseModel::log_time(std::size_t condition, std::size_t plan) const {
  if (!fits_) return std::log(sweep_.conditions[condition].times[plan].seconds);
  return fits_->fitted(static_cast<Eigen::Index>(condition), static_cast<Eigen::Index>(plan));
}

double NoiseModel::deviation_of_time(std::size_t condition, std::size_t plan) const {
  if (summary_.source == NoiseSource::intervals) return deviation_by_interval(condition, plan);
  if (summary_.source == NoiseSource::none || fits_->degrees[plan] < 1) return infinite;
  const auto column = static_cast<Eigen::Index>(plan);
  double sum = 0;
  for (const double residual : fits_->residuals.col(column)) {
    if (!std::isnan(residual)) sum += residual * residual;
  }
  return std::sqrt(sum / fits_->degrees[plan]);
}

double NoiseModel::deviation_of_ratio(std::size_t condition, std::size_t one,
                                      std::size_t other) const {
  if (one == other) return 0;
  if (summary_.source == NoiseSource::intervals) {
    return std::hypot(deviation_by_interval(condition, one),
                      deviation_by_interval(condition, other));
  }
  if (summary_.source == NoiseSource::none) return infinite;
  const auto first = static_cast<Eigen::Index>(one);
  const auto second = static_cast<Eigen::Index>(other);
  const auto row = static_cast<Eigen::Index>(condition);
  const double leverage = std::max(fits_->leverages(row, first), fits_->leverages(row, second));
  return deviation_of_difference(first, second) * std::sqrt(leverage);
}

double NoiseModel::degrees(std::size_t one, std::size_t other) const {
  if (summary_.source != NoiseSource::grid) return infinite;
  return std::max(1, std::min(fits_->degrees[one], fits_->degrees[other]));
}

double NoiseModel::typical() const {
  std::vector<double> deviations;
  for (std::size_t plan = 0; plan < sweep_.plans.size(); ++plan) {
    std::vector<double> of_plan;
    for (std::size_t i = 0; i < sweep_.conditions.size(); ++i) {
      if (!sweep_.conditions[i].times[plan].is_measured()) continue;
      of_plan.push_back(deviation_of_time(i, plan));
      if (summary_.source == NoiseSource::grid) break;  // it is the same in all conditions
    }
    if (!of_plan.empty()) deviations.push_back(median(of_plan));
  }
  return deviations.empty() ? 0 : median(deviations);
}

std::optional<NullExpectation> null_expectation(const PlanFits& fits, double min_gain) {
  const Eigen::MatrixXd times = times_without_effects(fits);
  if (times.cols() == 0 || times.rows() < 2) return std::nullopt;
  NullExpectation sums;
  for (Eigen::Index baseline = 0; baseline < times.rows(); ++baseline) {
    Eigen::Index baseline_plan = 0;
    times.row(baseline).minCoeff(&baseline_plan);
    for (Eigen::Index row = 0; row < times.rows(); ++row) {
      if (row == baseline) continue;
      const double gain = 1 - std::exp(times.row(row).minCoeff() - times(row, baseline_plan));
      sums.mean_gain += gain;
      sums.changed_share += gain > 0 ? 1 : 0;
      sums.worthwhile_share += gain > min_gain ? 1 : 0;
    }
  }
  const auto pairs = static_cast<double>(times.rows() * (times.rows() - 1));
  return NullExpectation{sums.mean_gain / pairs, sums.changed_share / pairs,
                         sums.worthwhile_share / pairs};
}

}  // namespace scission
