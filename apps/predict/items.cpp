#include "items.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scission/base/units.hpp"

namespace scission::predict {
namespace {

std::string layers_of(const PartitionProblem& problem, const Stage& stage) {
  const int first = problem.blocks[stage.first_block].first_layer;
  const int last = problem.blocks[stage.last_block].last_layer;
  return first == last ? fmt::format("layer {}", first)
                       : fmt::format("layers {} - {}", first, last);
}

Item stage_item(const PartitionProblem& problem, const Stage& stage, double seconds) {
  return {problem.systems[stage.system].name, layers_of(problem, stage), seconds};
}

Item hop_item(const PartitionProblem& problem, const Hop& hop) {
  return {problem.systems[hop.from].name + " → " + problem.systems[hop.to].name,
          format_bytes(hop.bytes), hop.seconds};
}

}  // namespace

std::vector<Item> items_of(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  const PlanCost total = plan_cost(problem, plan, input_bytes);
  std::vector<Item> items;
  auto hop = total.hops.begin();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (plan.stages[i].system != at) items.push_back(hop_item(problem, *hop++));
    items.push_back(stage_item(problem, plan.stages[i], total.stage_s[i]));
    at = plan.stages[i].system;
  }
  for (; hop != total.hops.end(); ++hop) items.push_back(hop_item(problem, *hop));
  return items;
}

std::vector<Item> merged_by_place(const std::vector<Item>& items) {
  std::vector<Item> merged;
  for (const Item& item : items) {
    const auto same = std::find_if(merged.begin(), merged.end(),
                                   [&](const Item& other) { return other.where == item.where; });
    if (same == merged.end()) {
      merged.push_back(item);
    } else {
      same->what += " + " + item.what;
      same->seconds += item.seconds;
    }
  }
  return merged;
}

Item longest(const std::vector<Item>& items) {
  return *std::max_element(items.begin(), items.end(),
                           [](const Item& a, const Item& b) { return a.seconds < b.seconds; });
}

}  // namespace scission::predict
