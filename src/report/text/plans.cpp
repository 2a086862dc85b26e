// Plans and answers to queries as text.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/digits.hpp"
#include "base/text.hpp"
#include "base/text_table.hpp"
#include "report/charts.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/report.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"

namespace scission {
namespace {

using text::Align;
using text::Column;
using text::Table;

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
  for (Metric metric :
       {Metric::period, Metric::energy, Metric::money, Metric::error, Metric::disagreement}) {
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
                     TextWidth width) {
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
    for (const std::string& line : text::wrapped_route(layers, *width - others)) {
      row.back() = line;
      table.add(row);
      row.assign(row.size(), "");
    }
  }
  return table.text();
}

std::string wrapped_line(const std::string& line, TextWidth width) {
  return text::wrapped_text(line, width) + "\n";
}

// --- How sure an answer is ---

std::string percent_text(double share) { return text::to_digits(100 * share, 2) + " %"; }

/// The first system of the plan whose profile states no intervals; empty if all do.
std::string system_without_intervals(const PartitionProblem& problem, const Query& query,
                                     const Plan& plan) {
  for (const Stage& stage : plan.stages) {
    const Plan alone{stage.system, {{stage.system, 0, problem.block_count() - 1}}};
    if (!latency_interval(problem, alone, query.input_bytes)) {
      return problem.systems[stage.system].name;
    }
  }
  return {};
}

bool is_of_latency_alone(const Query& query) {
  return query.objective.weight(Metric::latency) > 0 && !is_sum(query);
}

/// "2", "2 to 4", "2, 4 and 6 to 8" of ascending ranks.
std::string ranks_text(const std::vector<int>& ranks) {
  std::vector<std::string> ranges;
  for (std::size_t first = 0, last = 0; first < ranks.size(); first = ++last) {
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) ++last;
    ranges.push_back(first == last ? fmt::format("{}", ranks[first])
                                   : fmt::format("{} to {}", ranks[first], ranks[last]));
  }
  const std::string last = ranges.back();
  ranges.pop_back();
  return ranges.empty() ? last : fmt::format("{} and {}", fmt::join(ranges, ", "), last);
}

/// Whether the plans differ on a system whose profile is of a single pass, which does not show what
/// the passes vary by.
bool differ_on_single_pass(const PartitionProblem& problem, const Plan& one, const Plan& other) {
  const auto has_alone = [&](const Plan& plan, const Plan& without) {
    return std::any_of(plan.stages.begin(), plan.stages.end(), [&](const Stage& stage) {
      const bool is_shared =
          std::any_of(without.stages.begin(), without.stages.end(), [&](const Stage& same) {
            return same.system == stage.system && same.first_block == stage.first_block &&
                   same.last_block == stage.last_block;
          });
      return !is_shared && problem.uncertainty[stage.system].run <= 0;
    });
  };
  return has_alone(one, other) || has_alone(other, one);
}

/// "; the next plan is slower, with 95 % confidence"; empty where no plan is next.
std::string order_text(const PartitionProblem& problem, const Query& query,
                       const SearchResult& result) {
  if (result.plans.size() < 2 || !is_of_latency_alone(query)) return {};
  std::vector<int> as_fast;
  for (std::size_t i = 1; i < result.plans.size(); ++i) {
    const auto difference =
        latency_difference_interval(problem, result.plans[0], result.plans[i], query.input_bytes);
    if (!difference) {
      return fmt::format(
          "; whether plan {} is slower is unknown: the profile of {} has no 95 % "
          "intervals",
          i + 1, system_without_intervals(problem, query, result.plans[i]));
    }
    if (difference->low <= 0) as_fast.push_back(static_cast<int>(i) + 1);
  }
  if (!as_fast.empty()) {
    return fmt::format("; plan{} {} may be as fast", as_fast.size() == 1 ? "" : "s",
                       ranks_text(as_fast));
  }
  const bool is_single = std::any_of(
      result.plans.begin() + 1, result.plans.end(),
      [&](const Plan& plan) { return differ_on_single_pass(problem, result.plans[0], plan); });
  if (is_single) {
    return "; whether the next plan is slower is not known: benchmark in more passes (--passes)";
  }
  return result.plans.size() == 2 ? "; the next plan is slower, with 95 % confidence"
                                  : "; the other plans below are slower, each with 95 % confidence";
}

/// One sentence: how precisely the best plan's latency is known, and whether it is the best.
std::string certainty(const PartitionProblem& problem, const Query& query,
                      const SearchResult& result) {
  const Plan& best = result.plans.front();
  const auto interval = latency_interval(problem, best, query.input_bytes);
  if (!interval) {
    return fmt::format(
        "The precision of the latency is unknown: the profile of {} has no 95 % intervals; "
        "scission-benchmark measures them.",
        system_without_intervals(problem, query, best));
  }
  const PlanCost cost = plan_cost(problem, best, query.input_bytes);
  const double half = cost.latency_s > 0 ? (interval->high - cost.latency_s) / cost.latency_s : 0;
  return fmt::format("The latency is known within ±{} (95 %{}){}.", percent_text(half),
                     cost.hops.empty() ? "" : ", with the links as given",
                     order_text(problem, query, result));
}

// --- Answers ---

std::string pareto_table(const PartitionProblem& problem, const ParetoAnswer& pareto,
                         TextWidth width) {
  std::vector<Column> columns{{"plan"}};
  std::vector<std::string> names;
  for (Metric measure : pareto.metrics) {
    columns.push_back({to_string(measure)});
    names.push_back(to_string(measure));
  }
  columns.push_back({"distribution", Align::left});
  Table table(std::move(columns), width);
  const auto& plans = pareto.front.plans;
  std::vector<std::vector<double>> amounts;
  for (Metric measure : pareto.metrics) {
    std::vector<double>& of_metric = amounts.emplace_back();
    for (const auto& plan : plans) of_metric.push_back(metric_value(measure, plan.cost));
  }
  const std::vector<std::size_t> shown = distinct_points(amounts);
  for (const std::size_t i : shown) {
    std::vector<std::string> cells{fmt::format("{}", i + 1)};
    for (Metric measure : pareto.metrics) {
      cells.push_back(format_metric(measure, metric_value(measure, plans[i].cost)));
    }
    cells.push_back(describe_plan(problem, plans[i]));
    table.add(std::move(cells));
  }
  const std::size_t left_out = plans.size() - shown.size();
  const std::string rest =
      left_out == 0
          ? ""
          : wrapped_line(
                fmt::format("{} more {} from one of these by less than 1 % in each; --json "
                            "lists all.",
                            left_out, left_out == 1 ? "plan differs" : "plans differ"),
                width);
  return "\n" +
         wrapped_line(
             fmt::format("No other plan dominates one of these in {}:", fmt::join(names, ", ")),
             width) +
         table.text() + rest;
}

std::string sensitivity_table(const PartitionProblem& problem, const Query& query,
                              const SensitivityAnswer& answer, TextWidth width) {
  if (answer.ranges.empty()) return {};
  const std::string objective = objective_name(query.objective);
  Table table({{"from"},
               {"to"},
               {objective + " at from"},
               {"at to"},
               {"", Align::left},
               {"best plan", Align::left}},
              width);
  for (const SensitivityRange& range : answer.ranges) {
    const bool is_now = range.low <= answer.present_value && answer.present_value <= range.high;
    table.add({text::to_digits(range.low, 4), text::to_digits(range.high, 4),
               format_objective_value(query.objective, range.value_at_low),
               format_objective_value(query.objective, range.value_at_high), is_now ? "now" : "",
               describe_plan(problem, range.plan)});
  }
  return "\n" +
         wrapped_line(fmt::format("The best plan over the {} (now {}):", format_target(answer),
                                  text::to_digits(answer.present_value, 4)),
                      width) +
         table.text();
}

// --- Where a plan spends its time ---

/// A stage or hop of a plan.
struct CostItem {
  std::string where;  ///< "raspi4", or "raspi4 → vm"
  std::string what;   ///< "layers 0 - 6", or "1.20 MB"
  double seconds = 0;
  double busy_s = 0;  ///< of the system or link, mean over all requests

  friend bool operator==(const CostItem&, const CostItem&) = default;
};

/// "1.02 kB", or "1.02 kB of 60 % of the requests" behind an early exit.
std::string sent_text(const TimelineItem& item) {
  const std::string bytes = format_bytes(item.bytes);
  if (!item.without_exit_s || !(*item.without_exit_s > item.seconds)) return bytes;
  return fmt::format("{} of {:.3g} % of the requests", bytes,
                     100 * item.seconds / *item.without_exit_s);
}

/// Without the setup of a stage, and without the delay of a link.
double busy_s(const PartitionProblem& problem, const TimelineItem& item) {
  if (!item.is_transfer) return item.seconds - item.setup_s;
  const Link& link = *problem.link(item.system, item.to);
  const double transfer_s = item.without_exit_s.value_or(item.seconds);
  const double share = transfer_s > 0 ? item.seconds / transfer_s : 1;
  return share * link.busy_s(item.bytes);
}

/// Stages, hops and their coding, in order.
std::vector<CostItem> cost_items(const PartitionProblem& problem, const PlanTimeline& timeline) {
  std::vector<CostItem> items;
  for (const TimelineItem& item : timeline.items) {
    if (item.is_transfer) {
      if (!item.codec.empty()) {
        items.push_back({item.system, "encode " + item.codec, item.encode_s, item.encode_s});
      }
      items.push_back({item.system + " → " + item.to, sent_text(item),
                       item.seconds - item.encode_s - item.decode_s, busy_s(problem, item)});
      if (!item.codec.empty()) {
        items.push_back({item.to, "decode " + item.codec, item.decode_s, item.decode_s});
      }
    } else {
      items.push_back({item.system, text::layers_text(item.first_layer, item.last_layer),
                       item.seconds, busy_s(problem, item)});
    }
  }
  return items;
}

/// Items of one place as one, in the order of first appearance: the busy time of each system and
/// link.
std::vector<CostItem> merged_by_place(const std::vector<CostItem>& items) {
  std::vector<CostItem> merged;
  for (const CostItem& item : items) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const CostItem& other) {
      return other.where == item.where;
    });
    if (same == merged.end()) {
      merged.push_back(item);
    } else {
      same->what += " + " + item.what;
      same->seconds += item.seconds;
      same->busy_s += item.busy_s;
    }
  }
  return merged;
}

/// The list must not be empty.
CostItem longest(const std::vector<CostItem>& items, double CostItem::*time) {
  return *std::max_element(
      items.begin(), items.end(),
      [time](const CostItem& a, const CostItem& b) { return a.*time < b.*time; });
}

std::string share_text(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-";
}

std::string breakdown(const std::vector<CostItem>& items, double latency_s, TextWidth width) {
  Table table({{"where", Align::left}, {"what", Align::left}, {"time"}, {"share"}}, width);
  for (const CostItem& item : items) {
    table.add({item.where, item.what, format_duration(item.seconds),
               share_text(item.seconds, latency_s)});
  }
  table.add({"all", "", format_duration(latency_s), share_text(latency_s, latency_s)});
  return table.text();
}

std::string bottleneck(const std::vector<CostItem>& items, double latency_s, TextWidth width) {
  const CostItem slowest = longest(items, &CostItem::seconds);
  const CostItem busiest = longest(merged_by_place(items), &CostItem::busy_s);
  return wrapped_line(
             fmt::format("Most of the latency: {}, {}: {} ({}).", slowest.where, slowest.what,
                         format_duration(slowest.seconds), share_text(slowest.seconds, latency_s)),
             width) +
         wrapped_line(
             fmt::format("With stages overlapping, {} sets the period: one input every {}.",
                         busiest.where, format_duration(busiest.busy_s)),
             width);
}

/// What the latency mostly is, and how to see what would change the plan.
std::string limit_text(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  const PlanTimeline timeline = timeline_of(problem, plan, input_bytes);
  const CostItem most = longest(merged_by_place(cost_items(problem, timeline)), &CostItem::seconds);
  constexpr std::string_view arrow = " → ";
  std::string target = most.where;
  if (const std::size_t at = target.find(arrow); at != std::string::npos) {
    target.replace(at, arrow.size(), ",");
  }
  return fmt::format(
      "Most of the latency: {}, {} ({}); scission-predict --sensitivity {} shows what would change "
      "the plan.",
      most.where, share_text(most.seconds, timeline.latency_s), most.what, target);
}

const CostItem* find_place(const std::vector<CostItem>& items, const std::string& where) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const CostItem& item) { return item.where == where; });
  return found == items.end() ? nullptr : &*found;
}

std::string item_cell(const CostItem* item) {
  return item ? fmt::format("{}, {}", item->what, format_duration(item->seconds)) : "-";
}

std::string time_difference(const CostItem* before, const CostItem* after) {
  const double seconds = (after ? after->seconds : 0) - (before ? before->seconds : 0);
  return fmt::format("{}{}", seconds > 0 ? "+" : "", format_duration(seconds));
}

// Only the places where the two differ.
std::string differences_table(const std::vector<CostItem>& best, const std::vector<CostItem>& other,
                              TextWidth width) {
  Table table(
      {{"where", Align::left}, {"best", Align::left}, {"second", Align::left}, {"difference"}},
      width);
  const auto compare = [&](const std::string& where) {
    const CostItem* before = find_place(best, where);
    const CostItem* after = find_place(other, where);
    if (before && after && *before == *after) return;
    table.add({where, item_cell(before), item_cell(after), time_difference(before, after)});
  };
  for (const CostItem& item : best) compare(item.where);
  for (const CostItem& item : other) {
    if (!find_place(best, item.where)) compare(item.where);
  }
  return table.text();
}

std::string by_how_much(const Query& query, const Plan& best, const Plan& other) {
  const double least = objective_value(query.objective, best.cost);
  const double more = objective_value(query.objective, other.cost) - least;
  if (!(more > 0)) return fmt::format("the same {}", objective_name(query.objective));
  const std::string share =
      least > 0 ? fmt::format(" ({} %)", text::to_digits(100 * more / least, 2)) : "";
  return fmt::format("{}{} more {}", format_objective_value(query.objective, more), share,
                     objective_name(query.objective));
}

}  // namespace

std::string format_plan_lines(const PartitionProblem& problem, const Query& query,
                              const SearchResult& result) {
  std::string lines;
  int rank = 0;
  for (const Plan& plan : result.plans) {
    lines += format_result_line(problem, query, plan, ++rank) + "\n";
  }
  return lines;
}

std::string format_plan_table(const PartitionProblem& problem, const Query& query,
                              const SearchResult& result, TextWidth width) {
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
  std::string text = wrapped_line(format_verdict(problem, query, result, verdict), width) +
                     wrapped_line(certainty(problem, query, result), width);
  if (query.objective == Objective{}) {
    text += wrapped_line(limit_text(problem, result.plans.front(), query.input_bytes), width);
  }
  text += "\n" + table_of(std::move(columns), std::move(rows), width);
  if (has_groups) text += "\n" + wrapped_line(format_groups(verdict.groups), width);
  return text;
}

std::string format_analyses(const PartitionProblem& problem, const Query& query,
                            const QueryAnswer& answer, TextWidth width) {
  std::string text;
  if (answer.pareto) text += pareto_table(problem, *answer.pareto, width);
  for (const SensitivityAnswer& one : answer.sensitivity) {
    text += sensitivity_table(problem, query, one, width);
  }
  return text;
}

std::string format_best_plan(const PartitionProblem& problem, const Query& query,
                             const QueryAnswer& answer, TextWidth width) {
  const Plan& best = answer.result.plans.front();
  const PlanTimeline timeline = timeline_of(problem, best, query.input_bytes);
  const std::vector<CostItem> items = cost_items(problem, timeline);
  const std::string text =
      "\n" + wrapped_line(fmt::format("The best plan, {}:", describe_plan(problem, best)), width) +
      breakdown(items, timeline.latency_s, width) + bottleneck(items, timeline.latency_s, width);
  if (!answer.runner_up) return text + "No other plan fits.\n";
  const Plan& other = *answer.runner_up;
  const std::vector<CostItem> others =
      cost_items(problem, timeline_of(problem, other, query.input_bytes));
  return text + "\n" +
         wrapped_line(fmt::format("The second best, {}: {}", describe_plan(problem, other),
                                  by_how_much(query, best, other)),
                      width) +
         differences_table(merged_by_place(items), merged_by_place(others), width);
}

}  // namespace scission
