#include "print.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

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

}  // namespace scission::predict
