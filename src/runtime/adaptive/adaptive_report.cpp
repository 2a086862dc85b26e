// Figures of a run: latencies by plan, delays around switches, JSON and CSV.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/csv.hpp"
#include "base/json_field.hpp"
#include "runtime/pipeline/quantiles.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"
#include "scission/stats.hpp"

namespace scission::runtime {
namespace {

using Json = nlohmann::ordered_json;

constexpr int requests_after_switch = 3;

enum class Phase { undisturbed, deploying, cut_over };

bool overlaps(const AdaptiveRecord& record, double begin_s, double end_s) {
  return record.sent_s <= end_s && record.sent_s + record.latency_s >= begin_s;
}

/// The phase of each request, in order.
std::vector<Phase> phases_of(const AdaptiveReport& report) {
  std::vector<Phase> phases(report.records.size(), Phase::undisturbed);
  for (const PlanSwitch& change : report.switches) {
    int after = 0;
    for (std::size_t i = 0; i < phases.size(); ++i) {
      const AdaptiveRecord& record = report.records[i];
      const bool is_first = record.sent_s > change.at_s && after < requests_after_switch;
      if (is_first) ++after;
      if (is_first || overlaps(record, change.at_s, change.at_s)) {
        phases[i] = Phase::cut_over;
      } else if (overlaps(record, change.at_s - change.deploy_s, change.at_s) &&
                 phases[i] == Phase::undisturbed) {
        phases[i] = Phase::deploying;
      }
    }
  }
  return phases;
}

double quantile_or_zero(const std::vector<double>& values, double probability) {
  return values.empty() ? 0 : quantile(values, probability);
}

DelaySummary delay_summary(const std::vector<double>& delays) {
  return {static_cast<int>(delays.size()), quantile_or_zero(delays, 0.5),
          quantile_or_zero(delays, 0.95), quantile_or_zero(delays, 1)};
}

std::map<int, std::vector<double>> latencies_by_plan(const AdaptiveReport& report) {
  std::map<int, std::vector<double>> all;
  for (const AdaptiveRecord& record : report.records) {
    if (record.is_answered) all[record.plan].push_back(record.latency_s);
  }
  return all;
}

Json to_json(const PlanSwitch& change) {
  return {{"at_s", change.at_s},
          {"from_plan", change.from + 1},
          {"to_plan", change.to + 1},
          {"reason", to_string(change.reason)},
          {"running_s", number_or_null(change.running_objective)},
          {"best_s", number_or_null(change.best_objective)},
          {"deploy_s", change.deploy_s},
          {"was_kept", change.was_kept},
          {"cut_over_s", change.cut_over_s},
          {"waited", change.waited},
          {"longest_wait_s", change.longest_wait_s},
          {"plans_in_memory", change.plans_in_memory}};
}

Json to_json(const DelaySummary& delay) {
  return {{"requests", delay.requests},
          {"median_s", delay.median},
          {"p95_s", delay.p95},
          {"worst_s", delay.max}};
}

Json plans_json(const AdaptiveReport& report) {
  Json plans = Json::array();
  for (const PlanLatency& plan : plan_latencies(report)) {
    plans.push_back({{"plan", plan.plan + 1},
                     {"route", report.plans[static_cast<std::size_t>(plan.plan)]},
                     {"answered", plan.answered},
                     {"latency_s", to_json(plan.latency)}});
  }
  return plans;
}

Json switches_json(const AdaptiveReport& report) {
  Json switches = Json::array();
  for (const PlanSwitch& change : report.switches) switches.push_back(to_json(change));
  return switches;
}

Json monitoring_json(const AdaptiveReport& report) {
  const MonitoringCost& cost = report.monitoring;
  return {{"observations", cost.observations},
          {"decisions", cost.decisions},
          {"cpu_s", cost.cpu_s},
          {"share_of_latency", monitoring_share(report)},
          {"probes", cost.probes},
          {"probe_bytes", cost.probe_bytes}};
}

}  // namespace

SwitchDelays switch_delays(const AdaptiveReport& report) {
  const std::vector<Phase> phases = phases_of(report);
  std::map<int, std::vector<double>> undisturbed;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const AdaptiveRecord& record = report.records[i];
    if (record.is_answered && phases[i] == Phase::undisturbed) {
      undisturbed[record.plan].push_back(record.latency_s);
    }
  }
  std::map<int, double> usual_s;
  for (const auto& [plan, latencies] : undisturbed)
    usual_s[plan] = quantile_or_zero(latencies, 0.5);
  std::map<Phase, std::vector<double>> delays;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const AdaptiveRecord& record = report.records[i];
    const auto usual = usual_s.find(record.plan);
    if (!record.is_answered || usual == usual_s.end()) continue;
    delays[phases[i]].push_back(record.latency_s - usual->second);
  }
  return {delay_summary(delays[Phase::deploying]), delay_summary(delays[Phase::cut_over]),
          delay_summary(delays[Phase::undisturbed])};
}

std::vector<PlanLatency> plan_latencies(const AdaptiveReport& report) {
  std::vector<PlanLatency> all;
  for (const auto& [plan, latencies] : latencies_by_plan(report)) {
    all.push_back({plan, static_cast<int>(latencies.size()), quantiles_of(latencies)});
  }
  return all;
}

Quantiles latency_of(const AdaptiveReport& report) {
  std::vector<double> all;
  for (const AdaptiveRecord& record : report.records) {
    all.push_back(record.is_answered ? record.latency_s : no_answer_s);
  }
  return quantiles_of(all);
}

int count_answered(const AdaptiveReport& report) {
  return static_cast<int>(
      std::count_if(report.records.begin(), report.records.end(),
                    [](const AdaptiveRecord& record) { return record.is_answered; }));
}

int count_wrong(const AdaptiveReport& report) {
  if (!report.tolerance) return 0;
  return static_cast<int>(std::count_if(
      report.records.begin(), report.records.end(), [&](const AdaptiveRecord& record) {
        return record.is_answered && record.difference > *report.tolerance + report.error_bound;
      }));
}

double monitoring_share(const AdaptiveReport& report) {
  double latency_s = 0;
  for (const AdaptiveRecord& record : report.records) {
    if (record.is_answered) latency_s += record.latency_s;
  }
  return latency_s > 0 ? report.monitoring.cpu_s / latency_s : 0;
}

std::string format_report_json(const AdaptiveReport& report) {
  const SwitchDelays delays = switch_delays(report);
  const Json json{{"format", "scission-adaptive-run"},
                  {"version", 1},
                  {"model", report.model},
                  {"source", report.source},
                  {"requests", report.records.size()},
                  {"answered", count_answered(report)},
                  {"wrong", report.tolerance ? Json(count_wrong(report)) : Json()},
                  {"latency_s", to_json(latency_of(report))},
                  {"plans", plans_json(report)},
                  {"switches", switches_json(report)},
                  {"delay_s",
                   {{"cut_over", to_json(delays.cut_over)},
                    {"deploying", to_json(delays.deploying)},
                    {"otherwise", to_json(delays.undisturbed)}}},
                  {"limit_waits", limit_waits_json(report.limit_waits)},
                  {"watching", monitoring_json(report)}};
  return json.dump(2) + "\n";
}

std::string format_report_csv(const AdaptiveReport& report) {
  std::string text =
      "request,input,sent_s,latency_s,waited_s,plan,attempts,answered,largest,difference\n";
  int number = 0;
  for (const AdaptiveRecord& record : report.records) {
    text += fmt::format("{},{},{:.6f},{:.6f},{:.6f},{},{},{},{},{:g}\n", number++,
                        csv_cell(record.input), record.sent_s, record.latency_s, record.waited_s,
                        record.plan + 1, record.attempts, record.is_answered ? 1 : 0,
                        record.largest, record.difference);
  }
  return text;
}

}  // namespace scission::runtime
