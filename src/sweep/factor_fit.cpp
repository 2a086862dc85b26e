#include "sweep/factor_fit.hpp"

namespace scission {
namespace {

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

std::size_t level_count(const AdaptiveGrid& grid, int factor) {
  return grid.factors[static_cast<std::size_t>(factor)].levels.size();
}

std::size_t columns_of(const AdaptiveGrid& grid, const Term& term) {
  std::size_t count = 1;
  for (const int factor : term) count *= level_count(grid, factor) - 1;
  return count;
}

/// 1 at the column's own level, −1 at the last.
double contrast(int level, std::size_t column, std::size_t levels) {
  if (static_cast<std::size_t>(level) == column) return 1;
  return static_cast<std::size_t>(level) + 1 == levels ? -1 : 0;
}

/// The products of one contrast of each of the term's factors.
void fill_term(const AdaptiveGrid& grid, const Term& term, const std::vector<int>& levels,
               Eigen::Ref<Eigen::RowVectorXd> columns) {
  for (Eigen::Index i = 0; i < columns.size(); ++i) {
    auto rest = static_cast<std::size_t>(i);
    double product = 1;
    for (const int factor : term) {
      const std::size_t count = level_count(grid, factor);
      product *= contrast(levels[static_cast<std::size_t>(factor)], rest % (count - 1), count);
      rest /= count - 1;
    }
    columns[i] = product;
  }
}

Eigen::MatrixXd design(const AdaptiveGrid& grid, const LevelRows& rows,
                       const std::vector<Term>& terms) {
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows.size()),
                         static_cast<Eigen::Index>(column_count(grid, terms)));
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    Eigen::RowVectorXd cells(matrix.cols());
    cells[0] = 1;
    Eigen::Index at = 1;
    for (const Term& term : terms) {
      const auto count = static_cast<Eigen::Index>(columns_of(grid, term));
      fill_term(grid, term, rows[static_cast<std::size_t>(row)], cells.segment(at, count));
      at += count;
    }
    matrix.row(row) = cells;
  }
  return matrix;
}

}  // namespace

std::vector<Term> terms_up_to(const AdaptiveGrid& grid, int order) {
  std::vector<Term> terms;
  for (int size = 1; size <= order; ++size) {
    Term term;
    add_terms(static_cast<int>(grid.factors.size()), size, 0, term, terms);
  }
  return terms;
}

std::size_t column_count(const AdaptiveGrid& grid, const std::vector<Term>& terms) {
  std::size_t count = 1;
  for (const Term& term : terms) count += columns_of(grid, term);
  return count;
}

FactorFit::FactorFit(const AdaptiveGrid& grid, const LevelRows& rows,
                     const std::vector<Term>& terms) {
  const Eigen::MatrixXd matrix = design(grid, rows, terms);
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(matrix);
  qr.setThreshold(1e-9);
  rank_ = qr.rank();
  basis_ = qr.householderQ() * Eigen::MatrixXd::Identity(matrix.rows(), rank_);
}

Eigen::VectorXd FactorFit::residuals(const Eigen::VectorXd& y) const {
  return y - basis_ * (basis_.transpose() * y);
}

Eigen::VectorXd FactorFit::leverages() const { return basis_.rowwise().squaredNorm(); }

}  // namespace scission
