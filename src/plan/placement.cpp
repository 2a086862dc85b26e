#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/require.hpp"
#include "base/text.hpp"
#include "plan/plan_file.hpp"

namespace scission {
namespace {

int system_index(const PartitionProblem& problem, const std::string& name) {
  const auto found = std::find_if(problem.systems.begin(), problem.systems.end(),
                                  [&](const System& system) { return system.name == name; });
  if (found != problem.systems.end()) return static_cast<int>(found - problem.systems.begin());
  throw Error(ErrorCode::mismatch, "has no profile of this model", name);
}

int block_ending_at(const PartitionProblem& problem, int layer) {
  const auto found = std::find_if(problem.blocks.begin(), problem.blocks.end(),
                                  [&](const Block& block) { return block.last_layer == layer; });
  if (found != problem.blocks.end()) return static_cast<int>(found - problem.blocks.begin());
  throw Error(ErrorCode::mismatch,
              "the profiles have no cut there; measure them again with these options",
              fmt::format("layer {}", layer));
}

int codec_index(const PartitionProblem& problem, const std::string& name) {
  if (name.empty()) return Plan::raw;
  const auto found = std::find_if(problem.codecs.begin(), problem.codecs.end(),
                                  [&](const CodecCosts& codec) { return codec.name == name; });
  if (found != problem.codecs.end()) return static_cast<int>(found - problem.codecs.begin());
  throw Error(ErrorCode::mismatch, "is a codec that the profiles have not measured", name);
}

// Empty: raw.
std::string codec_name(const PartitionProblem& problem, int codec) {
  if (codec == Plan::raw) return {};
  return problem.codecs[require_in(problem.codecs, codec, "codec", "plan")].name;
}

constexpr std::string_view arrow = " → ";

std::string route_of(const std::vector<std::string>& parts, std::size_t most_parts) {
  if (parts.size() <= most_parts) return text::join(parts, arrow);
  return text::join({parts[0], parts[1], "…", parts[parts.size() - 1]}, arrow);
}

// --- Timelines ---

// A timeline without its items.
PlanTimeline totals_of(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  const auto known = [](double figure) {
    return std::isfinite(figure) ? std::optional(figure) : std::nullopt;
  };
  PlanTimeline timeline{.source = problem.systems[plan.source].name,
                        .latency_s = total.latency_s,
                        .compute_s = total.compute_s,
                        .setup_s = total.setup_s,
                        .transfer_s = total.transfer_s,
                        .coding_s = total.coding_s,
                        .period_s = total.period_s,
                        .traffic_bytes = total.traffic_bytes,
                        .error = total.error,
                        .disagreement = total.disagreement,
                        .energy_j = known(total.energy_j),
                        .money = known(total.money)};
  if (plan.destination) timeline.destination = problem.systems[*plan.destination].name;
  return timeline;
}

std::optional<double> without_exit_s(const PartitionProblem& problem, const Stage& stage) {
  if (problem.exit_shares.empty()) return std::nullopt;
  double seconds = problem.stage_setup_s(stage.system, stage.first_block);
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    seconds += problem.block_s[stage.system][block];
  }
  return seconds;
}

std::optional<double> without_exit_s(const PartitionProblem& problem, const Hop& hop) {
  if (problem.exit_shares.empty()) return std::nullopt;
  const double coding_s = hop.share > 0 ? (hop.encode_s + hop.decode_s) / hop.share : 0;
  return problem.link(hop.from, hop.to)->transfer_s(hop.bytes) + coding_s;
}

TimelineItem hop_item(const PartitionProblem& problem, const Hop& hop) {
  return {.is_transfer = true,
          .system = problem.systems[hop.from].name,
          .to = problem.systems[hop.to].name,
          .bytes = hop.bytes,
          .codec = codec_name(problem, hop.codec),
          .encode_s = hop.encode_s,
          .decode_s = hop.decode_s,
          .seconds = hop.seconds + hop.encode_s + hop.decode_s,
          .without_exit_s = without_exit_s(problem, hop)};
}

}  // namespace

std::vector<Placement> placements_of(const PartitionProblem& problem, const Plan& plan) {
  std::vector<Placement> placements;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    const std::size_t first = require_in(problem.blocks, stage.first_block, "block", "plan");
    const std::size_t last = require_in(problem.blocks, stage.last_block, "block", "plan");
    const std::size_t system = require_in(problem.systems, stage.system, "system", "plan");
    placements.push_back({problem.blocks[first].first_layer, problem.blocks[last].last_layer,
                          problem.systems[system].name, codec_name(problem, plan.codec(i))});
  }
  return placements;
}

std::vector<Placement> placements_of(const PlanTimeline& plan) {
  std::vector<Placement> placements;
  std::string codec;
  for (const TimelineItem& item : plan.items) {
    if (!item.is_transfer) {
      placements.push_back({item.first_layer, item.last_layer, item.system, std::move(codec)});
    }
    codec = item.codec;
  }
  return placements;
}

Plan plan_from_placements(const PartitionProblem& problem, const std::vector<Placement>& placements,
                          const std::string& source) {
  Plan plan;
  plan.source = system_index(problem, source);
  int first = 0;
  for (const Placement& placement : placements) {
    const int last = block_ending_at(problem, placement.last_layer);
    plan.stages.push_back({system_index(problem, placement.system), first, last});
    first = last + 1;
    plan.codecs.push_back(codec_index(problem, placement.codec));
  }
  plan.codecs.push_back(Plan::raw);
  const auto is_raw = [](int codec) { return codec == Plan::raw; };
  if (std::all_of(plan.codecs.begin(), plan.codecs.end(), is_raw)) plan.codecs.clear();
  return plan;
}

PlanTimeline timeline_of(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  const PlanCost total = plan_cost(problem, plan, input_bytes);
  PlanTimeline timeline = totals_of(problem, plan, total);
  const std::vector<Placement> placements = placements_of(problem, plan);
  auto hop = total.hops.begin();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (plan.stages[i].system != at) add_item(hop_item(problem, *hop++), timeline);
    at = plan.stages[i].system;
    add_item({.system = placements[i].system,
              .first_layer = placements[i].first_layer,
              .last_layer = placements[i].last_layer,
              .seconds = total.stage_setup_s[i] + total.stage_s[i],
              .setup_s = total.stage_setup_s[i],
              .without_exit_s = without_exit_s(problem, plan.stages[i])},
             timeline);
  }
  if (hop != total.hops.end()) add_item(hop_item(problem, *hop), timeline);
  return timeline;
}

std::string systems_of_route(const PartitionProblem& problem, const Plan& plan) {
  constexpr std::size_t most_systems = 4;
  std::vector<std::string> names;
  for (const Stage& stage : plan.stages) names.push_back(problem.systems[stage.system].name);
  return route_of(names, most_systems);
}

std::string layers_of_route(const PartitionProblem& problem, const Plan& plan) {
  constexpr std::size_t most_stages = 6;
  std::vector<std::string> parts;
  const auto add_codec = [&](std::size_t hop) {
    if (plan.codec(hop) != Plan::raw) parts.push_back(codec_name(problem, plan.codec(hop)));
  };
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    add_codec(i);
    parts.push_back(fmt::format("{} {}", problem.systems[stage.system].name,
                                layer_range(problem.blocks[stage.first_block].first_layer,
                                            problem.blocks[stage.last_block].last_layer)));
  }
  if (plan.destination && *plan.destination != plan.stages.back().system) {
    add_codec(plan.stages.size());
    parts.push_back(problem.systems[*plan.destination].name);
  }
  return route_of(parts, most_stages);
}

std::string PlanTimeline::route() const {
  std::vector<std::string> parts;
  for (const TimelineItem& item : items) {
    if (!item.codec.empty()) parts.push_back(item.codec);
    if (item.is_transfer) continue;
    parts.push_back(item.system + " " + layer_range(item.first_layer, item.last_layer));
  }
  return text::join(parts, arrow);
}

std::string PlanTimeline::route_to_destination() const {
  return destination ? text::join({route(), *destination}, arrow) : route();
}

}  // namespace scission
