#include "plan/plan_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/file.hpp"
#include "base/require.hpp"

namespace scission {
namespace {

constexpr JsonFormat format{"scission-plans", 1, "plan", "run scission-predict again"};

Placement parse_placement(const JsonField& json, int expected_first) {
  Placement stage;
  stage.system = json.at("system").text();
  stage.first_layer = json.at("first_layer").small_count();
  stage.last_layer = json.at("last_layer").small_count();
  stage.codec = json.name_if("codec").value_or("");
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

TimelineItem parse_hop(const JsonField& json) {
  const double encode_s = json.amount_or_0("encode_s");
  const double decode_s = json.amount_or_0("decode_s");
  return {.is_transfer = true,
          .system = json.at("from").name(),
          .to = json.at("to").name(),
          .bytes = json.at("bytes").amount(),
          .codec = json.name_if("codec").value_or(""),
          .encode_s = encode_s,
          .decode_s = decode_s,
          .seconds = json.at("transfer_s").amount() + encode_s + decode_s,
          .without_exit_s = json.amount_if("without_exit_s")};
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

void parse_items(const JsonField& stages, const JsonField& hop_list, PlanTimeline& plan) {
  const std::vector<Placement> placements = parse_placements(stages);
  const std::vector<JsonField> fields = stages.elements();
  Hops hops(hop_list);
  std::string at = plan.source;
  for (std::size_t i = 0; i < placements.size(); ++i) {
    if (placements[i].system != at) add_item(hops.next(at, placements[i].system), plan);
    at = placements[i].system;
    const double setup_s = fields[i].amount_if("setup_s").value_or(0);
    add_item({.system = at,
              .first_layer = placements[i].first_layer,
              .last_layer = placements[i].last_layer,
              .seconds = setup_s + fields[i].at("compute_s").amount(),
              .setup_s = setup_s,
              .without_exit_s = fields[i].amount_if("without_exit_s")},
             plan);
  }
  if (plan.destination && *plan.destination != at) add_item(hops.next(at, *plan.destination), plan);
  hops.require_end();
}

}  // namespace

void validate_plan_format(const nlohmann::json& document, const std::string& place) {
  validate_format(document, format, place);
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

void add_item(TimelineItem item, PlanTimeline& timeline) {
  if (!timeline.items.empty()) {
    const TimelineItem& last = timeline.items.back();
    item.begin_s = last.begin_s + last.seconds;
  }
  timeline.items.push_back(std::move(item));
}

PlanTimeline parse_timeline(const JsonField& json) {
  PlanTimeline plan{.source = json.at("source").name(),
                    .destination = json.name_if("destination"),
                    .latency_s = json.at("latency_s").amount(),
                    .compute_s = json.at("compute_s").amount(),
                    .setup_s = json.amount_if("setup_s").value_or(0),
                    .transfer_s = json.at("transfer_s").amount(),
                    .coding_s = json.amount_or_0("coding_s"),
                    .period_s = json.at("period_s").amount(),
                    .traffic_bytes = json.at("traffic_bytes").amount(),
                    .error = json.amount_or_0("error"),
                    .disagreement = json.amount_or_0("disagreement"),
                    .energy_j = json.amount_if("energy_j"),
                    .money = json.amount_if("money")};
  parse_items(json.at("stages"), json.at("hops"), plan);
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
    throw_invalid_argument(
        "contains no plan: no plan met its query; run scission-predict with fewer constraints",
        place);
  }
  const JsonField stages = all.front().at("stages");
  return parse_placements(stages);
}

bool PlanTimeline::is_mean() const {
  return std::any_of(items.begin(), items.end(),
                     [](const TimelineItem& item) { return item.without_exit_s.has_value(); });
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
