#include "stats/summary_json.hpp"

#include <vector>

namespace scission {

nlohmann::ordered_json to_json(const Summary& summary) {
  return {{"count", summary.count}, {"median", summary.median},
          {"p5", summary.p5},       {"p95", summary.p95},
          {"mad", summary.mad},     {"interval", to_json(summary.interval)}};
}

Interval parse_interval(const JsonField& json) {
  const std::vector<JsonField> ends = json.elements();
  if (ends.size() != 2) json.fail("must hold two numbers");
  const Interval interval{ends[0].amount(), ends[1].amount()};
  if (interval.low > interval.high) json.fail("must be in ascending order");
  return interval;
}

Summary parse_summary(const JsonField& json) {
  Summary summary;
  summary.count = json.at("count").small_count();
  summary.median = json.at("median").amount();
  summary.p5 = json.at("p5").amount();
  summary.p95 = json.at("p95").amount();
  summary.mad = json.at("mad").amount();
  summary.interval = parse_interval(json.at("interval"));
  return summary;
}

}  // namespace scission
