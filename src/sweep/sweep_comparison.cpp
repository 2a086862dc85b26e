// Compares a measured sweep with a predicted one.
#include "scission/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/require.hpp"
#include "scission/stats.hpp"

namespace scission {
namespace {

Error mismatch(const std::string& message) { return {ErrorCode::mismatch, message, "the sweeps"}; }

std::size_t factor_named(const Sweep& sweep, const std::string& name) {
  const auto found = std::find_if(sweep.factors.begin(), sweep.factors.end(),
                                  [&](const Factor& factor) { return factor.name == name; });
  if (found != sweep.factors.end()) return static_cast<std::size_t>(found - sweep.factors.begin());
  throw mismatch(fmt::format("have different factors: only one has '{}'", name));
}

/// [plan of `one`], the index of the plan with the same label in `other`.
std::vector<std::optional<std::size_t>> same_plans(const Sweep& one, const Sweep& other) {
  std::vector<std::optional<std::size_t>> matches;
  for (const SweepPlan& plan : one.plans) {
    const auto found =
        std::find_if(other.plans.begin(), other.plans.end(),
                     [&](const SweepPlan& candidate) { return candidate.label == plan.label; });
    matches.emplace_back();
    if (found != other.plans.end()) matches.back() = found - other.plans.begin();
  }
  return matches;
}

/// The condition of `other` with the same levels by name.
const Condition* same_condition(const Sweep& one, const Condition& condition, const Sweep& other) {
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

class SweepComparer {
 public:
  SweepComparer(const Sweep& measured, const Sweep& predicted)
      : measured_(measured), predicted_(predicted), matches_(same_plans(measured, predicted)) {}

  SweepComparison run(double tolerance) {
    result_.tolerance = tolerance;
    for (std::size_t i = 0; i < measured_.conditions.size(); ++i) add(i);
    if (errors_.empty()) throw mismatch("have no time in common");
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
    double min_predicted_s = 0;
    for (std::size_t plan = 0; plan < matches_.size(); ++plan) {
      if (!matches_[plan]) continue;
      const double measured_s = condition.times[plan].seconds;
      const double predicted_s = other->times[*matches_[plan]].seconds;
      if (measured_s <= 0 || predicted_s <= 0) continue;
      if (errors.empty() || measured_s < found.best_s) {
        found.best_s = measured_s;
        found.measured_best = plan;
      }
      if (errors.empty() || predicted_s < min_predicted_s) {
        min_predicted_s = predicted_s;
        found.predicted_best = plan;
        found.predicted_best_s = measured_s;
      }
      errors.push_back(predicted_s / measured_s - 1);
    }
    if (errors.empty()) return;
    found.condition = index;
    add_result(found, errors);
  }

  void add_result(ConditionComparison found, const std::vector<double>& errors) {
    errors_.insert(errors_.end(), errors.begin(), errors.end());
    std::vector<double> sizes;
    for (const double error : errors) sizes.push_back(std::abs(error));
    found.median_error = median(std::move(sizes));
    found.regret = found.predicted_best_s / found.best_s - 1;
    if (found.predicted_best == found.measured_best) ++result_.exact;
    if (found.regret <= result_.tolerance) ++result_.within_tolerance;
    result_.conditions.push_back(found);
  }

  const Sweep& measured_;
  const Sweep& predicted_;
  const std::vector<std::optional<std::size_t>> matches_;
  std::vector<double> errors_;
  SweepComparison result_;
};

}  // namespace

SweepComparison compare_sweeps(const Sweep& measured, const Sweep& predicted, double tolerance) {
  validate_sweep(measured, "the measured sweep");
  validate_sweep(predicted, "the predicted sweep");
  if (!(tolerance >= 0)) {
    throw_invalid_argument("must be at least 0", "the tolerance");
  }
  if (measured.model != predicted.model) {
    throw mismatch(
        fmt::format("are of different models: {} and {}", measured.model, predicted.model));
  }
  for (const Factor& factor : predicted.factors) factor_named(measured, factor.name);
  return SweepComparer(measured, predicted).run(tolerance);
}

}  // namespace scission
