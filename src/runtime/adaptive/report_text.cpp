// The report of an adaptive run as text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/digits.hpp"
#include "base/text_table.hpp"
#include "runtime/pipeline/summary_text.hpp"
#include "scission/base.hpp"
#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::runtime {
namespace {

using text::Align;
using text::Table;

std::string gain_text(const PlanSwitch& change) {
  const bool are_known = change.running_objective > 0 && change.best_objective > 0;
  if (!are_known || !std::isfinite(change.running_objective)) return "-";
  return text::ratio_text(change.best_objective, change.running_objective, "faster", "slower");
}

std::string plans_table(const AdaptiveReport& report, std::optional<std::size_t> width) {
  Table table({{"plan"}, {"route", Align::left}, {"answered"}, {"median"}, {"p95"}, {"p99"}},
              width);
  for (const PlanLatency& plan : plan_latencies(report)) {
    table.add({std::to_string(plan.plan + 1), report.plans[static_cast<std::size_t>(plan.plan)],
               std::to_string(plan.answered), format_duration(plan.latency.median),
               format_duration(plan.latency.p95), format_duration(plan.latency.p99)});
  }
  return table.text();
}

std::string switches_table(const AdaptiveReport& report, std::optional<std::size_t> width) {
  if (report.switches.empty()) return "no switch of plans\n";
  Table table({{"at"},
               {"from"},
               {"to"},
               {"why", Align::left},
               {"gain"},
               {"deployed in"},
               {"cut over in"},
               {"waited"},
               {"longest"}},
              width);
  for (const PlanSwitch& change : report.switches) {
    table.add({fmt::format("{:.1f} s", change.at_s), std::to_string(change.from + 1),
               std::to_string(change.to + 1), to_string(change.reason), gain_text(change),
               format_duration(change.deploy_s) + (change.was_kept ? " (kept)" : ""),
               format_duration(change.cut_over_s), std::to_string(change.waited),
               change.waited > 0 ? format_duration(change.longest_wait_s) : "-"});
  }
  return table.text();
}

std::string delay_row(const char* when, const DelaySummary& delay) {
  if (delay.requests == 0) return "";
  return fmt::format(
      "  {:<22}{:>6} requests: {:+.2f} ms at the median, {:+.2f} p95, {:+.2f} worst\n", when,
      delay.requests, 1e3 * delay.median, 1e3 * delay.p95, 1e3 * delay.max);
}

std::string delays_text(const AdaptiveReport& report) {
  if (report.switches.empty()) return "";
  const SwitchDelays delays = switch_delays(report);
  return "longer than the plan's undisturbed median:\n" +
         delay_row("at the cut-over", delays.cut_over) +
         delay_row("while deploying", delays.deploying) + delay_row("else", delays.undisturbed);
}

std::string monitoring_line(const AdaptiveReport& report) {
  const MonitoringCost& cost = report.monitoring;
  std::string line =
      fmt::format("watching: {} observations, {} decisions, {} of CPU ({:.2f} % of all latency)",
                  cost.observations, cost.decisions, format_duration(cost.cpu_s),
                  100 * monitoring_share(report));
  if (cost.probes > 0) {
    line += fmt::format("; {} probes of {} in all", cost.probes, format_bytes(cost.probe_bytes));
  }
  return line + "\n";
}

/// How near the answers are to the whole model's, where none is wrong.
std::string nearness_line(const AdaptiveReport& report, double largest) {
  if (report.error_bound == 0) return verified_line(largest);
  return fmt::format(
      "every answer differs from the whole model's by {:.2g} of its largest number at most; the "
      "plans' codecs may make {:.2g}\n",
      largest, report.error_bound);
}

std::string answers_text(const AdaptiveReport& report) {
  int repeated = 0;
  double largest = 0;
  for (const AdaptiveRecord& record : report.records) {
    if (record.attempts > 1) ++repeated;
    largest = std::max(largest, record.difference);
  }
  const bool is_right = report.tolerance && count_wrong(report) == 0;
  return count_line(static_cast<int>(report.records.size()), count_answered(report), repeated) +
         format_limit_waits(report.limit_waits) + monitoring_line(report) +
         (is_right ? nearness_line(report, largest) : "");
}

}  // namespace

std::string format_report(const AdaptiveReport& report, std::optional<std::size_t> width) {
  return plans_table(report, width) + "\n" + switches_table(report, width) + "\n" +
         delays_text(report) + latency_text(latency_of(report)) + "\n" + answers_text(report);
}

std::string format_reason(const PlanSwitch& change) {
  switch (change.reason) {
    case SwitchReason::faster:
      return gain_text(change);
    case SwitchReason::lost:
      return "a system of the plan before is lost";
    case SwitchReason::limits:
      return "meets the limits again";
    case SwitchReason::requested:
      return "requested";
  }
  return "";
}

std::string format_switch(const PlanSwitch& change, const std::string& to) {
  return fmt::format("{:.1f} s: plan {}, {}: {}; deployed in {}, cut over in {}", change.at_s,
                     change.to + 1, to, format_reason(change), format_duration(change.deploy_s),
                     format_duration(change.cut_over_s));
}

std::vector<std::string> find_faults(const AdaptiveReport& report) {
  std::vector<std::string> faults;
  if (const int wrong = count_wrong(report); wrong > 0) {
    faults.push_back(
        fmt::format("{} of {} answers are not the whole model's", wrong, count_answered(report)));
  }
  std::vector<std::string> causes;
  for (const AdaptiveRecord& record : report.records) {
    if (!record.is_answered) causes.push_back(record.failure);
  }
  if (!causes.empty()) {
    faults.push_back(fmt::format("{} of {} requests were not answered: {}", causes.size(),
                                 report.records.size(), format_failures(count_causes(causes))));
  }
  return faults;
}

}  // namespace scission::runtime
