#include "support/milp.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iterator>
#include <sstream>

#include "base/file.hpp"
#include "scission/base.hpp"
#include "support/scratch.hpp"

namespace scission::testing {
namespace {

MilpSolution::Status status_of(const std::string& headline) {
  if (headline.starts_with("Optimal")) return MilpSolution::Status::optimal;
  if (headline.starts_with("Infeasible") || headline.starts_with("Integer infeasible")) {
    return MilpSolution::Status::infeasible;
  }
  if (headline.starts_with("Stopped on time")) return MilpSolution::Status::out_of_time;
  throw Error(ErrorCode::io, "cbc ends with \"" + headline + "\"", "cbc");
}

// Lines "index name value reduced-cost", only of columns that are not 0.
MilpSolution read_solution(const std::string& text, int column_count) {
  std::istringstream in(text);
  std::string headline;
  std::getline(in, headline);
  MilpSolution solution{status_of(headline), {}};
  if (solution.status != MilpSolution::Status::optimal) return solution;
  solution.values.assign(column_count, 0.0);
  int index = 0;
  std::string name;
  double value = 0;
  double reduced_cost = 0;
  while (in >> index >> name >> value >> reduced_cost) {
    solution.values.at(std::stoi(name.substr(1))) = value;
  }
  return solution;
}

MilpSolution run_cbc(const Scratch& folder, const std::string& model, const std::string& options,
                     int column_count) {
  const std::string solution = (folder.path() / "plan.sol").string();
  // cbc ignores improvements below `increment`; the default is 10⁻⁵.
  const std::string command = fmt::format(
      "cbc '{}' {}-ratioGap 0 -allowableGap 0 -increment 1e-9 -solve -solution '{}' > /dev/null",
      model, options, solution);
  if (std::system(command.c_str()) != 0) throw Error(ErrorCode::io, "cbc failed", "cbc");
  return read_solution(read_file(solution), column_count);
}

}  // namespace

int Milp::add_row(Sense sense, double right_side) {
  rows_.push_back({sense, right_side});
  return static_cast<int>(rows_.size()) - 1;
}

int Milp::add_binary(double cost) {
  columns_.push_back({cost, true, {}});
  return column_count() - 1;
}

int Milp::add_continuous(double cost) {
  columns_.push_back({cost, false, {}});
  return column_count() - 1;
}

void Milp::add_term(int row, int column, double factor) {
  columns_.at(column).terms.push_back({row, factor});
}

std::string Milp::as_mps() const {
  fmt::memory_buffer text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "NAME plan FREE\nROWS\n N COST\n");
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    fmt::format_to(out, " {} R{}\n", rows_[row].sense == Sense::equal ? 'E' : 'L', row);
  }
  fmt::format_to(out, "COLUMNS\n");
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    fmt::format_to(out, " C{} COST {:.17g}\n", column, columns_[column].cost);
    for (const Term& term : columns_[column].terms) {
      fmt::format_to(out, " C{} R{} {:.17g}\n", column, term.row, term.factor);
    }
  }
  fmt::format_to(out, "RHS\n");
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    fmt::format_to(out, " RHS R{} {:.17g}\n", row, rows_[row].right_side);
  }
  fmt::format_to(out, "BOUNDS\n");
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (columns_[column].is_binary) fmt::format_to(out, " BV BND C{}\n", column);
  }
  fmt::format_to(out, "ENDATA\n");
  return fmt::to_string(text);
}

bool Milp::is_kept_by(const std::vector<double>& values) const {
  constexpr double tolerance = 1e-5;
  std::vector<double> sums(rows_.size(), 0.0);
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    for (const Term& term : columns_[column].terms) sums[term.row] += term.factor * values[column];
  }
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const double excess = sums[row] - rows_[row].right_side;
    if (excess > tolerance) return false;
    if (rows_[row].sense == Sense::equal && excess < -tolerance) return false;
  }
  return true;
}

bool has_cbc() { return std::system("command -v cbc > /dev/null") == 0; }

MilpSolution solve_with_cbc(const Milp& milp, std::optional<double> time_limit_s) {
  const Scratch folder;
  const std::string model = folder.file("plan.mps", milp.as_mps()).string();
  const std::string time = time_limit_s ? fmt::format("-seconds {} ", *time_limit_s) : "";
  const MilpSolution solution = run_cbc(folder, model, time, milp.column_count());
  const bool is_answer = solution.status == MilpSolution::Status::optimal;
  if (!is_answer || milp.is_kept_by(solution.values)) return solution;
  return run_cbc(folder, model, time + "-preprocess off ", milp.column_count());
}

}  // namespace scission::testing
