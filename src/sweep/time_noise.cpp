#include "sweep/time_noise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double width_in_deviations = 2 * 1.959964;  // of a 95 % interval

bool all_have_intervals(const AdaptiveGrid& grid) {
  for (const Condition& condition : grid.conditions) {
    for (const PlanTime& time : condition.times) {
      if (time.is_measured() && !time.has_interval()) return false;
    }
  }
  return true;
}

NoiseSource source_of(const AdaptiveGrid& grid, NoiseSource wanted) {
  const bool has_all = all_have_intervals(grid);
  if (wanted == NoiseSource::intervals && !has_all) {
    throw Error(ErrorCode::invalid_argument,
                "not every time has an interval; take the noise from the grid");
  }
  if (wanted == NoiseSource::none || wanted == NoiseSource::intervals) return wanted;
  if (wanted == NoiseSource::automatic && has_all) return NoiseSource::intervals;
  return largest_order(grid, 1) > 0 ? NoiseSource::grid : NoiseSource::none;
}

}  // namespace

TimeNoise::TimeNoise(const AdaptiveGrid& grid, NoiseSource source) : grid_(grid) {
  summary_.source = source_of(grid, source);
  if (summary_.source == NoiseSource::grid) {
    fits_ = best_fits(grid);
    summary_.order = fits_->order;
    summary_.degrees = *std::max_element(fits_->degrees.begin(), fits_->degrees.end());
  }
  if (is_known()) summary_.typical = typical();
}

double TimeNoise::of_interval(std::size_t condition, std::size_t plan) const {
  const Interval& interval = grid_.conditions[condition].times[plan].interval;
  return std::log(interval.high / interval.low) / width_in_deviations;
}

double TimeNoise::of_difference(Eigen::Index one, Eigen::Index other) const {
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

double TimeNoise::log_time(std::size_t condition, std::size_t plan) const {
  if (!fits_) return std::log(grid_.conditions[condition].times[plan].seconds);
  return fits_->fitted(static_cast<Eigen::Index>(condition), static_cast<Eigen::Index>(plan));
}

double TimeNoise::of_time(std::size_t condition, std::size_t plan) const {
  if (summary_.source == NoiseSource::intervals) return of_interval(condition, plan);
  if (summary_.source == NoiseSource::none || fits_->degrees[plan] < 1) return infinite;
  const auto column = static_cast<Eigen::Index>(plan);
  double sum = 0;
  for (const double residual : fits_->residuals.col(column)) {
    if (!std::isnan(residual)) sum += residual * residual;
  }
  return std::sqrt(sum / fits_->degrees[plan]);
}

double TimeNoise::of_ratio(std::size_t condition, std::size_t one, std::size_t other) const {
  if (one == other) return 0;
  if (summary_.source == NoiseSource::intervals) {
    return std::hypot(of_interval(condition, one), of_interval(condition, other));
  }
  if (summary_.source == NoiseSource::none) return infinite;
  const auto first = static_cast<Eigen::Index>(one);
  const auto second = static_cast<Eigen::Index>(other);
  const auto row = static_cast<Eigen::Index>(condition);
  const double leverage = std::max(fits_->leverages(row, first), fits_->leverages(row, second));
  return of_difference(first, second) * std::sqrt(leverage);
}

double TimeNoise::degrees(std::size_t one, std::size_t other) const {
  if (summary_.source != NoiseSource::grid) return infinite;
  return std::max(1, std::min(fits_->degrees[one], fits_->degrees[other]));
}

double TimeNoise::typical() const {
  std::vector<double> deviations;
  for (std::size_t plan = 0; plan < grid_.plans.size(); ++plan) {
    std::vector<double> of_plan;
    for (std::size_t i = 0; i < grid_.conditions.size(); ++i) {
      if (!grid_.conditions[i].times[plan].is_measured()) continue;
      of_plan.push_back(of_time(i, plan));
      if (summary_.source == NoiseSource::grid) break;  // the same in all conditions
    }
    if (!of_plan.empty()) deviations.push_back(median(of_plan));
  }
  return deviations.empty() ? 0 : median(deviations);
}

}  // namespace scission
