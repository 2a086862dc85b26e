// Runs of plans as JSON, and their requests as CSV.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/csv.hpp"
#include "runtime/pipeline/quantiles.hpp"
#include "scission/runtime/run/run_plans.hpp"
#include "stats/summary_json.hpp"

namespace scission::runtime {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const HopSummary& hop, const HopPrediction& predicted) {
  return {{"from", hop.from},
          {"to", hop.to},
          {"requests", hop.requests},
          {"early", hop.early},
          {"bytes", hop.bytes},
          {"serialise_s", to_json(hop.serialise)},
          {"transfer_s", to_json(hop.transfer)},
          {"deserialise_s", to_json(hop.deserialise)},
          {"queue_s", to_json(hop.queue)},
          {"compute_s", to_json(hop.compute)},
          {"passing_s", to_json(hop.passing)},
          {"codec", hop.codec.empty() ? Json() : Json(hop.codec)},
          {"encode_s", to_json(hop.encode)},
          {"decode_s", to_json(hop.decode)},
          {"raw_tensors", hop.raw_tensors},
          {"planned_transfer_s", predicted.transfer_s},
          {"planned_compute_s", predicted.compute_s},
          {"planned_codec", predicted.codec.empty() ? Json() : Json(predicted.codec)},
          {"planned_encode_s", predicted.encode_s},
          {"planned_decode_s", predicted.decode_s}};
}

Json hops_json(const PlanRun& run) {
  const std::vector<HopPrediction> predicted = predicted_hops(run.plan);
  Json hops = Json::array();
  for (std::size_t i = 0; i < run.summary.hops.size(); ++i) {
    const bool is_planned = run.switches.empty() && i < predicted.size();
    hops.push_back(to_json(run.summary.hops[i], is_planned ? predicted[i] : HopPrediction{}));
  }
  return hops;
}

Json stages_json(const PlanTimeline& plan) {
  Json stages = Json::array();
  for (const TimelineItem& item : plan.items) {
    if (item.is_transfer) continue;
    stages.push_back({{"system", item.system},
                      {"first_layer", item.first_layer},
                      {"last_layer", item.last_layer}});
  }
  return stages;
}

Json failures_json(const RunSummary& summary) {
  Json failures = Json::array();
  for (const FailureCount& failure : summary.failures) {
    failures.push_back({{"cause", failure.cause}, {"requests", failure.requests}});
  }
  return failures;
}

Json switches_json(const PlanRun& run) {
  Json switches = Json::array();
  for (const FailoverSwitch& change : run.switches) {
    switches.push_back({{"lost", change.lost},
                        {"to_plan", static_cast<std::size_t>(run.rank) + change.to},
                        {"decision_s", change.decision_s},
                        {"gap_s", change.gap_s}});
  }
  return switches;
}

Json to_json(const ErrorComponent& part) {
  Json json = {{"system", part.system}};
  if (!part.to.empty()) json = {{"from", part.system}, {"to", part.to}};
  json["planned_s"] = part.planned_s;
  json["run_s"] = value_or_null(part.run_s);
  json["remeasured_s"] = value_or_null(part.remeasured_s);
  if (!part.failure.empty()) json["failure"] = part.failure;
  return json;
}

Json to_json(const PredictionError& explanation) {
  const auto part_json = [](const ErrorComponent& part) { return to_json(part); };
  return {{"error_s", explanation.error_s},
          {"machines", json_array(explanation.machines, part_json)},
          {"links", json_array(explanation.links, part_json)},
          {"residual_s", explanation.residual_s}};
}

Json to_json(const PlanRun& run) {
  return {{"rank", run.rank},
          {"source", run.plan.source},
          {"stages", stages_json(run.plan)},
          {"planned_latency_s", run.plan.latency_s},
          {"planned_latency_interval_s",
           run.planned_interval ? scission::to_json(*run.planned_interval) : Json()},
          {"planned_period_s", run.plan.period_s},
          {"requests", run.summary.requests},
          {"answered", run.summary.answered},
          {"repeated", run.summary.repeated},
          {"early", run.summary.early},
          {"wrong", run.wrong},
          {"largest_difference", std::isfinite(run.difference) ? Json(run.difference) : Json()},
          {"lossy", run.is_lossy},
          {"error_bound", std::isfinite(run.error_bound) ? Json(run.error_bound) : Json()},
          {"latency_s", to_json(run.summary.latency)},
          {"mean_latency_s", run.summary.mean_latency_s},
          {"latency_interval_s", scission::to_json(run.summary.latency_interval)},
          {"throughput", run.summary.throughput},
          {"failures", failures_json(run.summary)},
          {"limit_waits", limit_waits_json(run.summary.limit_waits)},
          {"hops", hops_json(run)},
          {"switches", switches_json(run)},
          {"explanation", run.explanation ? to_json(*run.explanation) : Json()}};
}

}  // namespace

std::string format_requests_csv(const std::vector<PlanRun>& runs) {
  std::string csv = "rank,due_s,latency_s,attempts,answered,systems,failure\n";
  for (const PlanRun& run : runs) {
    for (const RequestRecord& request : run.requests) {
      csv += fmt::format("{},{:.6f},{:.6f},{},{},{},{}\n", request.rank, request.due_s,
                         request.latency_s, request.attempts, request.is_answered ? 1 : 0,
                         csv_cell(fmt::format("{}", fmt::join(request.systems, " "))),
                         csv_cell(request.failure));
    }
  }
  return csv;
}

std::string format_runs_json(const std::string& model, const std::vector<PlanRun>& runs) {
  Json plans = Json::array();
  for (const PlanRun& run : runs) plans.push_back(to_json(run));
  return Json{{"format", "scission-runs"}, {"version", 1}, {"model", model}, {"plans", plans}}.dump(
             2) +
         "\n";
}

}  // namespace scission::runtime
