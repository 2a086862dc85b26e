#include "explain.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "items.hpp"
#include "scission/base/units.hpp"
#include "scission/search/plan_io.hpp"
#include "table.hpp"

namespace scission::predict {
namespace {

using apps::Align;
using apps::Table;

std::string percent(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-";
}

std::string breakdown(const std::vector<Item>& items, double latency_s) {
  Table table({{"where", Align::left}, {"what", Align::left}, {"time"}, {"share"}});
  for (const Item& item : items) {
    table.add(
        {item.where, item.what, format_duration(item.seconds), percent(item.seconds, latency_s)});
  }
  table.add({"all", "", format_duration(latency_s), percent(latency_s, latency_s)});
  return table.text();
}

std::string bottleneck(const std::vector<Item>& items, double latency_s) {
  const Item slowest = longest(items);
  const Item busiest = longest(merged_by_place(items));
  return fmt::format(
      "Most of the latency: {}, {}: {} ({}).\n"
      "With stages overlapping, {} sets the period: one input every {}.\n",
      slowest.where, slowest.what, format_duration(slowest.seconds),
      percent(slowest.seconds, latency_s), busiest.where, format_duration(busiest.seconds));
}

const Item* find_place(const std::vector<Item>& items, const std::string& where) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const Item& item) { return item.where == where; });
  return found == items.end() ? nullptr : &*found;
}

std::string cell(const Item* item) {
  return item ? fmt::format("{}, {}", item->what, format_duration(item->seconds)) : "-";
}

std::string difference(const Item* before, const Item* after) {
  const double seconds = (after ? after->seconds : 0) - (before ? before->seconds : 0);
  return fmt::format("{}{}", seconds > 0 ? "+" : "", format_duration(seconds));
}

// Only the places where the two differ.
std::string comparison(const std::vector<Item>& best, const std::vector<Item>& other) {
  Table table(
      {{"where", Align::left}, {"best", Align::left}, {"second", Align::left}, {"difference"}});
  const auto compare = [&](const std::string& where) {
    const Item* before = find_place(best, where);
    const Item* after = find_place(other, where);
    if (before && after && *before == *after) return;
    table.add({where, cell(before), cell(after), difference(before, after)});
  };
  for (const Item& item : best) compare(item.where);
  for (const Item& item : other) {
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
  const std::vector<Item> items = items_of(problem, best, query.input_bytes);
  const double latency_s = plan_cost(problem, best, query.input_bytes).latency_s;
  std::string text = fmt::format("\nThe best plan, {}:\n{}{}", format_plan(problem, query, best),
                                 breakdown(items, latency_s), bottleneck(items, latency_s));
  if (!runner_up) return text + "No other plan fits.\n";
  const std::vector<Item> others = items_of(problem, *runner_up, query.input_bytes);
  return text + fmt::format("\nThe second best, {}: {}\n{}",
                            format_plan(problem, query, *runner_up),
                            by_how_much(problem, query, best, *runner_up),
                            comparison(merged_by_place(items), merged_by_place(others)));
}

}  // namespace scission::predict
