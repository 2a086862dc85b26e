// A replay as JSON and CSV.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/csv.hpp"
#include "scission/control/replay.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {
namespace {

using Json = nlohmann::ordered_json;

Json strategy_json(const StrategyResult& strategy) {
  return {{"name", strategy.name},
          {"mean_s", strategy.mean_s()},
          {"median_s", median(strategy.latencies_s)},
          {"p95_s", quantile(strategy.latencies_s, 0.95)},
          {"regret", strategy.regret},
          {"switches", strategy.switches},
          {"timeouts", strategy.timeouts},
          {"downtime_s", strategy.downtime_s},
          {"plans", count_plans(strategy)},
          {"probes", strategy.probes},
          {"probe_bytes", strategy.probe_bytes}};
}

}  // namespace

std::array<const StrategyResult*, 4> strategies_of(const ReplayResult& result) {
  return {&result.oracle, &result.controller, &result.naive, &result.fixed};
}

std::size_t count_plans(const StrategyResult& strategy) {
  return std::set<int>(strategy.plans.begin(), strategy.plans.end()).size();
}

std::string format_replay_json(const PartitionProblem& problem, const Query& query,
                               const ReplayResult& result, const ReplayOptions& options) {
  Json json = {{"format", "scission-replay"},     {"version", 1},
               {"model", problem.model},          {"requests", result.times_s.size()},
               {"unservable", result.unservable}, {"request_every_s", options.request_every_s},
               {"jitter", options.jitter},        {"switch_s", options.switch_s},
               {"timeout_s", options.timeout_s},  {"seed", options.seed},
               {"strategies", Json::array()},     {"plans", Json::array()}};
  if (!result.times_s.empty()) {
    for (const auto* strategy : strategies_of(result)) {
      json["strategies"].push_back(strategy_json(*strategy));
    }
  }
  for (const Plan& plan : result.plans) json["plans"].push_back(format_plan(problem, query, plan));
  return json.dump(2) + "\n";
}

std::string format_replay_csv(const PartitionProblem& problem, const ReplayResult& result) {
  std::vector<std::string> plans;
  for (const Plan& plan : result.plans) plans.push_back(csv_cell(layers_of_route(problem, plan)));
  std::string csv = "time_s,oracle_s,controller_s,naive_s,static_s,oracle_plan,controller_plan\n";
  for (std::size_t i = 0; i < result.times_s.size(); ++i) {
    csv += fmt::format("{}", result.times_s[i]);
    for (const StrategyResult* strategy : strategies_of(result)) {
      csv += fmt::format(",{:.6g}", strategy->latencies_s[i]);
    }
    csv +=
        fmt::format(",{},{}\n", plans[result.oracle.plans[i]], plans[result.controller.plans[i]]);
  }
  return csv;
}

}  // namespace scission
