#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/require.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

int system_index(const PartitionProblem& problem, const std::string& name) {
  const auto found = std::find_if(problem.systems.begin(), problem.systems.end(),
                                  [&](const System& system) { return system.name == name; });
  if (found != problem.systems.end()) return static_cast<int>(found - problem.systems.begin());
  throw Error(ErrorCode::mismatch, "has no profile of this model", name);
}

int block_ending_at(const PartitionProblem& problem, int layer) {
  const auto found = std::find_if(problem.blocks.begin(), problem.blocks.end(),
                                  [&](const Block& block) { return block.last_layer == layer; });
  if (found != problem.blocks.end()) return static_cast<int>(found - problem.blocks.begin());
  throw Error(ErrorCode::mismatch,
              "the profiles have no cut there; measure them again with these options",
              fmt::format("layer {}", layer));
}

}  // namespace

std::vector<Placement> placements_of(const PartitionProblem& problem, const Plan& plan) {
  std::vector<Placement> placements;
  for (const Stage& stage : plan.stages) {
    const std::size_t first = require_in(problem.blocks, stage.first_block, "block", "plan");
    const std::size_t last = require_in(problem.blocks, stage.last_block, "block", "plan");
    const std::size_t system = require_in(problem.systems, stage.system, "system", "plan");
    placements.push_back({problem.blocks[first].first_layer, problem.blocks[last].last_layer,
                          problem.systems[system].name});
  }
  return placements;
}

std::vector<Placement> placements_of(const PlanTimeline& plan) {
  std::vector<Placement> placements;
  for (const TimelineItem& item : plan.items) {
    if (!item.is_transfer) placements.push_back({item.first_layer, item.last_layer, item.system});
  }
  return placements;
}

Plan plan_from_placements(const PartitionProblem& problem, const std::vector<Placement>& placements,
                          const std::string& source) {
  Plan plan;
  plan.source = system_index(problem, source);
  int first = 0;
  for (const Placement& placement : placements) {
    const int last = block_ending_at(problem, placement.last_layer);
    plan.stages.push_back({system_index(problem, placement.system), first, last});
    first = last + 1;
  }
  return plan;
}

PlanTimeline timeline_of(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  const PlanCost total = plan_cost(problem, plan, input_bytes);
  const std::vector<Placement> placements = placements_of(problem, plan);
  const auto known = [](double figure) {
    return std::isfinite(figure) ? std::optional(figure) : std::nullopt;
  };
  PlanTimeline timeline{.source = problem.systems[plan.source].name,
                        .latency_s = total.latency_s,
                        .compute_s = total.compute_s,
                        .transfer_s = total.transfer_s,
                        .period_s = total.period_s,
                        .traffic_bytes = total.traffic_bytes,
                        .energy_j = known(total.energy_j),
                        .money = known(total.money)};
  if (plan.destination) timeline.destination = problem.systems[*plan.destination].name;
  double now_s = 0;
  auto hop = total.hops.begin();
  const auto add = [&](TimelineItem item) {
    item.begin_s = now_s;
    now_s += item.seconds;
    timeline.items.push_back(std::move(item));
  };
  const auto add_hop = [&] {
    add({.is_transfer = true,
         .system = problem.systems[hop->from].name,
         .to = problem.systems[hop->to].name,
         .bytes = hop->bytes,
         .seconds = hop->seconds});
    ++hop;
  };
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (plan.stages[i].system != at) add_hop();
    at = plan.stages[i].system;
    add({.system = placements[i].system,
         .first_layer = placements[i].first_layer,
         .last_layer = placements[i].last_layer,
         .seconds = total.stage_s[i]});
  }
  if (hop != total.hops.end()) add_hop();
  return timeline;
}

}  // namespace scission
