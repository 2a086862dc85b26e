#include "print.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "problem_notes.hpp"
#include "scission/base/units.hpp"
#include "scission/report/pictures.hpp"
#include "scission/report/report.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace scission::predict {
namespace {

using apps::Align;
using apps::Column;
using apps::Table;

// "0.12", "1.2", "123" for two digits: none before the point is lost.
std::string rounded(double number, int digits) {
  return number < std::pow(10, digits) - 0.5 ? fmt::format("{:.{}g}", number, digits)
                                             : fmt::format("{:.0f}", number);
}

// --- Answers ---

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
    std::vector<std::string> cells{fmt::format("{}", ++rank)};
    for (Metric measure : pareto.metrics) {
      cells.push_back(format_metric(measure, metric_value(measure, plan.cost)));
    }
    cells.push_back(format_plan(problem, query, plan));
    table.add(std::move(cells));
  }
  return fmt::format("\nNo other plan beats any of these in all of {}:\n{}", fmt::join(names, ", "),
                     table.text());
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
    const bool is_now = range.low <= answer.present_value && answer.present_value <= range.high;
    table.add({rounded(range.low, 4), rounded(range.high, 4),
               format_objective_value(query.objective, range.value_at_low),
               format_objective_value(query.objective, range.value_at_high), is_now ? "now" : "",
               format_plan(problem, query, range.plan)});
  }
  return fmt::format("\nThe best plan over the {} (now {}):\n{}", format_target(answer),
                     rounded(answer.present_value, 4), table.text());
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

/// Without the setup of a stage, and without the delay of a link.
double busy_s(const PartitionProblem& problem, const TimelineItem& item) {
  if (!item.is_transfer) return item.seconds - item.setup_s;
  const Link& link = *problem.link(item.system, item.to);
  const double transfer_s = item.without_exit_s.value_or(item.seconds);
  const double share = transfer_s > 0 ? item.seconds / transfer_s : 1;
  return share * link.busy_s(item.bytes);
}

/// Stages and hops, in order.
std::vector<CostItem> cost_items(const PartitionProblem& problem, const PlanTimeline& timeline) {
  std::vector<CostItem> items;
  for (const TimelineItem& item : timeline.items) {
    if (item.is_transfer) {
      items.push_back({item.system + " → " + item.to, format_bytes(item.bytes), item.seconds,
                       busy_s(problem, item)});
    } else {
      items.push_back({item.system, apps::layers_text(item.first_layer, item.last_layer),
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

std::string percent(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-";
}

std::string breakdown(const std::vector<CostItem>& items, double latency_s) {
  Table table({{"where", Align::left}, {"what", Align::left}, {"time"}, {"share"}});
  for (const CostItem& item : items) {
    table.add(
        {item.where, item.what, format_duration(item.seconds), percent(item.seconds, latency_s)});
  }
  table.add({"all", "", format_duration(latency_s), percent(latency_s, latency_s)});
  return table.text();
}

std::string bottleneck(const std::vector<CostItem>& items, double latency_s) {
  const CostItem slowest = longest(items, &CostItem::seconds);
  const CostItem busiest = longest(merged_by_place(items), &CostItem::busy_s);
  return fmt::format(
      "Most of the latency: {}, {}: {} ({}).\n"
      "With stages overlapping, {} sets the period: one input every {}.\n",
      slowest.where, slowest.what, format_duration(slowest.seconds),
      percent(slowest.seconds, latency_s), busiest.where, format_duration(busiest.busy_s));
}

const CostItem* find_place(const std::vector<CostItem>& items, const std::string& where) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const CostItem& item) { return item.where == where; });
  return found == items.end() ? nullptr : &*found;
}

std::string cell(const CostItem* item) {
  return item ? fmt::format("{}, {}", item->what, format_duration(item->seconds)) : "-";
}

std::string difference(const CostItem* before, const CostItem* after) {
  const double seconds = (after ? after->seconds : 0) - (before ? before->seconds : 0);
  return fmt::format("{}{}", seconds > 0 ? "+" : "", format_duration(seconds));
}

// Only the places where the two differ.
std::string comparison(const std::vector<CostItem>& best, const std::vector<CostItem>& other) {
  Table table(
      {{"where", Align::left}, {"best", Align::left}, {"second", Align::left}, {"difference"}});
  const auto compare = [&](const std::string& where) {
    const CostItem* before = find_place(best, where);
    const CostItem* after = find_place(other, where);
    if (before && after && *before == *after) return;
    table.add({where, cell(before), cell(after), difference(before, after)});
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
  const std::string share = least > 0 ? fmt::format(" ({} %)", rounded(100 * more / least, 2)) : "";
  return fmt::format("{}{} more {}", format_objective_value(query.objective, more), share,
                     objective_name(query.objective));
}

// --- Diagnostics ---

void warn_of_missing_links(const SearchResult& result) {
  std::vector<std::string> pairs;
  for (const MissingLink& link : result.missing_links) {
    pairs.push_back(link.from + " → " + link.to);
  }
  if (pairs.empty()) return;
  spdlog::warn("no link {}: plans over it are left out; add a row to the network file",
               fmt::join(pairs, ", "));
}

// --- Pictures ---

template <typename Draw>
void draw_one(const Request& request, const std::string& name, Draw draw) {
  const std::filesystem::path& folder = request.output;
  const std::string stem = picture_stem(name);
  draw(stem);
  std::error_code ignored;
  if (!request.keeps_scripts) std::filesystem::remove(folder / (stem + ".gp"), ignored);
  fmt::print(stderr, "Picture: {}.png and .svg\n", (folder / stem).lexically_normal().string());
}

}  // namespace

std::string plans_text(const PartitionProblem& problem, const Request& request,
                       const SearchResult& result) {
  // The original's answer, which is not an error to it.
  if (result.plans.empty()) return "No results for the specified configuration\n";
  return apps::plans_text(problem, request.query, result, request.format);
}

std::string answer_text(const PartitionProblem& problem, const Request& request,
                        const QueryAnswer& answer) {
  const Query& query = request.query;
  std::string text = plans_text(problem, request, answer.result);
  if (answer.pareto) text += pareto_table(problem, query, *answer.pareto);
  for (const SensitivityAnswer& one : answer.sensitivity) {
    text += sensitivity_table(problem, query, one);
  }
  return text;
}

std::string explanation(const PartitionProblem& problem, const Query& query,
                        const QueryAnswer& answer) {
  const Plan& best = answer.result.plans.front();
  const PlanTimeline timeline = timeline_of(problem, best, query.input_bytes);
  const std::vector<CostItem> items = cost_items(problem, timeline);
  const std::string text =
      fmt::format("\nThe best plan, {}:\n{}{}", format_plan(problem, query, best),
                  breakdown(items, timeline.latency_s), bottleneck(items, timeline.latency_s));
  if (!answer.runner_up) return text + "No other plan fits.\n";
  const Plan& other = *answer.runner_up;
  const std::vector<CostItem> others =
      cost_items(problem, timeline_of(problem, other, query.input_bytes));
  return text + fmt::format("\nThe second best, {}: {}\n{}", format_plan(problem, query, other),
                            by_how_much(query, best, other),
                            comparison(merged_by_place(items), merged_by_place(others)));
}

void print_diagnostics(const PartitionProblem& problem, const Request& request,
                       const QueryAnswer& answer) {
  const Query& query = request.query;
  warn_of_missing_links(answer.result);
  apps::warn_of_unmeasured(problem);
  apps::warn_of_nonbinding_limits(problem, query);
  if (request.assumes_input) apps::print_input_note(problem);
  apps::print_exit_note(problem);
  if (!answer.result.plans.empty()) {
    const std::string seen = format_sizes_seen(problem, answer.result.plans.front());
    if (!seen.empty()) {
      fmt::print(stderr, "{}\n", apps::for_terminal("the best plan sends " + seen));
    }
  }
  if (!answer.result.is_optimal) {
    fmt::print(stderr, "{}\n",
               apps::for_terminal("not proven: " + format_proof(problem, query, answer.result)));
  }
  if (answer.pareto && !answer.pareto->front.is_complete) {
    fmt::print(stderr, "not proven: the front may lack plans; the time was over\n");
  }
  for (const SensitivityAnswer& one : answer.sensitivity) {
    if (!one.ranges.empty()) continue;
    fmt::print(stderr, "no ranges over the {}: the time was over\n", format_target(one));
  }
}

void draw_pictures(const PartitionProblem& problem, const Request& request,
                   const QueryAnswer& answer) {
  const Query& query = request.query;
  const std::filesystem::path& folder = request.output;
  try {
    const Plan& best = answer.result.plans.front();
    draw_one(request, fmt::format("{}-{:.2f}s", problem.model, best.cost.latency_s),
             [&](const std::string& stem) {
               draw_plan(problem, best, query.input_bytes, folder, stem);
             });
    if (answer.pareto && !answer.pareto->front.plans.empty()) {
      draw_one(request, problem.model + "-pareto", [&](const std::string& stem) {
        draw_pareto(problem, query, answer.pareto->front, answer.pareto->metrics, folder, stem);
      });
    }
    for (const SensitivityAnswer& one : answer.sensitivity) {
      if (one.ranges.empty()) continue;
      const std::string to = one.to ? "-" + *one.to : "";
      draw_one(request, fmt::format("{}-sensitivity-{}{}", problem.model, one.from, to),
               [&](const std::string& stem) {
                 draw_sensitivity(problem, query, one.ranges, format_target(one), one.present_value,
                                  folder, stem);
               });
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    spdlog::warn("no picture: {}", error.what());
  }
}

}  // namespace scission::predict
