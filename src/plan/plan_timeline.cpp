#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/json_field.hpp"
#include "plan/plan_file.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

TimelineItem read_stage(const JsonField& json, const Placement& placement) {
  TimelineItem stage;
  stage.system = placement.system;
  stage.first_layer = placement.first_layer;
  stage.last_layer = placement.last_layer;
  stage.seconds = json.at("compute_s").amount();
  return stage;
}

std::string name_in(const JsonField& json) {
  std::string name = json.text();
  if (name.empty()) json.fail("must not be empty");
  return name;
}

TimelineItem read_hop(const JsonField& json) {
  TimelineItem hop;
  hop.is_transfer = true;
  hop.system = name_in(json.at("from"));
  hop.to = name_in(json.at("to"));
  hop.bytes = json.at("bytes").amount();
  hop.seconds = json.at("transfer_s").amount();
  return hop;
}

// The hops of a plan, taken one by one: each must begin where the data is.
class Hops {
 public:
  explicit Hops(const JsonField& json) : json_(json), hops_(json_.elements()) {}

  TimelineItem next(const std::string& from, const std::string& to) {
    if (next_ == hops_.size()) {
      json_.fail(fmt::format("lacks the hop from {} to {}", from, to));
    }
    const JsonField& field = hops_[next_++];
    TimelineItem hop = read_hop(field);
    if (hop.system != from || hop.to != to) {
      field.fail(fmt::format("must lead from {} to {}", from, to));
    }
    return hop;
  }

  void require_end() const {
    if (next_ < hops_.size()) hops_[next_].fail("leads to no stage");
  }

 private:
  const JsonField& json_;
  std::vector<JsonField> hops_;
  std::size_t next_ = 0;
};

std::vector<TimelineItem> read_items(const JsonField& stages, const JsonField& hop_list,
                                     const PlanTimeline& plan) {
  const std::vector<Placement> placements = read_placements(stages);
  const std::vector<JsonField> fields = stages.elements();
  Hops hops(hop_list);
  std::vector<TimelineItem> items;
  std::string at = plan.source;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    if (placements[i].system != at) items.push_back(hops.next(at, placements[i].system));
    at = placements[i].system;
    items.push_back(read_stage(fields[i], placements[i]));
  }
  if (plan.destination && *plan.destination != at) {
    items.push_back(hops.next(at, *plan.destination));
  }
  hops.require_end();
  return items;
}

void set_begins(std::vector<TimelineItem>& items) {
  double now_s = 0;
  for (TimelineItem& item : items) {
    item.begin_s = now_s;
    now_s += item.seconds;
  }
}

std::optional<double> amount_or_null(const JsonField& json, std::string_view key) {
  if (!json.contains(key) || json.at(key).is_null()) return std::nullopt;
  return json.at(key).amount();
}

PlanTimeline read_plan(const JsonField& json) {
  PlanTimeline plan;
  plan.source = name_in(json.at("source"));
  if (json.contains("destination") && !json.at("destination").is_null()) {
    plan.destination = name_in(json.at("destination"));
  }
  plan.latency_s = json.at("latency_s").amount();
  plan.compute_s = json.at("compute_s").amount();
  plan.transfer_s = json.at("transfer_s").amount();
  plan.period_s = json.at("period_s").amount();
  plan.traffic_bytes = json.at("traffic_bytes").amount();
  plan.energy_j = amount_or_null(json, "energy_j");
  plan.money = amount_or_null(json, "money");
  const JsonField stages = json.at("stages");
  const JsonField hops = json.at("hops");
  plan.items = read_items(stages, hops, plan);
  set_begins(plan.items);
  return plan;
}

}  // namespace

std::vector<std::string> PlanTimeline::systems() const {
  std::vector<std::string> names = {source};
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const TimelineItem& item : items) add(item.is_transfer ? item.to : item.system);
  return names;
}

PlanTimelines read_plan_timelines(const std::filesystem::path& path) {
  return parse_plan_timelines(read_file(path), path.string());
}

PlanTimelines parse_plan_timelines(std::string_view text, const std::string& place) {
  const nlohmann::json document = parse_json(text, place);
  check_plan_format(document, place);
  const JsonField json(document, place);
  PlanTimelines timelines;
  timelines.model = name_in(json.at("model"));
  timelines.input_bytes = json.at("input_bytes").amount();
  const JsonField plans = json.at("plans");
  for (const JsonField& plan : plans.elements()) timelines.plans.push_back(read_plan(plan));
  return timelines;
}

}  // namespace scission
