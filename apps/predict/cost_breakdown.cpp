#include "cost_breakdown.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "scission/base/units.hpp"
#include "scission/search/plan_io.hpp"
#include "table.hpp"

namespace scission::predict {
namespace {

using apps::Align;
using apps::Table;

/// A stage or hop of a plan.
struct CostItem {
  std::string where;  ///< "raspi4", or "raspi4 → vm"
  std::string what;   ///< "layers 0 - 6", or "1.20 MB"
  double seconds = 0;

  friend bool operator==(const CostItem&, const CostItem&) = default;
};

std::string layers_of(const PartitionProblem& problem, const Stage& stage) {
  const int first = problem.blocks[stage.first_block].first_layer;
  const int last = problem.blocks[stage.last_block].last_layer;
  return first == last ? fmt::format("layer {}", first)
                       : fmt::format("layers {} - {}", first, last);
}

CostItem stage_cost(const PartitionProblem& problem, const Stage& stage, double seconds) {
  return {problem.systems[stage.system].name, layers_of(problem, stage), seconds};
}

CostItem hop_cost(const PartitionProblem& problem, const Hop& hop) {
  return {problem.systems[hop.from].name + " → " + problem.systems[hop.to].name,
          format_bytes(hop.bytes), hop.seconds};
}

/// Stages and hops, in order.
std::vector<CostItem> cost_items(const PartitionProblem& problem, const Plan& plan,
                                 double input_bytes) {
  const PlanCost total = plan_cost(problem, plan, input_bytes);
  std::vector<CostItem> items;
  auto hop = total.hops.begin();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (plan.stages[i].system != at) items.push_back(hop_cost(problem, *hop++));
    items.push_back(stage_cost(problem, plan.stages[i], total.stage_s[i]));
    at = plan.stages[i].system;
  }
  for (; hop != total.hops.end(); ++hop) items.push_back(hop_cost(problem, *hop));
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
    }
  }
  return merged;
}

/// The list must not be empty.
CostItem longest(const std::vector<CostItem>& items) {
  return *std::max_element(items.begin(), items.end(), [](const CostItem& a, const CostItem& b) {
    return a.seconds < b.seconds;
  });
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
  const CostItem slowest = longest(items);
  const CostItem busiest = longest(merged_by_place(items));
  return fmt::format(
      "Most of the latency: {}, {}: {} ({}).\n"
      "With stages overlapping, {} sets the period: one input every {}.\n",
      slowest.where, slowest.what, format_duration(slowest.seconds),
      percent(slowest.seconds, latency_s), busiest.where, format_duration(busiest.seconds));
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

// "0.12", "1.2", "123"
std::string two_digits(double number) {
  constexpr double all_before_the_point = 99.5;
  return number < all_before_the_point ? fmt::format("{:.2g}", number)
                                       : fmt::format("{:.0f}", number);
}

std::string by_how_much(const PartitionProblem& problem, const Query& query, const Plan& best,
                        const Plan& other) {
  const auto value_of = [&](const Plan& plan) {
    return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
  };
  const double least = value_of(best);
  const double more = value_of(other) - least;
  if (!(more > 0)) return fmt::format("the same {}", objective_name(query.objective));
  const std::string share = least > 0 ? fmt::format(" ({} %)", two_digits(100 * more / least)) : "";
  return fmt::format("{}{} more {}", format_objective_value(query.objective, more), share,
                     objective_name(query.objective));
}

}  // namespace

std::string explain_plan(const PartitionProblem& problem, const Query& query, const Plan& best,
                         const std::optional<Plan>& runner_up) {
  const std::vector<CostItem> items = cost_items(problem, best, query.input_bytes);
  const double latency_s = plan_cost(problem, best, query.input_bytes).latency_s;
  std::string text = fmt::format("\nThe best plan, {}:\n{}{}", format_plan(problem, query, best),
                                 breakdown(items, latency_s), bottleneck(items, latency_s));
  if (!runner_up) return text + "No other plan fits.\n";
  const std::vector<CostItem> others = cost_items(problem, *runner_up, query.input_bytes);
  return text + fmt::format("\nThe second best, {}: {}\n{}",
                            format_plan(problem, query, *runner_up),
                            by_how_much(problem, query, best, *runner_up),
                            comparison(merged_by_place(items), merged_by_place(others)));
}

}  // namespace scission::predict
