// The answer for programs. docs/plan-format.md is its description.
#include <cmath>

#include <nlohmann/json.hpp>

#include "scission/search/plan_io.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

constexpr int plan_format_version = 1;

Json number_or_null(double number) { return std::isfinite(number) ? Json(number) : Json(nullptr); }

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

Json destination_json(const PartitionProblem& problem, const Plan& plan) {
  return plan.destination ? Json(problem.systems[*plan.destination].name) : Json(nullptr);
}

Json plan_json(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  const PlanCost total = plan_cost(problem, plan, query.input_bytes);
  Json stages = Json::array();
  for (std::size_t index = 0; index < plan.stages.size(); ++index) {
    stages.push_back(stage_json(problem, plan.stages[index], total.stage_s[index]));
  }
  Json hops = Json::array();
  for (const Hop& hop : total.hops) hops.push_back(hop_json(problem, hop));
  return {{"latency_s", total.latency_s},
          {"compute_s", total.compute_s},
          {"transfer_s", total.transfer_s},
          {"period_s", total.period_s},
          {"traffic_bytes", total.traffic_bytes},
          {"energy_j", number_or_null(total.energy_j)},
          {"money", number_or_null(total.money)},
          {"objective", number_or_null(objective_value(query.objective, total))},
          {"source", problem.systems[plan.source].name},
          {"destination", destination_json(problem, plan)},
          {"stages", stages},
          {"hops", hops}};
}

Json plans_json(const PartitionProblem& problem, const Query& query,
                const std::vector<Plan>& plans) {
  Json list = Json::array();
  for (const Plan& plan : plans) list.push_back(plan_json(problem, query, plan));
  return list;
}

Json missing_links_json(const PartitionProblem& problem, const SearchResult& result) {
  Json list = Json::array();
  for (const MissingLink& link : result.missing_links) {
    list.push_back(
        {{"from", problem.systems[link.from].name}, {"to", problem.systems[link.to].name}});
  }
  return list;
}

Json objective_json(const Objective& objective) {
  Json weights = Json::object();
  for (Metric measure : all_metrics()) weights[to_string(measure)] = objective.weight(measure);
  return weights;
}

Json pareto_json(const PartitionProblem& problem, const Query& query, const ParetoAnswer& pareto) {
  Json measures = Json::array();
  for (Metric measure : pareto.measures) measures.push_back(to_string(measure));
  return {{"measures", measures},
          {"is_complete", pareto.front.is_complete},
          {"plans", plans_json(problem, query, pareto.front.plans)}};
}

// Where and how far only: what the plan costs depends on the point within its range.
Json outline_json(const PartitionProblem& problem, const Plan& plan) {
  Json stages = Json::array();
  for (const Stage& stage : plan.stages) {
    stages.push_back({{"system", problem.systems[stage.system].name},
                      {"first_layer", problem.blocks[stage.first_block].first_layer},
                      {"last_layer", problem.blocks[stage.last_block].last_layer}});
  }
  return {{"source", problem.systems[plan.source].name},
          {"destination", destination_json(problem, plan)},
          {"stages", stages}};
}

Json sensitivity_json(const PartitionProblem& problem, const SensitivityAnswer& answer) {
  Json ranges = Json::array();
  for (const SensitivityRange& range : answer.ranges) {
    ranges.push_back({{"low", range.low},
                      {"high", range.high},
                      {"objective_at_low", range.value_at_low},
                      {"objective_at_high", range.value_at_high},
                      {"plan", outline_json(problem, range.plan)}});
  }
  Json json = {{"of", answer.to ? "bandwidth" : "slowdown"}};
  if (answer.to) {
    json["from"] = problem.systems[answer.from].name;
    json["to"] = problem.systems[*answer.to].name;
  } else {
    json["system"] = problem.systems[answer.from].name;
  }
  json["unit"] = answer.to ? "Mbit/s" : "factor";
  json["now"] = answer.present_value;
  json["ranges"] = ranges;
  return json;
}

Json infeasibility_json(const Infeasibility& infeasibility) {
  Json remedies = Json::array();
  for (const Relaxation& relaxation : infeasibility.relaxations) {
    const bool has_nearest = relaxation.nearest_limit.has_value();
    remedies.push_back(
        {{"constraint", relaxation.constraint},
         {"suffices", relaxation.is_sufficient},
         {"nearest", has_nearest ? Json(*relaxation.nearest_limit) : Json(nullptr)},
         {"nearest_text", has_nearest ? Json(relaxation.nearest_text) : Json(nullptr)}});
  }
  return {{"conflict", infeasibility.irreducible_subset}, {"remedies", remedies}};
}

// What the first version of the format did not have yet; all of it is optional to a reader.
void add_search(Json& json, const PartitionProblem& problem, const Query& query,
                const SearchResult& result) {
  const bool has_plan = !result.plans.empty();
  json["route"] = query.route == Route::any_order ? "any_order" : "platform_order";
  json["objective"] = objective_json(query.objective);
  json["is_optimal"] = result.is_optimal;
  json["proven_count"] = result.proven_count;
  json["bound"] = number_or_null(result.bound);
  json["gap"] = has_plan ? number_or_null(relative_gap(problem, query, result)) : Json(nullptr);
}

}  // namespace

std::string format_answer_json(const PartitionProblem& problem, const Query& query,
                               const QueryAnswer& answer) {
  Json json = {{"format", "scission-plans"},
               {"version", plan_format_version},
               {"model", problem.model},
               {"input_bytes", query.input_bytes},
               {"plans", plans_json(problem, query, answer.result.plans)},
               {"missing_links", missing_links_json(problem, answer.result)}};
  add_search(json, problem, query, answer.result);
  if (answer.pareto) json["pareto"] = pareto_json(problem, query, *answer.pareto);
  for (const SensitivityAnswer& one : answer.sensitivity) {
    json["sensitivity"].push_back(sensitivity_json(problem, one));
  }
  if (answer.infeasibility) json["infeasible"] = infeasibility_json(*answer.infeasibility);
  constexpr int indent = 2;  // names may come from file names, which may hold any bytes
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string format_result_json(const PartitionProblem& problem, const Query& query,
                               const SearchResult& result) {
  QueryAnswer answer;
  answer.result = result;
  return format_answer_json(problem, query, answer);
}

}  // namespace scission
