#include "adapt/run/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "scission/base/units.hpp"
#include "table.hpp"
#include "tool.hpp"

namespace scission::adaptive_run {
namespace {

using runtime::PlanSwitch;
using runtime::SwitchReason;

std::string gain_text(const PlanSwitch& change) {
  if (!std::isfinite(change.running_objective)) return "-";
  return fmt::format("{:.1f} %", 100 * (1 - change.best_objective / change.running_objective));
}

std::string plans_table(const Outcome& outcome) {
  apps::Table table(
      {{"plan"}, {"route", apps::Align::left}, {"answered"}, {"median"}, {"p95"}, {"p99"}});
  for (const PlanShare& share : shares_of(outcome)) {
    table.add({std::to_string(share.plan + 1), outcome.plans[static_cast<std::size_t>(share.plan)],
               std::to_string(share.answered), format_duration(share.latency.median),
               format_duration(share.latency.p95), format_duration(share.latency.p99)});
  }
  return table.text();
}

std::string switches_table(const Outcome& outcome) {
  if (outcome.switches.empty()) return "no switch of plans\n";
  apps::Table table({{"at"},
                     {"from"},
                     {"to"},
                     {"why", apps::Align::left},
                     {"gain"},
                     {"deployed in"},
                     {"cut over in"},
                     {"waited"},
                     {"longest"}});
  for (const PlanSwitch& change : outcome.switches) {
    table.add({fmt::format("{:.1f} s", change.at_s), std::to_string(change.from + 1),
               std::to_string(change.to + 1), to_string(change.reason), gain_text(change),
               format_duration(change.deploy_s) + (change.was_kept ? " (kept)" : ""),
               format_duration(change.cut_over_s), std::to_string(change.waited),
               change.waited > 0 ? format_duration(change.longest_wait_s) : "-"});
  }
  return table.text();
}

std::string delay_row(const char* when, const Delay& delay) {
  if (delay.requests == 0) return "";
  return fmt::format(
      "  {:<22}{:>6} requests: {:+.2f} ms at the median, {:+.2f} p95, {:+.2f} worst\n", when,
      delay.requests, 1e3 * delay.median, 1e3 * delay.p95, 1e3 * delay.worst);
}

std::string delays_text(const Outcome& outcome) {
  if (outcome.switches.empty()) return "";
  const Delays delays = delays_of(outcome);
  return "longer than the plan's undisturbed median:\n" +
         delay_row("at the cut-over", delays.cut_over) +
         delay_row("while deploying", delays.deploying) + delay_row("else", delays.otherwise);
}

std::string count_line(const Outcome& outcome) {
  const std::size_t sent = outcome.records.size();
  const int answered = answered_in(outcome);
  const auto repeated = std::count_if(outcome.records.begin(), outcome.records.end(),
                                      [](const Record& record) { return record.attempts > 1; });
  std::string line =
      fmt::format("{} requests, {} answered", sent,
                  answered == static_cast<int>(sent) ? "all" : std::to_string(answered));
  if (repeated > 0) line += fmt::format(", {} after sending them again", repeated);
  return line + "\n";
}

std::string watching_line(const Outcome& outcome) {
  const runtime::MonitoringCost& cost = outcome.watching;
  std::string line =
      fmt::format("watching: {} observations, {} decisions, {} of CPU ({:.2f} % of all latency)",
                  cost.observations, cost.decisions, format_duration(cost.cpu_s),
                  100 * watching_share(outcome));
  if (cost.probes > 0) {
    line += fmt::format("; {} probes of {} in all", cost.probes, format_bytes(cost.probe_bytes));
  }
  return line + "\n";
}

std::string verified_line(const Outcome& outcome) {
  if (!outcome.is_verified || wrong_in(outcome) > 0) return "";
  double largest = 0;
  for (const Record& record : outcome.records) largest = std::max(largest, record.difference);
  if (largest == 0) return "every answer is the whole model's, bit for bit\n";
  return fmt::format(
      "every answer is the whole model's but for rounding: {:.2g} of its largest number at most\n",
      largest);
}

}  // namespace

std::string report_text(const Outcome& outcome) {
  const runtime::Quantiles latency = latency_of(outcome);
  return plans_table(outcome) + "\n" + switches_table(outcome) + "\n" + delays_text(outcome) +
         fmt::format("end to end: {} at the median, {} p95, {} p99\n",
                     format_duration(latency.median), format_duration(latency.p95),
                     format_duration(latency.p99)) +
         count_line(outcome) + watching_line(outcome) + verified_line(outcome);
}

std::string switch_line(const PlanSwitch& change, const std::string& to) {
  std::string why;
  switch (change.reason) {
    case SwitchReason::faster:
      why = "faster by " + gain_text(change);
      break;
    case SwitchReason::lost:
      why = "what the plan before needs is lost";
      break;
    case SwitchReason::limits:
      why = "keeps to the limits again";
      break;
    case SwitchReason::asked:
      why = "asked for";
      break;
  }
  return fmt::format("{:.1f} s: plan {}, {}: {}; deployed in {}, cut over in {}", change.at_s,
                     change.to + 1, to, why, format_duration(change.deploy_s),
                     format_duration(change.cut_over_s));
}

int exit_code_of(const Outcome& outcome) {
  const int lost = static_cast<int>(outcome.records.size()) - answered_in(outcome);
  const int wrong = wrong_in(outcome);
  if (wrong > 0) {
    fmt::print(stderr, "scission-adapt run: {} of {} answers are not the whole model's\n", wrong,
               answered_in(outcome));
  }
  if (lost > 0) {
    const auto first = std::find_if(outcome.records.begin(), outcome.records.end(),
                                    [](const Record& record) { return !record.is_answered; });
    fmt::print(stderr, "scission-adapt run: {} of {} requests were not answered; the first: {}\n",
               lost, outcome.records.size(), first->failure);
  }
  return wrong > 0 || lost > 0 ? apps::exit_failed : apps::exit_done;
}

}  // namespace scission::adaptive_run
