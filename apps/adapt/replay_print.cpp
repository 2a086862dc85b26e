#include "replay_print.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/csv.hpp"
#include "scission/base/units.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/stats/statistics.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace scission::apps {
namespace {

using Json = nlohmann::ordered_json;

std::array<const StrategyResult*, 4> strategies_of(const ReplayResult& result) {
  return {&result.oracle, &result.controller, &result.naive, &result.fixed};
}

std::size_t plans_used(const StrategyResult& strategy) {
  return std::set<int>(strategy.plans.begin(), strategy.plans.end()).size();
}

Json strategy_json(const StrategyResult& strategy) {
  return {{"name", strategy.name},
          {"mean_s", strategy.mean_s()},
          {"median_s", median(strategy.latencies_s)},
          {"p95_s", quantile(strategy.latencies_s, 0.95)},
          {"regret", strategy.regret},
          {"switches", strategy.switches},
          {"timeouts", strategy.timeouts},
          {"downtime_s", strategy.downtime_s},
          {"plans", plans_used(strategy)},
          {"probes", strategy.probes},
          {"probe_bytes", strategy.probe_bytes}};
}

void add_row(Table& table, const StrategyResult& strategy) {
  table.add({strategy.name, format_duration(strategy.mean_s()),
             format_duration(quantile(strategy.latencies_s, 0.95)),
             fmt::format("{:.2f} %", 100 * strategy.regret), fmt::format("{}", strategy.switches),
             fmt::format("{}", strategy.timeouts), format_duration(strategy.downtime_s),
             fmt::format("{}", plans_used(strategy)), fmt::format("{}", strategy.probes),
             format_bytes(strategy.probe_bytes)});
}

}  // namespace

std::string format_replay(const ReplayResult& result) {
  std::string text = fmt::format("{} requests", result.times_s.size());
  if (result.unservable > 0) {
    text += fmt::format(", and {} while no plan could run", result.unservable);
  }
  text += '\n';
  if (result.times_s.empty()) return text;
  Table table({{"strategy", Align::left},
               {"mean"},
               {"p95"},
               {"regret"},
               {"switches"},
               {"timeouts"},
               {"downtime"},
               {"plans"},
               {"probes"},
               {"probed"}});
  for (const StrategyResult* strategy : strategies_of(result)) add_row(table, *strategy);
  const std::string meanings =
      "oracle: knows the trace, and switches for nothing; naive: the best plan by a measurement of "
      "everything a moment ago, more than anybody knows; static best: the best single plan in "
      "hindsight; regret: all latencies over the oracle's.\n";
  return text + table.text() + fitted(meanings, terminal_width(STDOUT_FILENO).value_or(100));
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

}  // namespace scission::apps
