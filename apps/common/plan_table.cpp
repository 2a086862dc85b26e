#include "plan_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "scission/base/units.hpp"
#include "scission/plan/uncertainty.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/search/verdict.hpp"
#include "table.hpp"

namespace scission::apps {
namespace {

// The column that may be broken into several lines, and the least that it is given.
constexpr std::size_t min_layers_width = 16;

std::string latency_cell(const PartitionProblem& problem, const Query& query, const Plan& plan,
                         const PlanCost& cost) {
  const auto interval = latency_interval(problem, plan, query.input_bytes);
  return interval ? format_duration(cost.latency_s, interval->high - cost.latency_s)
                  : format_duration(cost.latency_s);
}

// "┐", "│" and "┘" beside the first, the inner and the last plan of a group.
std::string bracket(const std::vector<PlanGroup>& groups, int plan) {
  for (const PlanGroup& group : groups) {
    if (plan == group.first) return "┐";
    if (plan == group.last) return "┘";
    if (plan > group.first && plan < group.last) return "│";
  }
  return "";
}

// Metrics that are not in every line of the original, but in this query's.
std::vector<Metric> further_metrics(const Query& query) {
  std::vector<Metric> metrics;
  for (Metric metric : {Metric::period, Metric::energy, Metric::money}) {
    if (query.objective.weight(metric) > 0 || query.limits.limit(metric)) metrics.push_back(metric);
  }
  return metrics;
}

bool is_sum(const Query& query) {
  int weighed = 0;
  for (Metric metric : all_metrics()) weighed += query.objective.weight(metric) > 0 ? 1 : 0;
  return weighed > 1;
}

std::size_t natural_width(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
  std::size_t wide = 0;
  for (const auto& row : rows) wide = std::max(wide, text::character_count(row[column]));
  return wide;
}

// A row per plan and the column of layers, last, broken at its arrows into further rows.
std::string table_of(std::vector<Column> columns, std::vector<std::vector<std::string>> rows,
                     std::optional<std::size_t> width) {
  std::size_t others = 0;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
    others += std::max(natural_width(rows, i), text::character_count(columns[i].title)) + 2;
  }
  const bool is_narrow = width && *width < others + min_layers_width;
  Table table(std::move(columns), is_narrow ? width : std::nullopt);
  for (std::vector<std::string>& row : rows) {
    if (is_narrow || !width) {
      table.add(std::move(row));
      continue;
    }
    const std::string layers = row.back();
    for (const std::string& line : wrapped_route(layers, *width - others)) {
      row.back() = line;
      table.add(row);
      row.assign(row.size(), "");
    }
  }
  return table.text();
}

std::string in_width(const std::string& line, std::optional<std::size_t> width) {
  return width ? text::join(wrapped(line, *width), "\n") : line;
}

}  // namespace

void add_format_option(cxxopts::Options& options, const std::string& group) {
  options.add_options(group)(
      "format",
      "plans as a table with a verdict and 95 % intervals, or as the original's lines (default: a "
      "table on a terminal, else lines)",
      cxxopts::value<std::string>(), "table|lines");
}

PlanFormat plan_format(const Arguments& arguments) {
  const std::string word = text_of(arguments, "format");
  if (word == "table") return PlanFormat::table;
  if (word == "lines") return PlanFormat::lines;
  if (!word.empty()) {
    throw usage_error(fmt::format("'{}' is neither table nor lines", word), "--format");
  }
  return isatty(STDOUT_FILENO) != 0 ? PlanFormat::table : PlanFormat::lines;
}

std::string plan_lines(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result) {
  std::string lines;
  int rank = 0;
  for (const Plan& plan : result.plans) {
    lines += format_result_line(problem, query, plan, ++rank) + "\n";
  }
  return lines;
}

std::string plan_table(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result, std::optional<std::size_t> width) {
  const Verdict verdict = judge(problem, query, result);
  const std::vector<Metric> further = further_metrics(query);
  std::vector<Column> columns{{"plan"}, {"latency"}};
  const bool has_groups = !verdict.groups.empty();
  if (has_groups) columns.push_back({"", Align::left});
  columns.push_back({"sent"});
  for (Metric metric : further) columns.push_back({to_string(metric)});
  if (is_sum(query)) columns.push_back({"objective"});
  columns.push_back({"layers", Align::left});

  std::vector<std::vector<std::string>> rows;
  for (const Plan& plan : result.plans) {
    const int rank = static_cast<int>(rows.size());
    const PlanCost cost = plan_cost(problem, plan, query.input_bytes);
    std::vector<std::string> row{std::to_string(rank + 1),
                                 latency_cell(problem, query, plan, cost)};
    if (has_groups) row.push_back(bracket(verdict.groups, rank));
    row.push_back(format_bytes(cost.traffic_bytes));
    for (Metric metric : further) row.push_back(format_metric(metric, metric_value(metric, cost)));
    if (is_sum(query)) {
      row.push_back(
          format_objective_value(query.objective, objective_value(query.objective, cost)));
    }
    row.push_back(describe_plan(problem, plan));
    rows.push_back(std::move(row));
  }
  std::string text = in_width(format_verdict(problem, query, result, verdict), width) + "\n\n" +
                     table_of(std::move(columns), std::move(rows), width);
  if (has_groups) text += "\n" + in_width(format_groups(verdict.groups), width) + "\n";
  return text;
}

std::string plans_text(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result, PlanFormat format) {
  return format == PlanFormat::table
             ? plan_table(problem, query, result, terminal_width(STDOUT_FILENO))
             : plan_lines(problem, query, result);
}

}  // namespace scission::apps
