#include "report/picture_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "report/chart_style.hpp"
#include "scission/base/error.hpp"

namespace scission {
namespace {

/// "after layers 6 and 9": the cuts around a layer that has none after it.
std::string nearest_cuts(const std::vector<Cut>& cuts, int layer) {
  const auto above = std::upper_bound(cuts.begin(), cuts.end(), layer,
                                      [](int at, const Cut& cut) { return at < cut.layer; });
  if (above == cuts.begin()) return fmt::format("after layer {}", above->layer);
  if (above == cuts.end()) return fmt::format("after layer {}", (above - 1)->layer);
  return fmt::format("after layers {} and {}", (above - 1)->layer, above->layer);
}

void check_ends(const std::vector<Cut>& cuts, const Placement& placement,
                const std::string& place) {
  const bool is_cut = std::any_of(
      cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.layer == placement.last_layer; });
  if (is_cut) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("the plan's stage on '{}' ends after layer {}, where the model has no "
                  "such cut (the nearest are {}): take the kind of cuts, grain and order "
                  "that the plan was made with",
                  placement.system, placement.last_layer, nearest_cuts(cuts, placement.last_layer)),
      place);
}

void check(const ModelGraph& graph, const std::vector<Cut>& cuts,
           const std::vector<Placement>& placements) {
  const std::string place = "model " + graph.name;
  const int last = static_cast<int>(graph.layers.size()) - 1;
  int next = 0;
  for (const Placement& placement : placements) {
    if (placement.first_layer != next || placement.last_layer < next) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the plan's stages do not follow each other: layers {}-{} on '{}' "
                              "where layer {} is next",
                              placement.first_layer, placement.last_layer, placement.system, next),
                  place);
    }
    next = placement.last_layer + 1;
  }
  if (next != last + 1) {
    throw Error(ErrorCode::mismatch,
                fmt::format("the plan has layers 0-{} and the model 0-{}: it is another model's "
                            "plan, or was made with another grain",
                            next - 1, last),
                place);
  }
  for (const Placement& placement : placements) check_ends(cuts, placement, place);
}

}  // namespace

PicturePlan::PicturePlan(const ModelGraph& graph, const std::vector<Cut>& cuts,
                         std::vector<Placement> placements)
    : placements_(std::move(placements)) {
  if (!placements_.empty()) check(graph, cuts, placements_);
  for (const Placement& placement : placements_) {
    const auto found = std::find(systems_.begin(), systems_.end(), placement.system);
    system_of_placement_.push_back(static_cast<int>(found - systems_.begin()));
    if (found == systems_.end()) systems_.push_back(placement.system);
  }
}

int PicturePlan::system_of(int layer) const {
  const auto found = std::lower_bound(
      placements_.begin(), placements_.end(), layer,
      [](const Placement& placement, int at) { return placement.last_layer < at; });
  if (found == placements_.end()) return -1;
  return system_of_placement_[static_cast<std::size_t>(found - placements_.begin())];
}

std::string PicturePlan::layers_of(int system) const {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < placements_.size(); ++i) {
    if (system_of_placement_[i] != system) continue;
    ranges.push_back(layer_range(placements_[i].first_layer, placements_[i].last_layer));
  }
  return "layers " + text::join(ranges, ", ");
}

NodeColours PicturePlan::colours(int system) {
  const auto index = static_cast<std::size_t>(system);
  const std::string_view pure = chart_colour(index);
  return {shaded(pure, index < chart_colour_count() ? 1 : 3), std::string(pure)};
}

}  // namespace scission
