// Mixed-integer linear programs, solved by the program `cbc` (Debian's coinor-cbc).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace scission::testing {

/// Minimises Σ cost · column subject to its rows; columns are ≥ 0, binary ones 0 or 1.
class Milp {
 public:
  enum class Sense { equal, at_most };

  int add_row(Sense sense, double right_side);
  int add_binary(double cost);
  int add_continuous(double cost);
  void add_term(int row, int column, double factor);

  int column_count() const { return static_cast<int>(columns_.size()); }

  /// Whether the values, one for each column, satisfy every row within 10⁻⁵.
  bool is_kept_by(const std::vector<double>& values) const;

  /// The program in free MPS format: rows R0, R1, …, columns C0, C1, …
  std::string as_mps() const;

 private:
  struct Row {
    Sense sense;
    double right_side;
  };
  struct Term {
    int row;
    double factor;
  };
  struct Column {
    double cost;
    bool is_binary;
    std::vector<Term> terms;
  };

  std::vector<Row> rows_;
  std::vector<Column> columns_;
};

struct MilpSolution {
  enum class Status { optimal, infeasible, out_of_time };
  Status status = Status::infeasible;
  std::vector<double> values;  ///< [column]; when optimal
};

/// Whether `cbc` is on the PATH.
bool has_cbc();

/// Solves to proven optimality, without a gap, or to the end of the time (CPU seconds). Version
/// 2.10.8 sometimes returns values that violate a row ("Postprocessed model is infeasible"); then
/// it runs again without preprocessing. Throws Error(io) when cbc fails or writes no solution.
MilpSolution solve_with_cbc(const Milp& milp, std::optional<double> time_limit_s = {});

}  // namespace scission::testing
