#include "sweep/noise_alone.hpp"

#include <cmath>

namespace scission {
namespace {

/// Residuals, enlarged to the noise's size, about the plans' means; complete plans only.
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

std::optional<NoiseAlone> find_by_noise_alone(const PlanFits& fits, double least_gain) {
  const Eigen::MatrixXd times = times_without_effects(fits);
  if (times.cols() == 0 || times.rows() < 2) return std::nullopt;
  NoiseAlone alone;
  for (Eigen::Index baseline = 0; baseline < times.rows(); ++baseline) {
    Eigen::Index kept = 0;
    times.row(baseline).minCoeff(&kept);
    for (Eigen::Index row = 0; row < times.rows(); ++row) {
      if (row == baseline) continue;
      const double gain = 1 - std::exp(times.row(row).minCoeff() - times(row, kept));
      alone.mean_gain += gain;
      alone.changes += gain > 0 ? 1 : 0;
      alone.pays += gain > least_gain ? 1 : 0;
    }
  }
  const auto pairs = static_cast<double>(times.rows() * (times.rows() - 1));
  return NoiseAlone{alone.mean_gain / pairs, alone.changes / pairs, alone.pays / pairs};
}

}  // namespace scission
