#include "explore/page_json.hpp"

#include <algorithm>

#include "base/json_field.hpp"
#include "scission/search/analysis.hpp"

namespace scission::explore {
namespace {

Json item_json(const PartitionProblem& problem, const TimelineItem& item) {
  Json json = {{"system", problem.system_index(item.system)},
               {"begin_s", item.begin_s},
               {"seconds", item.seconds}};
  if (item.is_transfer) {
    json["to"] = problem.system_index(item.to);
    json["bytes"] = item.bytes;
    if (!item.codec.empty()) {
      json["codec"] = item.codec;
      json["encode_s"] = item.encode_s;
      json["decode_s"] = item.decode_s;
    }
  } else {
    json["first_layer"] = item.first_layer;
    json["last_layer"] = item.last_layer;
    if (item.setup_s > 0) json["setup_s"] = item.setup_s;
  }
  return json;
}

}  // namespace

Json plan_json(const PartitionProblem& problem, const Plan& plan, const Objective& objective,
               double input_bytes) {
  const PlanTimeline timeline = timeline_of(problem, plan, input_bytes);
  const PlanMetrics cost = plan_cost(problem, plan, input_bytes);
  const std::optional<Interval> interval = latency_interval(problem, plan, input_bytes);
  Json json = {
      {"text", describe_plan(problem, plan)},
      {"objective", number_or_null(objective_value(objective, cost))},
      {"latency_s", cost.latency_s},
      {"latency_interval_s", interval ? Json{interval->low, interval->high} : Json(nullptr)},
      {"period_s", cost.period_s},
      {"traffic_bytes", cost.traffic_bytes},
      {"energy_j", number_or_null(cost.energy_j)},
      {"money", number_or_null(cost.money)}};
  if (std::any_of(plan.codecs.begin(), plan.codecs.end(), [](int one) { return one >= 0; })) {
    json["error"] = cost.error;
    json["disagreement"] = cost.disagreement;
  }
  json["source"] = plan.source;
  if (plan.destination) json["destination"] = *plan.destination;
  json["items"] = json_array(timeline.items,
                             [&](const TimelineItem& item) { return item_json(problem, item); });
  return json;
}

int PlanList::index_of(const Plan& plan) {
  const auto found = std::find(plans_.begin(), plans_.end(), plan);
  if (found == plans_.end()) {
    plans_.push_back(plan);
    return static_cast<int>(plans_.size()) - 1;
  }
  return static_cast<int>(found - plans_.begin());
}

}  // namespace scission::explore
