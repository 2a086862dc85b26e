#include "sweep/latency_model.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/numbers.hpp"
#include "base/require.hpp"

namespace scission {
namespace {

// --- The design matrix ---

void add_terms(int count, int order, int first, Term& term, std::vector<Term>& terms) {
  if (static_cast<int>(term.size()) == order) {
    terms.push_back(term);
    return;
  }
  for (int factor = first; factor < count; ++factor) {
    term.push_back(factor);
    add_terms(count, order, factor + 1, term, terms);
    term.pop_back();
  }
}

std::size_t level_count(const Sweep& sweep, int factor) {
  return sweep.factors[static_cast<std::size_t>(factor)].levels.size();
}

std::size_t columns_of(const Sweep& sweep, const Term& term) {
  std::size_t count = 1;
  for (const int factor : term) count *= level_count(sweep, factor) - 1;
  return count;
}

/// Sum contrast: 1 at the level of the column, −1 at the last level.
double contrast(int level, std::size_t column, std::size_t levels) {
  if (static_cast<std::size_t>(level) == column) return 1;
  return static_cast<std::size_t>(level) + 1 == levels ? -1 : 0;
}

/// The products of one contrast from each factor of the term.
void fill_term(const Sweep& sweep, const Term& term, const std::vector<int>& levels,
               Eigen::Ref<Eigen::RowVectorXd> columns) {
  for (Eigen::Index i = 0; i < columns.size(); ++i) {
    auto remaining = static_cast<std::size_t>(i);
    double product = 1;
    for (const int factor : term) {
      const std::size_t count = level_count(sweep, factor);
      product *= contrast(levels[static_cast<std::size_t>(factor)], remaining % (count - 1), count);
      remaining /= count - 1;
    }
    columns[i] = product;
  }
}

Eigen::MatrixXd design(const Sweep& sweep, const LevelRows& rows, const std::vector<Term>& terms) {
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows.size()),
                         static_cast<Eigen::Index>(column_count(sweep, terms)));
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    Eigen::RowVectorXd cells(matrix.cols());
    cells[0] = 1;
    Eigen::Index at = 1;
    for (const Term& term : terms) {
      const auto count = static_cast<Eigen::Index>(columns_of(sweep, term));
      fill_term(sweep, term, rows[static_cast<std::size_t>(row)], cells.segment(at, count));
      at += count;
    }
    matrix.row(row) = cells;
  }
  return matrix;
}

// --- Fits of plans ---

/// Indices of the conditions that have a time for the plan.
std::vector<Eigen::Index> rows_of(const Sweep& sweep, std::size_t plan) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < sweep.conditions.size(); ++i) {
    if (sweep.conditions[i].times[plan].is_measured()) rows.push_back(static_cast<Eigen::Index>(i));
  }
  return rows;
}

LevelRows levels_of(const Sweep& sweep, const std::vector<Eigen::Index>& rows) {
  LevelRows levels;
  for (const Eigen::Index row : rows) {
    levels.push_back(sweep.conditions[static_cast<std::size_t>(row)].levels);
  }
  return levels;
}

Eigen::VectorXd log_times(const Sweep& sweep, const std::vector<Eigen::Index>& rows,
                          std::size_t plan) {
  Eigen::VectorXd y(static_cast<Eigen::Index>(rows.size()));
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const auto condition = static_cast<std::size_t>(rows[static_cast<std::size_t>(i)]);
    y[i] = std::log(sweep.conditions[condition].times[plan].seconds);
  }
  return y;
}

void store(const FactorFit& fit, const std::vector<Eigen::Index>& rows, const Eigen::VectorXd& y,
           Eigen::Index plan, PlanFits& fits) {
  constexpr double min_left = 1e-6;
  const Eigen::VectorXd residuals = fit.residuals(y);
  const Eigen::VectorXd leverages = fit.leverages();
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const Eigen::Index row = rows[static_cast<std::size_t>(i)];
    const double left = 1 - leverages[i];
    fits.fitted(row, plan) = y[i] - residuals[i];
    fits.residuals(row, plan) = residuals[i];
    fits.leverages(row, plan) = leverages[i];
    if (left > min_left) fits.predictions(row, plan) = y[i] - residuals[i] / left;
  }
  fits.degrees[static_cast<std::size_t>(plan)] = fit.degrees();
}

/// The PRESS statistic; infinite if a time cannot be predicted.
double press_statistic(const PlanFits& fits) {
  double sum = 0;
  for (Eigen::Index row = 0; row < fits.residuals.rows(); ++row) {
    for (Eigen::Index plan = 0; plan < fits.residuals.cols(); ++plan) {
      if (std::isnan(fits.residuals(row, plan))) continue;
      const double measured = fits.fitted(row, plan) + fits.residuals(row, plan);
      const double error = measured - fits.predictions(row, plan);
      if (std::isnan(error)) return infinity;
      sum += error * error;
    }
  }
  return sum;
}

// --- Noise ---

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
    throw_invalid_argument("not every time has an interval; estimate the noise from the grid");
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

std::vector<Term> terms_up_to(const Sweep& sweep, int order) {
  std::vector<Term> terms;
  for (int size = 1; size <= order; ++size) {
    Term term;
    add_terms(static_cast<int>(sweep.factors.size()), size, 0, term, terms);
  }
  return terms;
}

std::size_t column_count(const Sweep& sweep, const std::vector<Term>& terms) {
  std::size_t count = 1;
  for (const Term& term : terms) count += columns_of(sweep, term);
  return count;
}

FactorFit::FactorFit(const Sweep& sweep, const LevelRows& rows, const std::vector<Term>& terms) {
  const Eigen::MatrixXd matrix = design(sweep, rows, terms);
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(matrix);
  qr.setThreshold(1e-9);
  rank_ = qr.rank();
  basis_ = qr.householderQ() * Eigen::MatrixXd::Identity(matrix.rows(), rank_);
}

Eigen::VectorXd FactorFit::residuals(const Eigen::VectorXd& y) const {
  return y - basis_ * (basis_.transpose() * y);
}

Eigen::VectorXd FactorFit::leverages() const { return basis_.rowwise().squaredNorm(); }

int largest_order(const Sweep& sweep, int max_order) {
  const std::size_t conditions = sweep.conditions.size();
  int order = 0;
  while (order < max_order) {
    const std::size_t columns = column_count(sweep, terms_up_to(sweep, order + 1));
    if (columns > conditions || 4 * (conditions - columns) < conditions) break;
    if (conditions - columns < 2) break;
    ++order;
  }
  return order;
}

std::optional<PlanFits> best_fits(const Sweep& sweep) {
  constexpr int max_order = 3;
  std::optional<PlanFits> best;
  for (int order = 1; order <= largest_order(sweep, max_order); ++order) {
    PlanFits fits = fit_plans(sweep, order);
    if (!best || press_statistic(fits) < press_statistic(*best)) best = std::move(fits);
  }
  return best;
}

PlanFits fit_plans(const Sweep& sweep, int order) {
  const auto conditions = static_cast<Eigen::Index>(sweep.conditions.size());
  const auto plans = static_cast<Eigen::Index>(sweep.plans.size());
  PlanFits fits;
  fits.order = order;
  fits.residuals = Eigen::MatrixXd::Constant(conditions, plans, not_a_number);
  fits.fitted = fits.leverages = fits.predictions = fits.residuals;
  fits.degrees.assign(sweep.plans.size(), 0);
  const std::vector<Term> terms = terms_up_to(sweep, order);
  std::map<std::vector<Eigen::Index>, FactorFit> by_rows;
  for (std::size_t plan = 0; plan < sweep.plans.size(); ++plan) {
    const std::vector<Eigen::Index> rows = rows_of(sweep, plan);
    if (rows.empty()) continue;
    auto found = by_rows.find(rows);
    if (found == by_rows.end()) {
      found = by_rows.emplace(rows, FactorFit(sweep, levels_of(sweep, rows), terms)).first;
    }
    store(found->second, rows, log_times(sweep, rows, plan), static_cast<Eigen::Index>(plan), fits);
  }
  return fits;
}

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
  if (degrees < 1) return infinity;
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
  if (summary_.source == NoiseSource::none || fits_->degrees[plan] < 1) return infinity;
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
  if (summary_.source == NoiseSource::none) return infinity;
  const auto first = static_cast<Eigen::Index>(one);
  const auto second = static_cast<Eigen::Index>(other);
  const auto row = static_cast<Eigen::Index>(condition);
  const double leverage = std::max(fits_->leverages(row, first), fits_->leverages(row, second));
  return deviation_of_difference(first, second) * std::sqrt(leverage);
}

double NoiseModel::degrees(std::size_t one, std::size_t other) const {
  if (summary_.source != NoiseSource::grid) return infinity;
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
