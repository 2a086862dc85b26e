#include "scission/plan_io.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scission/units.hpp"
#include "text.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

constexpr int plan_format_version = 1;

const Stage* stage_on(const PartitionProblem& problem, const Plan& plan, int platform) {
  const auto found = std::find_if(plan.stages.begin(), plan.stages.end(), [&](const Stage& stage) {
    return problem.platform_of(stage.system) == platform;
  });
  return found == plan.stages.end() ? nullptr : &*found;
}

std::string platform_part(const PartitionProblem& problem, const Plan& plan, int platform) {
  const std::string title = text::capitalized(problem.platforms[platform]);
  if (const Stage* stage = stage_on(problem, plan, platform)) {
    return fmt::format("{}({}) = {} - {}", title, problem.systems[stage->system].name,
                       problem.blocks[stage->first_block].first_layer,
                       problem.blocks[stage->last_block].last_layer);
  }
  const bool is_source = problem.platform_of(plan.source) == platform;
  return fmt::format("{}({}) = -1 - -1", title,
                     is_source ? problem.systems[plan.source].name : "None");
}

Json stage_json(const PartitionProblem& problem, const Stage& stage, double compute_s) {
  Json blocks = Json::array();
  for (int index = stage.first_block; index <= stage.last_block; ++index) {
    const Block& block = problem.blocks[index];
    blocks.push_back({{"first_layer", block.first_layer},
                      {"last_layer", block.last_layer},
                      {"compute_s", problem.block_s[stage.system][index]},
                      {"output_bytes", block.output_bytes}});
  }
  const System& system = problem.systems[stage.system];
  return {{"system", system.name},
          {"platform", system.platform},
          {"first_layer", problem.blocks[stage.first_block].first_layer},
          {"last_layer", problem.blocks[stage.last_block].last_layer},
          {"compute_s", compute_s},
          {"blocks", blocks}};
}

Json hop_json(const PartitionProblem& problem, const Hop& hop) {
  return {{"from", problem.systems[hop.from].name},
          {"to", problem.systems[hop.to].name},
          {"bytes", hop.bytes},
          {"transfer_s", hop.seconds}};
}

Json plan_json(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  const PlanCost total = cost(problem, plan, input_bytes);
  Json stages = Json::array();
  for (std::size_t index = 0; index < plan.stages.size(); ++index) {
    stages.push_back(stage_json(problem, plan.stages[index], total.stage_s[index]));
  }
  Json hops = Json::array();
  for (const Hop& hop : total.hops) hops.push_back(hop_json(problem, hop));
  return {{"latency_s", total.latency_s},
          {"compute_s", total.compute_s},
          {"transfer_s", total.transfer_s},
          {"traffic_bytes", total.traffic_bytes},
          {"source", problem.systems[plan.source].name},
          {"stages", stages},
          {"hops", hops}};
}

}  // namespace

std::string format_distribution(const PartitionProblem& problem, const Plan& plan) {
  std::vector<std::string> parts;
  for (int platform = 0; platform < static_cast<int>(problem.platforms.size()); ++platform) {
    parts.push_back(platform_part(problem, plan, platform));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string format_result_line(const PartitionProblem& problem, const Plan& plan,
                               double input_bytes, int rank) {
  const PlanCost total = cost(problem, plan, input_bytes);
  return fmt::format("[{}] {:.4f}s - {:.4f}MB - {}", rank, total.latency_s,
                     total.traffic_bytes / bytes_per_megabyte, format_distribution(problem, plan));
}

std::string format_result_json(const PartitionProblem& problem, const Query& query,
                               const Result& result) {
  Json plans = Json::array();
  for (const Plan& plan : result.plans) {
    plans.push_back(plan_json(problem, plan, query.input_bytes));
  }
  Json missing = Json::array();
  for (const MissingLink& link : result.missing_links) {
    missing.push_back(
        {{"from", problem.systems[link.from].name}, {"to", problem.systems[link.to].name}});
  }
  const Json answer = {{"format", "scission-plans"},
                       {"version", plan_format_version},
                       {"model", problem.model},
                       {"input_bytes", query.input_bytes},
                       {"plans", plans},
                       {"missing_links", missing}};
  constexpr int indent = 2;  // names may come from file names, which may hold any bytes
  return answer.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace scission
