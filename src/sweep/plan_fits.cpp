#include "sweep/plan_fits.hpp"

#include <cmath>
#include <limits>
#include <map>

#include "sweep/factor_fit.hpp"

namespace scission {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The conditions that have a time for a plan.
std::vector<Eigen::Index> rows_of(const AdaptiveGrid& grid, std::size_t plan) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < grid.conditions.size(); ++i) {
    if (grid.conditions[i].times[plan].is_measured()) rows.push_back(static_cast<Eigen::Index>(i));
  }
  return rows;
}

LevelRows levels_of(const AdaptiveGrid& grid, const std::vector<Eigen::Index>& rows) {
  LevelRows levels;
  for (const Eigen::Index row : rows) {
    levels.push_back(grid.conditions[static_cast<std::size_t>(row)].levels);
  }
  return levels;
}

Eigen::VectorXd log_times(const AdaptiveGrid& grid, const std::vector<Eigen::Index>& rows,
                          std::size_t plan) {
  Eigen::VectorXd y(static_cast<Eigen::Index>(rows.size()));
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const auto condition = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]);
    y[i] = std::log(grid.conditions[condition].times[plan].seconds);
  }
  return y;
}

void take(const FactorFit& fit, const std::vector<Eigen::Index>& rows, const Eigen::VectorXd& y,
          Eigen::Index plan, PlanFits& fits) {
  constexpr double least_left = 1e-6;
  const Eigen::VectorXd residuals = fit.residuals(y);
  const Eigen::VectorXd leverages = fit.leverages();
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const Eigen::Index row = rows[static_cast<std::size_t>(i)];
    const double left = 1 - leverages[i];
    fits.fitted(row, plan) = y[i] - residuals[i];
    fits.residuals(row, plan) = residuals[i];
    fits.leverages(row, plan) = leverages[i];
    if (left > least_left) fits.predictions(row, plan) = y[i] - residuals[i] / left;
  }
  fits.degrees[static_cast<std::size_t>(plan)] = fit.degrees();
}

/// Infinite where something cannot be predicted at all.
double squared_errors(const PlanFits& fits) {
  double sum = 0;
  for (Eigen::Index row = 0; row < fits.residuals.rows(); ++row) {
    for (Eigen::Index plan = 0; plan < fits.residuals.cols(); ++plan) {
      if (std::isnan(fits.residuals(row, plan))) continue;
      const double measured = fits.fitted(row, plan) + fits.residuals(row, plan);
      const double error = measured - fits.predictions(row, plan);
      if (std::isnan(error)) return std::numeric_limits<double>::infinity();
      sum += error * error;
    }
  }
  return sum;
}

}  // namespace

int largest_order(const AdaptiveGrid& grid, int most) {
  const std::size_t conditions = grid.conditions.size();
  int order = 0;
  while (order < most) {
    const std::size_t columns = column_count(grid, terms_up_to(grid, order + 1));
    if (columns > conditions || 4 * (conditions - columns) < conditions) break;
    if (conditions - columns < 2) break;
    ++order;
  }
  return order;
}

std::optional<PlanFits> best_fits(const AdaptiveGrid& grid) {
  constexpr int most_order = 3;
  std::optional<PlanFits> best;
  for (int order = 1; order <= largest_order(grid, most_order); ++order) {
    PlanFits fits = fit_plans(grid, order);
    if (!best || squared_errors(fits) < squared_errors(*best)) best = std::move(fits);
  }
  return best;
}

PlanFits fit_plans(const AdaptiveGrid& grid, int order) {
  const auto conditions = static_cast<Eigen::Index>(grid.conditions.size());
  const auto plans = static_cast<Eigen::Index>(grid.plans.size());
  PlanFits fits;
  fits.order = order;
  fits.residuals = Eigen::MatrixXd::Constant(conditions, plans, unknown);
  fits.fitted = fits.leverages = fits.predictions = fits.residuals;
  fits.degrees.assign(grid.plans.size(), 0);
  const std::vector<Term> terms = terms_up_to(grid, order);
  std::map<std::vector<Eigen::Index>, FactorFit> by_rows;
  for (std::size_t plan = 0; plan < grid.plans.size(); ++plan) {
    const std::vector<Eigen::Index> rows = rows_of(grid, plan);
    if (rows.empty()) continue;
    auto found = by_rows.find(rows);
    if (found == by_rows.end()) {
      found = by_rows.emplace(rows, FactorFit(grid, levels_of(grid, rows), terms)).first;
    }
    take(found->second, rows, log_times(grid, rows, plan), static_cast<Eigen::Index>(plan), fits);
  }
  return fits;
}

}  // namespace scission
