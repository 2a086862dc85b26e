// Least squares of effects of factors: what analysis of variance is made of.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "scission/sweep/adaptive_grid.hpp"

namespace scission {

/// The factors whose joint effect a term is, ascending: {2} a main effect, {0, 2} the interaction
/// of two.
using Term = std::vector<int>;

/// All terms of 1 to `order` of the grid's factors, smaller ones first. Σ C(factors, i) of them.
std::vector<Term> terms_up_to(const AdaptiveGrid& grid, int order);

/// The levels of some of the grid's conditions, a vector a condition.
using LevelRows = std::vector<std::vector<int>>;

/// How many columns the terms and the mean take where all levels occur.
std::size_t column_count(const AdaptiveGrid& grid, const std::vector<Term>& terms);

/// A mean and terms, fitted to a figure of every row by least squares. Contrasts that sum up to 0,
/// so that terms are orthogonal where every combination of levels occurs equally often; columns
/// that others imply (levels that do not occur) count nothing.
class FactorFit {
 public:
  /// O(rows · columns²).
  FactorFit(const AdaptiveGrid& grid, const LevelRows& rows, const std::vector<Term>& terms);

  int rank() const { return static_cast<int>(rank_); }
  int degrees() const { return static_cast<int>(basis_.rows() - rank_); }  ///< left over

  /// What the terms do not explain. O(rows · rank).
  Eigen::VectorXd residuals(const Eigen::VectorXd& y) const;

  /// How much of its own prediction each row makes up, 0…1: a residual over 1 − leverage is the one
  /// of a fit without that row. O(rows · rank).
  Eigen::VectorXd leverages() const;

 private:
  Eigen::MatrixXd basis_;  ///< orthonormal columns, rows × rank
  Eigen::Index rank_ = 0;
};

}  // namespace scission
