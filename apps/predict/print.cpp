#include "print.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "scission/base/units.hpp"
#include "table.hpp"

namespace scission::predict {
namespace {

using apps::Align;
using apps::Column;
using apps::Table;

std::string four_digits(double number) {
  constexpr double all_before_the_point = 999.95;
  return number < all_before_the_point ? fmt::format("{:.4g}", number)
                                       : fmt::format("{:.0f}", number);
}

bool holds(const SensitivityRange& range, double now) {
  return range.low <= now && now <= range.high;
}

void warn_of_missing_links(const SearchResult& result) {
  std::vector<std::string> pairs;
  for (const MissingLink& link : result.missing_links) {
    pairs.push_back(link.from + " → " + link.to);
  }
  if (pairs.empty()) return;
  spdlog::warn("no link {}: plans over it are left out; add a row to the network file",
               fmt::join(pairs, ", "));
}

// By default the input is a compressed picture, as in the original; scission-run sends the tensor,
// the output of the first layer. Profiles without memory figures are the original's: no warning.
void warn_of_assumed_input(const PartitionProblem& problem, const Query& query,
                           const SearchResult& result) {
  if (result.plans.empty() || problem.memory.empty()) return;
  const Plan& best = result.plans.front();
  const Block& first = problem.blocks.front();
  const auto tensor_bytes = static_cast<double>(first.output_bytes);
  const bool stays = best.stages.front().system == best.source;
  if (stays || first.last_layer != 0 || tensor_bytes <= query.input_bytes) return;
  spdlog::warn(
      "the input counts as {}, a compressed picture; the tensor, which is what scission-run "
      "sends, is {}: -i {:.6g} ranks by that",
      format_bytes(query.input_bytes), format_bytes(tensor_bytes),
      tensor_bytes / bytes_per_megabyte);
}

std::string how_far(const PartitionProblem& problem, const Query& query,
                    const SearchResult& result) {
  if (result.plans.empty()) return "no plan was found in time, which does not show that none fits";
  if (result.proven_count > 0) {
    return fmt::format("the first {} of {} plans are the best, the others the best found in time",
                       result.proven_count, query.result_count);
  }
  return fmt::format(
      "the best plan found in time is at most {:.2g} % above the best possible "
      "(bound {})",
      100 * relative_gap(problem, query, result),
      format_objective_value(query.objective, result.bound));
}

void print_relaxation(const Relaxation& relaxation) {
  if (!relaxation.is_sufficient) return;
  if (relaxation.nearest_limit) {
    fmt::print(stderr, "  {}: this would do\n", relaxation.nearest_text);
  } else {
    fmt::print(stderr, "  {}: without it a plan fits\n", relaxation.constraint);
  }
}

}  // namespace

std::string plan_lines(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result) {
  // The original's answer, which is not an error to it.
  if (result.plans.empty()) return "No results for the specified configuration\n";
  std::string lines;
  int rank = 0;
  for (const Plan& plan : result.plans) {
    lines += format_result_line(problem, query, plan, ++rank) + "\n";
  }
  return lines;
}

std::string pareto_table(const PartitionProblem& problem, const Query& query,
                         const ParetoAnswer& pareto) {
  std::vector<Column> columns{{"plan"}};
  std::vector<std::string> names;
  for (Metric measure : pareto.metrics) {
    columns.push_back({to_string(measure)});
    names.push_back(to_string(measure));
  }
  columns.push_back({"distribution", Align::left});
  Table table(std::move(columns));
  int rank = 0;
  for (const Plan& plan : pareto.front.plans) {
    const PlanCost total = plan_cost(problem, plan, query.input_bytes);
    std::vector<std::string> cells{fmt::format("{}", ++rank)};
    for (Metric measure : pareto.metrics) {
      cells.push_back(format_metric(measure, metric_value(measure, total)));
    }
    cells.push_back(format_plan(problem, query, plan));
    table.add(std::move(cells));
  }
  return fmt::format("\nNo other plan beats any of these in all of {}:\n{}", fmt::join(names, ", "),
                     table.text());
}

std::string sensitivity_title(const SensitivityAnswer& answer) {
  if (!answer.to) return fmt::format("slowdown of {}, factor", answer.from);
  return fmt::format("bandwidth of {} → {}, Mbit/s", answer.from, *answer.to);
}

std::string sensitivity_table(const PartitionProblem& problem, const Query& query,
                              const SensitivityAnswer& answer) {
  if (answer.ranges.empty()) return {};
  const std::string objective = objective_name(query.objective);
  Table table({{"from"},
               {"to"},
               {objective + " at from"},
               {"at to"},
               {"", Align::left},
               {"best plan", Align::left}});
  for (const SensitivityRange& range : answer.ranges) {
    table.add({four_digits(range.low), four_digits(range.high),
               format_objective_value(query.objective, range.value_at_low),
               format_objective_value(query.objective, range.value_at_high),
               holds(range, answer.present_value) ? "now" : "",
               format_plan(problem, query, range.plan)});
  }
  return fmt::format("\nThe best plan over the {} (now {}):\n{}", sensitivity_title(answer),
                     four_digits(answer.present_value), table.text());
}

void print_diagnostics(const PartitionProblem& problem, const Request& request,
                       const QueryAnswer& answer) {
  const Query& query = request.query;
  warn_of_missing_links(answer.result);
  if (request.assumes_input) warn_of_assumed_input(problem, query, answer.result);
  if (!answer.result.is_optimal) {
    fmt::print(stderr, "not proven: {}\n", how_far(problem, query, answer.result));
  }
  if (answer.pareto && !answer.pareto->front.is_complete) {
    fmt::print(stderr, "not proven: the front may lack plans; the time was over\n");
  }
  for (const SensitivityAnswer& one : answer.sensitivity) {
    if (!one.ranges.empty()) continue;
    fmt::print(stderr, "no ranges over the {}: the time was over\n", sensitivity_title(one));
  }
}

void print_infeasibility(const QueryAnswer& answer) {
  if (!answer.infeasibility) {
    if (answer.result.is_optimal) {
      fmt::print(stderr, "No plan fits; the time was over before it was found out why.\n");
    }
    return;
  }
  const Infeasibility& reasons = *answer.infeasibility;
  if (reasons.irreducible_subset.empty()) {
    fmt::print(stderr, "No constraint is to blame: the links allow no plan at all.\n");
    return;
  }
  fmt::print(stderr, "These cannot hold together:\n");
  for (const std::string& constraint : reasons.irreducible_subset)
    fmt::print(stderr, "  {}\n", constraint);
  bool any_suffices = false;
  for (const Relaxation& relaxation : reasons.relaxations) any_suffices |= relaxation.is_sufficient;
  if (!any_suffices) {
    fmt::print(stderr, "To drop any single constraint is not enough.\n");
    return;
  }
  fmt::print(stderr, "One change that would help:\n");
  for (const Relaxation& relaxation : reasons.relaxations) print_relaxation(relaxation);
}

}  // namespace scission::predict
