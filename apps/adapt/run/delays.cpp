// What requests noticed of switches.
#include <algorithm>
#include <map>
#include <utility>

#include "adapt/run/report.hpp"
#include "scission/stats/statistics.hpp"

namespace scission::adaptive_run {
namespace {

using runtime::PlanSwitch;

constexpr int first_ones = 3;

enum class Phase { otherwise, deploying, cut_over };

bool overlaps(const Record& record, double begin_s, double end_s) {
  return record.sent_s <= end_s && record.sent_s + record.latency_s >= begin_s;
}

/// The phase of each request, in order.
std::vector<Phase> phases_of(const Outcome& outcome) {
  std::vector<Phase> phases(outcome.records.size(), Phase::otherwise);
  for (const PlanSwitch& change : outcome.switches) {
    int after = 0;
    for (std::size_t i = 0; i < phases.size(); ++i) {
      const Record& record = outcome.records[i];
      const bool is_first = record.sent_s > change.at_s && after < first_ones;
      if (is_first) ++after;
      if (is_first || overlaps(record, change.at_s, change.at_s)) {
        phases[i] = Phase::cut_over;
      } else if (overlaps(record, change.at_s - change.deploy_s, change.at_s) &&
                 phases[i] == Phase::otherwise) {
        phases[i] = Phase::deploying;
      }
    }
  }
  return phases;
}

double quantile_of(const std::vector<double>& values, double share) {
  return values.empty() ? 0 : quantile(values, share);
}

Delay delay_of(const std::vector<double>& delays) {
  return {static_cast<int>(delays.size()), quantile_of(delays, 0.5), quantile_of(delays, 0.95),
          quantile_of(delays, 1)};
}

runtime::Quantiles spread_of(const std::vector<double>& seconds) {
  return {quantile_of(seconds, 0.5), quantile_of(seconds, 0.95), quantile_of(seconds, 0.99)};
}

std::map<int, std::vector<double>> latencies_by_plan(const Outcome& outcome) {
  std::map<int, std::vector<double>> all;
  for (const Record& record : outcome.records) {
    if (record.is_answered) all[record.plan].push_back(record.latency_s);
  }
  return all;
}

}  // namespace

Delays delays_of(const Outcome& outcome) {
  const std::vector<Phase> phases = phases_of(outcome);
  std::map<int, std::vector<double>> undisturbed;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const Record& record = outcome.records[i];
    if (record.is_answered && phases[i] == Phase::otherwise) {
      undisturbed[record.plan].push_back(record.latency_s);
    }
  }
  std::map<int, double> usual_s;
  for (const auto& [plan, latencies] : undisturbed) usual_s[plan] = quantile_of(latencies, 0.5);
  std::map<Phase, std::vector<double>> delays;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const Record& record = outcome.records[i];
    const auto usual = usual_s.find(record.plan);
    if (!record.is_answered || usual == usual_s.end()) continue;
    delays[phases[i]].push_back(record.latency_s - usual->second);
  }
  return {delay_of(delays[Phase::deploying]), delay_of(delays[Phase::cut_over]),
          delay_of(delays[Phase::otherwise])};
}

std::vector<PlanShare> shares_of(const Outcome& outcome) {
  std::vector<PlanShare> shares;
  for (const auto& [plan, latencies] : latencies_by_plan(outcome)) {
    shares.push_back({plan, static_cast<int>(latencies.size()), spread_of(latencies)});
  }
  return shares;
}

runtime::Quantiles latency_of(const Outcome& outcome) {
  std::vector<double> all;
  for (const Record& record : outcome.records) {
    if (record.is_answered) all.push_back(record.latency_s);
  }
  return spread_of(all);
}

int answered_in(const Outcome& outcome) {
  return static_cast<int>(std::count_if(outcome.records.begin(), outcome.records.end(),
                                        [](const Record& record) { return record.is_answered; }));
}

int wrong_in(const Outcome& outcome) {
  if (!outcome.is_verified) return 0;
  return static_cast<int>(
      std::count_if(outcome.records.begin(), outcome.records.end(), [&](const Record& record) {
        return record.is_answered && record.difference > outcome.tolerance;
      }));
}

double watching_share(const Outcome& outcome) {
  double latency_s = 0;
  for (const Record& record : outcome.records) {
    if (record.is_answered) latency_s += record.latency_s;
  }
  return latency_s > 0 ? outcome.watching.cpu_s / latency_s : 0;
}

}  // namespace scission::adaptive_run
