#include "plan/plan_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/file.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr const char* format_marker = "scission-plans";
constexpr int format_version = 1;

void validate_marker(const nlohmann::json& json, const std::string& place) {
  const auto marker = json.find("format");
  if (marker != json.end() && *marker == format_marker) return;
  throw Error(ErrorCode::damaged,
              fmt::format("is not a plan: it lacks \"format\": \"{}\"; write it with "
                          "scission-predict --json",
                          format_marker),
              place);
}

void validate_version(const JsonField& field, const std::string& place) {
  const std::int64_t version = field.count();
  if (version <= format_version) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("is a plan of format version {}, newer than {}, the newest this program "
                          "reads",
                          version, format_version),
              place);
}

Placement parse_placement(const JsonField& json, int expected_first) {
  Placement stage;
  stage.system = json.at("system").text();
  stage.first_layer = json.at("first_layer").small_count();
  stage.last_layer = json.at("last_layer").small_count();
  if (stage.system.empty()) json.at("system").fail("must not be empty");
  if (stage.last_layer == std::numeric_limits<int>::max())
    json.at("last_layer").fail("is too large");
  if (stage.first_layer != expected_first) {
    json.at("first_layer")
        .fail(fmt::format("must be {}: the stages' layers are in order, without gaps from 0",
                          expected_first));
  }
  if (stage.last_layer < stage.first_layer) {
    json.at("last_layer").fail("must not be below first_layer");
  }
  return stage;
}

TimelineItem parse_stage(const JsonField& json, const Placement& placement) {
  TimelineItem stage;
  stage.system = placement.system;
  stage.first_layer = placement.first_layer;
  stage.last_layer = placement.last_layer;
  stage.seconds = json.at("compute_s").amount();
  return stage;
}

TimelineItem parse_hop(const JsonField& json) {
  TimelineItem hop;
  hop.is_transfer = true;
  hop.system = parse_name(json.at("from"));
  hop.to = parse_name(json.at("to"));
  hop.bytes = json.at("bytes").amount();
  hop.seconds = json.at("transfer_s").amount();
  return hop;
}

// Takes the hops of a plan one by one; each must start where the data is.
class Hops {
 public:
  explicit Hops(const JsonField& json) : json_(json), hops_(json_.elements()) {}

  TimelineItem next(const std::string& from, const std::string& to) {
    if (next_ == hops_.size()) {
      json_.fail(fmt::format("lacks the hop from {} to {}", from, to));
    }
    const JsonField& field = hops_[next_++];
    TimelineItem hop = parse_hop(field);
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

std::vector<TimelineItem> parse_items(const JsonField& stages, const JsonField& hop_list,
                                      const PlanTimeline& plan) {
  const std::vector<Placement> placements = parse_placements(stages);
  const std::vector<JsonField> fields = stages.elements();
  Hops hops(hop_list);
  std::vector<TimelineItem> items;
  std::string at = plan.source;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    if (placements[i].system != at) items.push_back(hops.next(at, placements[i].system));
    at = placements[i].system;
    items.push_back(parse_stage(fields[i], placements[i]));
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

}  // namespace

void validate_plan_format(const nlohmann::json& document, const std::string& place) {
  validate_marker(document, place);
  const JsonField json(document, place);
  validate_version(json.at("version"), place);
}

std::vector<Placement> parse_placements(const JsonField& stages) {
  std::vector<Placement> placements;
  int first = 0;
  for (const JsonField& stage : stages.elements()) {
    placements.push_back(parse_placement(stage, first));
    first = placements.back().last_layer + 1;
  }
  if (placements.empty()) stages.fail("must hold a stage");
  return placements;
}

std::string parse_name(const JsonField& json) {
  std::string name = json.text();
  if (name.empty()) json.fail("must not be empty");
  return name;
}

std::optional<double> parse_optional_amount(const JsonField& json, std::string_view key) {
  if (!json.contains(key) || json.at(key).is_null()) return std::nullopt;
  return json.at(key).amount();
}

PlanTimeline parse_timeline(const JsonField& json) {
  PlanTimeline plan;
  plan.source = parse_name(json.at("source"));
  if (json.contains("destination") && !json.at("destination").is_null()) {
    plan.destination = parse_name(json.at("destination"));
  }
  plan.latency_s = json.at("latency_s").amount();
  plan.compute_s = json.at("compute_s").amount();
  plan.transfer_s = json.at("transfer_s").amount();
  plan.period_s = json.at("period_s").amount();
  plan.traffic_bytes = json.at("traffic_bytes").amount();
  plan.energy_j = parse_optional_amount(json, "energy_j");
  plan.money = parse_optional_amount(json, "money");
  const JsonField stages = json.at("stages");
  const JsonField hops = json.at("hops");
  plan.items = parse_items(stages, hops, plan);
  set_begins(plan.items);
  return plan;
}

std::vector<Placement> read_placements(const std::filesystem::path& path) {
  const std::string place = path.string();
  const nlohmann::json document = parse_json(read_file(path), place);
  validate_plan_format(document, place);
  const JsonField json(document, place);
  const JsonField plans = json.at("plans");
  const std::vector<JsonField> all = plans.elements();
  if (all.empty()) {
    throw Error(
        ErrorCode::invalid_argument,
        "contains no plan: no plan met its query; run scission-predict with fewer constraints",
        place);
  }
  const JsonField stages = all.front().at("stages");
  return parse_placements(stages);
}

std::vector<std::string> PlanTimeline::systems() const {
  std::vector<std::string> names = {source};
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const TimelineItem& item : items) add(item.is_transfer ? item.to : item.system);
  return names;
}

}  // namespace scission
