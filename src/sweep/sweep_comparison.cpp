#include "scission/sweep/sweep_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "scission/base/error.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {
namespace {

Error mismatch(const std::string& message) { return {ErrorCode::mismatch, message, "the sweeps"}; }

std::size_t factor_named(const AdaptiveGrid& grid, const std::string& name) {
  const auto found = std::find_if(grid.factors.begin(), grid.factors.end(),
                                  [&](const Factor& factor) { return factor.name == name; });
  if (found != grid.factors.end()) return static_cast<std::size_t>(found - grid.factors.begin());
  throw mismatch(fmt::format("are not of the same factors: one has '{}', the other not", name));
}

/// Where each plan of one grid is in the other.
std::vector<std::optional<std::size_t>> same_plans(const AdaptiveGrid& one,
                                                   const AdaptiveGrid& other) {
  std::vector<std::optional<std::size_t>> places;
  for (const GridPlan& plan : one.plans) {
    const auto found =
        std::find_if(other.plans.begin(), other.plans.end(),
                     [&](const GridPlan& candidate) { return candidate.label == plan.label; });
    places.emplace_back();
    if (found != other.plans.end()) places.back() = found - other.plans.begin();
  }
  return places;
}

/// The other grid's condition with the same labels.
const Condition* same_condition(const AdaptiveGrid& one, const Condition& condition,
                                const AdaptiveGrid& other) {
  std::vector<int> levels(other.factors.size());
  for (std::size_t i = 0; i < one.factors.size(); ++i) {
    const std::size_t factor = factor_named(other, one.factors[i].name);
    const auto& labels = other.factors[factor].levels;
    const auto& label = one.factors[i].levels[static_cast<std::size_t>(condition.levels[i])];
    const auto found = std::find(labels.begin(), labels.end(), label);
    if (found == labels.end()) return nullptr;
    levels[factor] = static_cast<int>(found - labels.begin());
  }
  const auto index = find_condition(other, levels);
  return index ? &other.conditions[*index] : nullptr;
}

class Comparison {
 public:
  Comparison(const AdaptiveGrid& measured, const AdaptiveGrid& predicted)
      : measured_(measured), predicted_(predicted), places_(same_plans(measured, predicted)) {}

  SweepComparison run(double within) {
    result_.within = within;
    for (std::size_t i = 0; i < measured_.conditions.size(); ++i) add(i);
    if (errors_.empty()) throw mismatch("have no time of one plan under one condition in common");
    result_.times = errors_.size();
    result_.median_bias = median(errors_);
    for (double& error : errors_) error = std::abs(error);
    result_.median_error = median(errors_);
    result_.p90_error = quantile(errors_, 0.9);
    return std::move(result_);
  }

 private:
  void add(std::size_t index) {
    const Condition& condition = measured_.conditions[index];
    const Condition* const other = same_condition(measured_, condition, predicted_);
    if (other == nullptr) return;
    std::vector<double> errors;
    ConditionComparison found;
    double least_predicted = 0;
    for (std::size_t plan = 0; plan < places_.size(); ++plan) {
      if (!places_[plan]) continue;
      const double measured_s = condition.times[plan].seconds;
      const double predicted_s = other->times[*places_[plan]].seconds;
      if (measured_s <= 0 || predicted_s <= 0) continue;
      if (errors.empty() || measured_s < found.best_s) {
        found.best_s = measured_s;
        found.measured_best = plan;
      }
      if (errors.empty() || predicted_s < least_predicted) {
        least_predicted = predicted_s;
        found.predicted_best = plan;
        found.chosen_s = measured_s;
      }
      errors.push_back(predicted_s / measured_s - 1);
    }
    if (errors.empty()) return;
    found.condition = index;
    keep(found, errors);
  }

  void keep(ConditionComparison found, const std::vector<double>& errors) {
    errors_.insert(errors_.end(), errors.begin(), errors.end());
    std::vector<double> sizes;
    for (const double error : errors) sizes.push_back(std::abs(error));
    found.median_error = median(std::move(sizes));
    found.loss = found.chosen_s / found.best_s - 1;
    if (found.predicted_best == found.measured_best) ++result_.right;
    if (found.loss <= result_.within) ++result_.good;
    result_.conditions.push_back(found);
  }

  const AdaptiveGrid& measured_;
  const AdaptiveGrid& predicted_;
  const std::vector<std::optional<std::size_t>> places_;
  std::vector<double> errors_;
  SweepComparison result_;
};

}  // namespace

SweepComparison compare_sweeps(const AdaptiveGrid& measured, const AdaptiveGrid& predicted,
                               double within) {
  check_grid(measured, "the measured sweep");
  check_grid(predicted, "the predicted sweep");
  if (!(within >= 0)) throw Error(ErrorCode::invalid_argument, "must be 0 or more", "within");
  if (measured.model != predicted.model) {
    throw mismatch(fmt::format("are of {} and {}", measured.model, predicted.model));
  }
  for (const Factor& factor : predicted.factors) factor_named(measured, factor.name);
  return Comparison(measured, predicted).run(within);
}

}  // namespace scission
