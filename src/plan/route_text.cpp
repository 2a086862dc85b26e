#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"

namespace scission {
namespace {

constexpr std::string_view arrow = " → ";

std::string shortened(const std::vector<std::string>& parts, std::size_t most_parts) {
  if (parts.size() <= most_parts) return text::join(parts, arrow);
  return text::join({parts[0], parts[1], "…", parts[parts.size() - 1]}, arrow);
}

}  // namespace

std::string systems_of_route(const PartitionProblem& problem, const Plan& plan) {
  constexpr std::size_t most_systems = 4;
  std::vector<std::string> names;
  for (const Stage& stage : plan.stages) names.push_back(problem.systems[stage.system].name);
  return shortened(names, most_systems);
}

std::string layers_of_route(const PartitionProblem& problem, const Plan& plan) {
  constexpr std::size_t most_stages = 6;
  std::vector<std::string> parts;
  for (const Stage& stage : plan.stages) {
    parts.push_back(fmt::format("{} {}", problem.systems[stage.system].name,
                                layer_range(problem.blocks[stage.first_block].first_layer,
                                            problem.blocks[stage.last_block].last_layer)));
  }
  if (plan.destination && *plan.destination != plan.stages.back().system) {
    parts.push_back(problem.systems[*plan.destination].name);
  }
  return shortened(parts, most_stages);
}

std::string PlanTimeline::route() const {
  std::vector<std::string> parts;
  for (const TimelineItem& item : items) {
    if (item.is_transfer) continue;
    parts.push_back(item.system + " " + layer_range(item.first_layer, item.last_layer));
  }
  return text::join(parts, arrow);
}

std::string PlanTimeline::route_to_destination() const {
  return destination ? text::join({route(), *destination}, arrow) : route();
}

}  // namespace scission
