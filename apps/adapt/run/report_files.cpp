// The same for programs: JSON, and a row for each request.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "adapt/run/report.hpp"
#include "base/csv.hpp"

namespace scission::adaptive_run {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json to_json(const runtime::Quantiles& spread) {
  return {{"median", spread.median}, {"p95", spread.p95}, {"p99", spread.p99}};
}

Json to_json(const runtime::PlanSwitch& change) {
  return {{"at_s", change.at_s},
          {"from_plan", change.from + 1},
          {"to_plan", change.to + 1},
          {"reason", to_string(change.reason)},
          {"running_s", number(change.running_objective)},
          {"best_s", number(change.best_objective)},
          {"deploy_s", change.deploy_s},
          {"was_kept", change.was_kept},
          {"cut_over_s", change.cut_over_s},
          {"waited", change.waited},
          {"longest_wait_s", change.longest_wait_s},
          {"plans_in_memory", change.plans_in_memory}};
}

Json to_json(const Delay& delay) {
  return {{"requests", delay.requests},
          {"median_s", delay.median},
          {"p95_s", delay.p95},
          {"worst_s", delay.worst}};
}

Json plans_json(const Outcome& outcome) {
  Json plans = Json::array();
  for (const PlanShare& share : shares_of(outcome)) {
    plans.push_back({{"plan", share.plan + 1},
                     {"route", outcome.plans[static_cast<std::size_t>(share.plan)]},
                     {"answered", share.answered},
                     {"latency_s", to_json(share.latency)}});
  }
  return plans;
}

Json switches_json(const Outcome& outcome) {
  Json switches = Json::array();
  for (const runtime::PlanSwitch& change : outcome.switches) switches.push_back(to_json(change));
  return switches;
}

Json watching_json(const Outcome& outcome) {
  const runtime::MonitoringCost& cost = outcome.watching;
  return {{"observations", cost.observations},
          {"decisions", cost.decisions},
          {"cpu_s", cost.cpu_s},
          {"share_of_latency", watching_share(outcome)},
          {"probes", cost.probes},
          {"probe_bytes", cost.probe_bytes}};
}

// A path may hold anything.
}  // namespace

std::string report_json(const Outcome& outcome) {
  const Delays delays = delays_of(outcome);
  const Json json{{"format", "scission-adaptive-run"},
                  {"version", 1},
                  {"model", outcome.model},
                  {"source", outcome.source},
                  {"requests", outcome.records.size()},
                  {"answered", answered_in(outcome)},
                  {"wrong", outcome.is_verified ? Json(wrong_in(outcome)) : Json()},
                  {"latency_s", to_json(latency_of(outcome))},
                  {"plans", plans_json(outcome)},
                  {"switches", switches_json(outcome)},
                  {"delay_s",
                   {{"cut_over", to_json(delays.cut_over)},
                    {"deploying", to_json(delays.deploying)},
                    {"otherwise", to_json(delays.otherwise)}}},
                  {"watching", watching_json(outcome)}};
  return json.dump(2) + "\n";
}

std::string log_csv(const Outcome& outcome) {
  std::string text =
      "request,input,sent_s,latency_s,waited_s,plan,attempts,answered,largest,difference\n";
  int number = 0;
  for (const Record& record : outcome.records) {
    text += fmt::format("{},{},{:.6f},{:.6f},{:.6f},{},{},{},{},{:g}\n", number++,
                        csv_cell(record.input), record.sent_s, record.latency_s, record.waited_s,
                        record.plan + 1, record.attempts, record.is_answered ? 1 : 0,
                        record.largest, record.difference);
  }
  return text;
}

}  // namespace scission::adaptive_run
