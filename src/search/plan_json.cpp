// Answers as JSON, written and read. docs/plan-format.md specifies the format.
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/numbers.hpp"
#include "plan/plan_file.hpp"
#include "scission/search/plan_io.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

constexpr int plan_format_version = 1;

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

Json missing_links_json(const SearchResult& result) {
  Json list = Json::array();
  for (const MissingLink& link : result.missing_links) {
    list.push_back({{"from", link.from}, {"to", link.to}});
  }
  return list;
}

Json objective_json(const Objective& objective) {
  Json weights = Json::object();
  for (Metric metric : all_metrics()) weights[to_string(metric)] = objective.weight(metric);
  return weights;
}

Json pareto_json(const PartitionProblem& problem, const Query& query, const ParetoAnswer& pareto) {
  Json metrics = Json::array();
  for (Metric metric : pareto.metrics) metrics.push_back(to_string(metric));
  return {{"measures", metrics},
          {"is_complete", pareto.front.is_complete},
          {"plans", plans_json(problem, query, pareto.front.plans)}};
}

// Without costs, which depend on the point within the range.
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
    json["from"] = answer.from;
    json["to"] = *answer.to;
  } else {
    json["system"] = answer.from;
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

// Fields that the first release of the format did not have; readers treat them as optional.
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

// --- Reading ---

double parse_number(const JsonField& json, std::string_view key, double otherwise) {
  return parse_optional_amount(json, key).value_or(otherwise);
}

Metric parse_metric(const JsonField& json) {
  for (Metric metric : all_metrics()) {
    if (to_string(metric) == json.text()) return metric;
  }
  json.fail("is not a metric");
}

std::vector<PlanTimeline> parse_timelines(const JsonField& json) {
  std::vector<PlanTimeline> plans;
  for (const JsonField& plan : json.elements()) plans.push_back(parse_timeline(plan));
  return plans;
}

std::optional<std::string> parse_destination(const JsonField& json) {
  if (!json.contains("destination") || json.at("destination").is_null()) return std::nullopt;
  return parse_name(json.at("destination"));
}

Query parse_query(const JsonField& json) {
  Query query;
  query.input_bytes = json.at("input_bytes").amount();
  if (json.contains("route")) {
    const std::string route = json.at("route").text();
    if (route != "any_order" && route != "platform_order") json.at("route").fail("is not a route");
    query.route = route == "any_order" ? Route::any_order : Route::platform_order;
  }
  if (json.contains("objective")) {
    const JsonField weights = json.at("objective");
    for (Metric metric : all_metrics()) {
      query.objective.set_weight(metric, parse_number(weights, to_string(metric), 0));
    }
  }
  return query;
}

std::vector<MissingLink> parse_missing_links(const JsonField& json) {
  std::vector<MissingLink> links;
  for (const JsonField& link : json.elements()) {
    links.push_back({parse_name(link.at("from")), parse_name(link.at("to"))});
  }
  return links;
}

StoredPareto parse_pareto(const JsonField& json) {
  StoredPareto pareto{{}, json.at("is_complete").flag(), {}};
  const JsonField metrics = json.at("measures");
  for (const JsonField& metric : metrics.elements()) pareto.metrics.push_back(parse_metric(metric));
  const JsonField plans = json.at("plans");
  pareto.plans = parse_timelines(plans);
  return pareto;
}

StoredRange parse_range(const JsonField& json) {
  const JsonField plan = json.at("plan");
  const JsonField stages = plan.at("stages");
  return {json.at("low").amount(),
          json.at("high").amount(),
          json.at("objective_at_low").amount(),
          json.at("objective_at_high").amount(),
          {parse_name(plan.at("source")), parse_destination(plan), parse_placements(stages)}};
}

StoredSensitivity parse_sensitivity(const JsonField& json) {
  StoredSensitivity sensitivity;
  if (json.at("of").text() == "bandwidth") {
    sensitivity.from = parse_name(json.at("from"));
    sensitivity.to = parse_name(json.at("to"));
  } else {
    sensitivity.from = parse_name(json.at("system"));
  }
  sensitivity.present_value = json.at("now").amount();
  const JsonField ranges = json.at("ranges");
  for (const JsonField& range : ranges.elements()) {
    sensitivity.ranges.push_back(parse_range(range));
  }
  return sensitivity;
}

Infeasibility parse_infeasibility(const JsonField& json) {
  Infeasibility infeasibility;
  const JsonField subset = json.at("conflict");
  for (const JsonField& constraint : subset.elements()) {
    infeasibility.irreducible_subset.push_back(constraint.text());
  }
  const JsonField relaxations = json.at("remedies");
  for (const JsonField& field : relaxations.elements()) {
    Relaxation relaxation{field.at("constraint").text(), field.at("suffices").flag()};
    relaxation.nearest_limit = parse_optional_amount(field, "nearest");
    if (relaxation.nearest_limit) relaxation.nearest_text = field.at("nearest_text").text();
    infeasibility.relaxations.push_back(std::move(relaxation));
  }
  return infeasibility;
}

StoredAnswer parse_answer(const JsonField& json) {
  StoredAnswer answer;
  answer.model = parse_name(json.at("model"));
  answer.query = parse_query(json);
  const JsonField plans = json.at("plans");
  answer.plans = parse_timelines(plans);
  if (json.contains("is_optimal")) answer.is_optimal = json.at("is_optimal").flag();
  if (json.contains("proven_count")) answer.proven_count = json.at("proven_count").small_count();
  answer.bound = parse_number(json, "bound", infinity);
  answer.relative_gap = parse_optional_amount(json, "gap");
  if (json.contains("missing_links")) {
    const JsonField links = json.at("missing_links");
    answer.missing_links = parse_missing_links(links);
  }
  if (json.contains("pareto")) answer.pareto = parse_pareto(json.at("pareto"));
  if (json.contains("sensitivity")) {
    const JsonField all = json.at("sensitivity");
    for (const JsonField& one : all.elements()) {
      answer.sensitivity.push_back(parse_sensitivity(one));
    }
  }
  if (json.contains("infeasible")) {
    answer.infeasibility = parse_infeasibility(json.at("infeasible"));
  }
  return answer;
}

}  // namespace

std::string format_answer_json(const PartitionProblem& problem, const Query& query,
                               const QueryAnswer& answer) {
  Json json = {{"format", "scission-plans"},
               {"version", plan_format_version},
               {"model", problem.model},
               {"input_bytes", query.input_bytes},
               {"plans", plans_json(problem, query, answer.result.plans)},
               {"missing_links", missing_links_json(answer.result)}};
  add_search(json, problem, query, answer.result);
  if (answer.pareto) json["pareto"] = pareto_json(problem, query, *answer.pareto);
  for (const SensitivityAnswer& one : answer.sensitivity) {
    json["sensitivity"].push_back(sensitivity_json(problem, one));
  }
  if (answer.infeasibility) json["infeasible"] = infeasibility_json(*answer.infeasibility);
  return format_json(json);
}

std::string format_result_json(const PartitionProblem& problem, const Query& query,
                               const SearchResult& result) {
  QueryAnswer answer;
  answer.result = result;
  return format_answer_json(problem, query, answer);
}

StoredAnswer read_answer_json(const std::filesystem::path& path) {
  return parse_answer_json(read_file(path), path.string());
}

StoredAnswer parse_answer_json(std::string_view text, const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  validate_plan_format(document, place);
  return parse_answer(JsonField(document, place));
}

}  // namespace scission
