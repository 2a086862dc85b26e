// The colours of a model's picture: by the kind of a layer, or by the system that a plan gives it.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "report/chart.hpp"
#include "report/model_picture.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

using Words = std::initializer_list<std::string_view>;

/// Lower case, without the namespace of an operator and the trailing underscore of in-place ones.
std::string plain(std::string_view type) {
  const std::size_t colon = type.rfind(':');
  if (colon != std::string_view::npos) type.remove_prefix(colon + 1);
  while (type.ends_with('_')) type.remove_suffix(1);
  std::string word(type);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

bool contains_one(std::string_view word, Words parts) {
  return std::any_of(parts.begin(), parts.end(), [word](std::string_view part) {
    return word.find(part) != std::string_view::npos;
  });
}

bool is_one(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "after layers 6 and 9": the cuts nearest to a layer without one.
std::string nearest_cuts(const std::vector<Cut>& cuts, int layer) {
  const auto above = std::upper_bound(cuts.begin(), cuts.end(), layer,
                                      [](int at, const Cut& cut) { return at < cut.layer; });
  if (above == cuts.begin()) return fmt::format("after layer {}", above->layer);
  if (above == cuts.end()) return fmt::format("after layer {}", (above - 1)->layer);
  return fmt::format("after layers {} and {}", (above - 1)->layer, above->layer);
}

void validate_end(const std::vector<Cut>& cuts, const Placement& placement,
                  const std::string& place) {
  const bool is_cut = std::any_of(
      cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.layer == placement.last_layer; });
  if (is_cut) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format(
          "the stage on '{}' ends after layer {}, where the model has no such cut (nearest: "
          "{}): use the kind of cuts, granularity and order that the plan was made with",
          placement.system, placement.last_layer, nearest_cuts(cuts, placement.last_layer)),
      place);
}

void validate(const ModelGraph& graph, const std::vector<Cut>& cuts,
              const std::vector<Placement>& placements) {
  const std::string place = "model " + graph.name;
  const int last = static_cast<int>(graph.layers.size()) - 1;
  int next = 0;
  for (const Placement& placement : placements) {
    if (placement.first_layer != next || placement.last_layer < next) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("the stages of the plan are not contiguous: layers {}-{} on '{}', but "
                      "layer {} is next",
                      placement.first_layer, placement.last_layer, placement.system, next),
          place);
    }
    next = placement.last_layer + 1;
  }
  if (next != last + 1) {
    throw Error(ErrorCode::mismatch,
                fmt::format("the plan has layers 0-{} and the model 0-{}: it belongs to another "
                            "model or granularity",
                            next - 1, last),
                place);
  }
  for (const Placement& placement : placements) validate_end(cuts, placement, place);
}

}  // namespace

LayerKind kind_of(std::string_view type) {
  const std::string word = plain(type);
  if (contains_one(word, {"upsample", "interpolate", "bilinear", "input"})) return LayerKind::other;
  if (contains_one(word, {"conv"})) return LayerKind::convolution;
  if (is_one(word, {"dense", "addmm", "mm", "bmm", "baddbmm", "lstm", "gru", "rnn", "einsum"}) ||
      contains_one(word, {"linear", "matmul", "attention"})) {
    return LayerKind::dense;
  }
  if (contains_one(word, {"norm"})) return LayerKind::normalisation;
  if (contains_one(word, {"pool"})) return LayerKind::pooling;
  if (is_one(word, {"elu", "celu", "selu", "glu"}) ||
      contains_one(word, {"activation", "relu", "gelu", "silu", "sigmoid", "softmax", "tanh",
                          "swish", "mish", "softplus"})) {
    return LayerKind::activation;
  }
  if (is_one(word, {"add", "sub", "subtract", "mul", "multiply", "div", "average", "maximum",
                    "minimum", "cat", "concat", "concatenate", "stack"})) {
    return LayerKind::join;
  }
  return LayerKind::other;
}

std::string_view to_string(LayerKind kind) {
  switch (kind) {
    case LayerKind::convolution:
      return "convolution";
    case LayerKind::dense:
      return "dense";
    case LayerKind::normalisation:
      return "normalisation";
    case LayerKind::activation:
      return "activation";
    case LayerKind::pooling:
      return "pooling";
    case LayerKind::join:
      return "join";
    case LayerKind::other:
      break;
  }
  return "other";
}

NodeColours colours_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::convolution:
      return {"#D3E4F4", "#3B75AF"};
    case LayerKind::dense:
      return {"#DED7F0", "#6A51A3"};
    case LayerKind::normalisation:
      return {"#D5ECE6", "#3F8F84"};
    case LayerKind::activation:
      return {"#FBE8C4", "#B9770E"};
    case LayerKind::pooling:
      return {"#F8D6D1", "#B5483A"};
    case LayerKind::join:
      return {"#E3EEC6", "#6B8E23"};
    case LayerKind::other:
      break;
  }
  return {"#ECEEF0", "#7A858F"};
}

PicturePlan::PicturePlan(const ModelGraph& graph, const std::vector<Cut>& cuts,
                         std::vector<Placement> placements)
    : placements_(std::move(placements)) {
  if (!placements_.empty()) validate(graph, cuts, placements_);
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
