// Answers as JSON, written and read. docs/plan-format.md specifies the format.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "base/numbers.hpp"
#include "model/byte_range_json.hpp"
#include "plan/plan_file.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"
#include "stats/summary_json.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

constexpr int plan_format_version = 1;

// Only where a codec is used.
void put_codec(const PartitionProblem& problem, int codec, Json& json) {
  if (codec != Plan::raw) json["codec"] = problem.codecs[codec].name;
}

// Whether something crosses coded.
bool is_coded(const Plan& plan) {
  return std::any_of(plan.codecs.begin(), plan.codecs.end(),
                     [](int codec) { return codec != Plan::raw; });
}

Json stage_json(const PartitionProblem& problem, const Stage& stage, double compute_s,
                double setup_s) {
  Json blocks = Json::array();
  double without_exit_s =
      problem.setup_s.empty() ? 0 : problem.setup_s[stage.system][stage.first_block];
  for (int index = stage.first_block; index <= stage.last_block; ++index) {
    const Block& block = problem.blocks[index];
    blocks.push_back({{"first_layer", block.first_layer},
                      {"last_layer", block.last_layer},
                      {"compute_s", problem.expected_s(stage.system, index)},
                      {"output_bytes", block.output_bytes}});
    put_byte_range(blocks.back(), "min_output_bytes", "max_output_bytes", block.bytes_seen);
    without_exit_s += problem.block_s[stage.system][index];
  }
  const System& system = problem.systems[stage.system];
  Json json = {{"system", system.name},
               {"platform", system.platform},
               {"first_layer", problem.blocks[stage.first_block].first_layer},
               {"last_layer", problem.blocks[stage.last_block].last_layer},
               {"compute_s", compute_s},
               {"blocks", blocks}};
  if (!problem.setup_s.empty()) json["setup_s"] = setup_s;
  if (!problem.exit_shares.empty()) json["without_exit_s"] = without_exit_s;
  return json;
}

Json hop_json(const PartitionProblem& problem, const Hop& hop) {
  Json json = {{"from", problem.systems[hop.from].name},
               {"to", problem.systems[hop.to].name},
               {"bytes", hop.bytes},
               {"transfer_s", hop.seconds}};
  put_codec(problem, hop.codec, json);
  if (hop.codec != Plan::raw) {
    json["encode_s"] = hop.encode_s;
    json["decode_s"] = hop.decode_s;
  }
  if (!problem.exit_shares.empty()) {
    json["share"] = hop.share;
    const double coding_s = hop.share > 0 ? (hop.encode_s + hop.decode_s) / hop.share : 0;
    json["without_exit_s"] = problem.link(hop.from, hop.to)->transfer_s(hop.bytes) + coding_s;
  }
  return json;
}

Json destination_json(const PartitionProblem& problem, const Plan& plan) {
  return plan.destination ? Json(problem.systems[*plan.destination].name) : Json(nullptr);
}

Json plan_json(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  const std::optional<Interval> interval = latency_interval(problem, plan, query.input_bytes);
  const PlanCost total = plan_cost(problem, plan, query.input_bytes);
  Json stages = Json::array();
  for (std::size_t index = 0; index < plan.stages.size(); ++index) {
    stages.push_back(
        stage_json(problem, plan.stages[index], total.stage_s[index], total.stage_setup_s[index]));
    put_codec(problem, plan.codec(index), stages.back());
  }
  Json json = {
      {"latency_s", total.latency_s},
      {"latency_interval_s", interval ? to_json(*interval) : Json()},
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
      {"hops", json_array(total.hops, [&](const Hop& hop) { return hop_json(problem, hop); })}};
  if (!problem.setup_s.empty()) json["setup_s"] = total.setup_s;
  if (is_coded(plan)) {
    json["coding_s"] = total.coding_s;
    json["error"] = total.error;
    json["disagreement"] = total.disagreement;
  }
  return json;
}

Json plans_json(const PartitionProblem& problem, const Query& query,
                const std::vector<Plan>& plans) {
  return json_array(plans, [&](const Plan& plan) { return plan_json(problem, query, plan); });
}

Json objective_json(const Objective& objective) {
  Json weights = Json::object();
  for (Metric metric : all_metrics()) {
    const bool is_of_codecs = metric == Metric::error || metric == Metric::disagreement;
    if (is_of_codecs && objective.weight(metric) == 0) continue;
    weights[to_string(metric)] = objective.weight(metric);
  }
  return weights;
}

Json pareto_json(const PartitionProblem& problem, const Query& query, const ParetoAnswer& pareto) {
  return {{"measures", json_array(pareto.metrics, [](Metric metric) { return to_string(metric); })},
          {"is_complete", pareto.front.is_complete},
          {"plans", plans_json(problem, query, pareto.front.plans)}};
}

// Without costs, which depend on the point within the range.
Json outline_json(const PartitionProblem& problem, const Plan& plan) {
  Json stages = Json::array();
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    stages.push_back({{"system", problem.systems[stage.system].name},
                      {"first_layer", problem.blocks[stage.first_block].first_layer},
                      {"last_layer", problem.blocks[stage.last_block].last_layer}});
    put_codec(problem, plan.codec(i), stages.back());
  }
  return {{"source", problem.systems[plan.source].name},
          {"destination", destination_json(problem, plan)},
          {"stages", stages}};
}

Json sensitivity_json(const PartitionProblem& problem, const SensitivityAnswer& answer) {
  Json json = {{"of", answer.to ? "bandwidth" : "slowdown"}};
  if (answer.to) {
    json["from"] = answer.from;
    json["to"] = *answer.to;
  } else {
    json["system"] = answer.from;
  }
  json["unit"] = answer.to ? "Mbit/s" : "factor";
  json["now"] = answer.present_value;
  json["ranges"] = json_array(answer.ranges, [&](const SensitivityRange& range) {
    return Json{{"low", range.low},
                {"high", range.high},
                {"objective_at_low", range.value_at_low},
                {"objective_at_high", range.value_at_high},
                {"plan", outline_json(problem, range.plan)}};
  });
  return json;
}

Json corrections_json(const PartitionProblem& problem) {
  return json_array(problem.corrections, [](const SystemCorrection& one) {
    return Json{{"system", one.system},
                {"factor", one.factor},
                {"stage_s", one.stage_s},
                {"stages", one.stages}};
  });
}

Json infeasibility_json(const Infeasibility& infeasibility) {
  const auto remedy = [](const Relaxation& relaxation) {
    const bool has_nearest = !relaxation.nearest_text.empty();
    return Json{{"constraint", relaxation.constraint},
                {"suffices", relaxation.is_sufficient},
                {"nearest", value_or_null(relaxation.nearest_limit)},
                {"nearest_text", has_nearest ? Json(relaxation.nearest_text) : Json(nullptr)}};
  };
  return {{"conflict", infeasibility.irreducible_subset},
          {"remedies", json_array(infeasibility.relaxations, remedy)}};
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

// Ranks count from 1, as in the lines for people.
Json verdict_json(const PartitionProblem& problem, const Query& query, const SearchResult& result) {
  const Verdict verdict = judge(problem, query, result);
  const auto group_json = [](const PlanGroup& group) {
    return Json{group.first + 1, group.last + 1};
  };
  return {{"text", format_verdict(problem, query, result, verdict)},
          {"best", number_or_null(verdict.best)},
          {"baseline_system", verdict.baseline_system},
          {"baseline", value_or_null(verdict.baseline)},
          {"is_baseline", verdict.is_baseline},
          {"is_like_baseline", verdict.is_like_baseline},
          {"next", value_or_null(verdict.next)},
          {"is_like_next", verdict.is_like_next},
          {"indistinguishable", json_array(verdict.groups, group_json)}};
}

// --- Reading ---

Metric parse_metric(const JsonField& json) {
  for (Metric metric : all_metrics()) {
    if (to_string(metric) == json.text()) return metric;
  }
  json.fail("is not a metric");
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
      query.objective.set_weight(metric, weights.amount_if(to_string(metric)).value_or(0));
    }
  }
  return query;
}

ExitShare parse_exit_share(const JsonField& json) {
  return {json.at("layer").small_count(), json.at("share").amount()};
}

SystemCorrection parse_applied_correction(const JsonField& json) {
  return {json.at("system").name(), json.at("factor").amount(), json.amount_or_0("stage_s"),
          json.small_count_or_0("stages")};
}

MissingLink parse_missing_link(const JsonField& json) {
  return {json.at("from").name(), json.at("to").name()};
}

StoredPareto parse_pareto(const JsonField& json) {
  return {json.at("measures").each(parse_metric), json.at("is_complete").flag(),
          json.at("plans").each(parse_timeline)};
}

StoredRange parse_range(const JsonField& json) {
  const JsonField plan = json.at("plan");
  return {
      json.at("low").amount(),
      json.at("high").amount(),
      json.at("objective_at_low").amount(),
      json.at("objective_at_high").amount(),
      {plan.at("source").name(), plan.name_if("destination"), parse_placements(plan.at("stages"))}};
}

StoredSensitivity parse_sensitivity(const JsonField& json) {
  StoredSensitivity sensitivity;
  if (json.at("of").text() == "bandwidth") {
    sensitivity.from = json.at("from").name();
    sensitivity.to = json.at("to").name();
  } else {
    sensitivity.from = json.at("system").name();
  }
  sensitivity.present_value = json.at("now").amount();
  sensitivity.ranges = json.at("ranges").each(parse_range);
  return sensitivity;
}

Relaxation parse_relaxation(const JsonField& json) {
  Relaxation relaxation{json.at("constraint").text(), json.at("suffices").flag()};
  relaxation.nearest_limit = json.amount_if("nearest");
  const JsonField nearest = json.at("nearest_text");
  if (!nearest.is_null()) relaxation.nearest_text = nearest.text();
  return relaxation;
}

Infeasibility parse_infeasibility(const JsonField& json) {
  return {json.at("conflict").each(&JsonField::text), json.at("remedies").each(parse_relaxation)};
}

/// Of a plan; files of earlier versions have none.
std::optional<Interval> parse_latency_interval(const JsonField& plan) {
  constexpr const char* key = "latency_interval_s";
  if (!plan.contains(key)) return std::nullopt;
  const JsonField field = plan.at(key);
  if (field.is_null()) return std::nullopt;
  const std::vector<double> ends = field.each(&JsonField::amount);
  if (ends.size() != 2 || ends[0] > ends[1]) field.fail("must be a low and a high end");
  return Interval{ends[0], ends[1]};
}

StoredAnswer parse_answer(const JsonField& json) {
  StoredAnswer answer;
  answer.model = json.at("model").name();
  answer.query = parse_query(json);
  answer.exit_shares = json.each_of("exit_shares", parse_exit_share);
  answer.corrections = json.each_of("corrections", parse_applied_correction);
  for (auto& [system, pause_s] : json.each_of("pauses", [](const JsonField& one) {
         return std::pair(one.at("system").name(), one.at("pause_s").amount());
       })) {
    answer.pauses_s[system] = pause_s;
  }
  answer.plans = json.at("plans").each(parse_timeline);
  answer.latency_intervals = json.at("plans").each(parse_latency_interval);
  if (json.contains("is_optimal")) answer.is_optimal = json.at("is_optimal").flag();
  if (json.contains("proven_count")) answer.proven_count = json.at("proven_count").small_count();
  answer.bound = json.amount_if("bound").value_or(infinity);
  answer.relative_gap = json.amount_if("gap");
  answer.missing_links = json.each_of("missing_links", parse_missing_link);
  if (json.contains("pareto")) answer.pareto = parse_pareto(json.at("pareto"));
  answer.sensitivity = json.each_of("sensitivity", parse_sensitivity);
  if (json.contains("infeasible")) {
    answer.infeasibility = parse_infeasibility(json.at("infeasible"));
  }
  return answer;
}

}  // namespace

std::string format_answer_json(const PartitionProblem& problem, const Query& query,
                               const QueryAnswer& answer) {
  const auto link_json = [](const MissingLink& link) {
    return Json{{"from", link.from}, {"to", link.to}};
  };
  Json json = {{"format", "scission-plans"},
               {"version", plan_format_version},
               {"model", problem.model},
               {"input_bytes", query.input_bytes},
               {"plans", plans_json(problem, query, answer.result.plans)},
               {"missing_links", json_array(answer.result.missing_links, link_json)}};
  add_search(json, problem, query, answer.result);
  for (const ExitShare& exit : problem.exit_shares) {
    json["exit_shares"].push_back({{"layer", exit.layer}, {"share", exit.share}});
  }
  if (Json corrections = corrections_json(problem); !corrections.empty()) {
    json["corrections"] = std::move(corrections);
  }
  json["pauses"] = json_array(problem.systems, [](const System& system) {
    return Json{{"system", system.name}, {"pause_s", system.pause_s}};
  });
  if (!answer.result.plans.empty()) json["verdict"] = verdict_json(problem, query, answer.result);
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
