#include "scission/runtime/pipeline/pipeline.hpp"

#include <algorithm>
#include <functional>

#include "scission/stats/statistics.hpp"

namespace scission::runtime {
namespace {

using Results = std::vector<const PipelineResult*>;

// A plan that took over when a machine was lost has other hops.
bool same_stages(const PipelineResult& a, const PipelineResult& b) {
  return std::equal(a.hops.begin(), a.hops.end(), b.hops.begin(), b.hops.end(),
                    [](const HopTiming& x, const HopTiming& y) { return x.to == y.to; });
}

Results comparable(const LoadReport& report) {
  Results results;
  for (const PipelineResult& result : report.results) {
    if (!result.is_answered) continue;
    if (results.empty() || same_stages(*results.front(), result)) results.push_back(&result);
  }
  return results;
}

Quantiles spread_of(const Results& results,
                    const std::function<double(const PipelineResult&)>& of) {
  std::vector<double> values;
  for (const PipelineResult* result : results) values.push_back(of(*result));
  return {quantile(values, 0.5), quantile(values, 0.95), quantile(values, 0.99)};
}

HopSummary summarise_hop(const Results& results, std::size_t index) {
  const auto of = [&](double HopTiming::*field) {
    return spread_of(results,
                     [=](const PipelineResult& result) { return result.hops[index].*field; });
  };
  const HopTiming& first = results.front()->hops[index];
  HopSummary hop;
  hop.from = first.from;
  hop.to = first.to;
  hop.bytes = static_cast<double>(first.bytes);
  hop.serialise = of(&HopTiming::serialise_s);
  hop.transfer = of(&HopTiming::transfer_s);
  hop.deserialise = of(&HopTiming::deserialise_s);
  hop.queue = of(&HopTiming::queue_s);
  hop.compute = of(&HopTiming::compute_s);
  hop.passing = spread_of(results, [=](const PipelineResult& result) {
    const HopTiming& timing = result.hops[index];
    return timing.serialise_s + timing.transfer_s + timing.deserialise_s;
  });
  return hop;
}

}  // namespace

RunSummary summarise(const LoadReport& report) {
  RunSummary summary;
  summary.requests = static_cast<int>(report.results.size());
  summary.throughput = report.throughput;
  for (const PipelineResult& result : report.results) {
    if (result.is_answered) ++summary.answered;
    if (result.attempts > 1) ++summary.repeated;
  }
  const Results results = comparable(report);
  if (results.empty()) return summary;
  summary.latency =
      spread_of(results, [](const PipelineResult& result) { return result.latency_s; });
  for (std::size_t i = 0; i < results.front()->hops.size(); ++i) {
    summary.hops.push_back(summarise_hop(results, i));
  }
  return summary;
}

std::vector<HopPrediction> predicted_hops(const PlanTimeline& plan) {
  std::vector<HopPrediction> hops;
  double transfer_s = 0;
  for (const TimelineItem& item : plan.items) {
    if (item.is_transfer) {
      transfer_s = item.seconds;
      continue;
    }
    hops.push_back({item.system, transfer_s, item.seconds});
    transfer_s = 0;
  }
  return hops;
}

double relative_error(double measured, double predicted) {
  return predicted > 0 ? (measured - predicted) / predicted : 0;
}

}  // namespace scission::runtime
