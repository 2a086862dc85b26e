// NASNet-A (Zoph et al., "Learning Transferable Architectures for Scalable Image Recognition",
// 2018), after keras/applications/nasnet.py.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "zoo/model_builder.hpp"
#include "zoo/models.hpp"

namespace scission::zoo {
namespace {

/// What a cell reads: the output of the cell before, and of the one before that.
struct State {
  Node x;
  std::optional<Node> previous;
};

Node pointwise(ModelBuilder& b, const Node& x, int filters, const std::string& name) {
  return b.conv(x, filters, 1, name, {.padding = Padding::same, .bias = false});
}

Node smooth(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.average_pool(x, 3, 1, name, Padding::same);
}

/// Rectified, convolved and normalised, twice; the first time with the stride.
Node separable(ModelBuilder& b, Node x, int filters, int kernel, int stride,
               const std::string& id) {
  x = b.relu(x);
  const bool padded = stride != 1;
  if (padded) {
    x = b.zero_padding(x, strided_border(x.shape, kernel), "separable_conv_1_pad_" + id);
  }
  x = b.separable_conv(
      x, filters, kernel, "separable_conv_1_" + id,
      {.stride = stride, .padding = padded ? Padding::valid : Padding::same, .bias = false});
  x = b.batch_norm(x, "separable_conv_1_bn_" + id);
  x = b.relu(x);
  x = b.separable_conv(x, filters, kernel, "separable_conv_2_" + id,
                       {.padding = Padding::same, .bias = false});
  return b.batch_norm(x, "separable_conv_2_bn_" + id);
}

/// Halves rows and columns: every second pixel, and the ones diagonally between them.
Node factorised_reduction(ModelBuilder& b, Node p, int filters, const std::string& id) {
  p = b.relu(p, "adjust_relu_1_" + id);
  Node even = b.average_pool(p, 1, 2, "adjust_avg_pool_1_" + id);
  even = pointwise(b, even, filters / 2, "adjust_conv_1_" + id);

  Node odd = b.zero_padding(p, {.bottom = 1, .right = 1});
  odd = b.cropping(odd, {.top = 1, .left = 1});
  odd = b.average_pool(odd, 1, 2, "adjust_avg_pool_2_" + id);
  odd = pointwise(b, odd, filters / 2, "adjust_conv_2_" + id);
  return b.batch_norm(b.concatenate({even, odd}), "adjust_bn_" + id);
}

/// The previous output in the shape of the last one.
Node adjusted(ModelBuilder& b, const State& state, int filters, const std::string& id) {
  if (!state.previous) return state.x;
  const Node& p = *state.previous;
  if (p.shape[2] != state.x.shape[2]) return factorised_reduction(b, p, filters, id);
  if (p.shape[0] == filters) return p;
  const Node projected = pointwise(b, b.relu(p), filters, "adjust_conv_projection_" + id);
  return b.batch_norm(projected, "adjust_bn_" + id);
}

/// The last output with the cell's number of channels.
Node squeezed(ModelBuilder& b, const State& state, int filters, const std::string& type,
              const std::string& id) {
  const Node h = pointwise(b, b.relu(state.x), filters, type + "_conv_1_" + id);
  return b.batch_norm(h, type + "_bn_1_" + id);
}

State normal_cell(ModelBuilder& b, const State& state, int filters, const std::string& id) {
  const Node p = adjusted(b, state, filters, id);
  const Node h = squeezed(b, state, filters, "normal", id);

  const Node left1 = separable(b, h, filters, 5, 1, "normal_left1_" + id);
  const Node right1 = separable(b, p, filters, 3, 1, "normal_right1_" + id);
  const Node x1 = b.add(left1, right1, "normal_add_1_" + id);

  const Node left2 = separable(b, p, filters, 5, 1, "normal_left2_" + id);
  const Node right2 = separable(b, p, filters, 3, 1, "normal_right2_" + id);
  const Node x2 = b.add(left2, right2, "normal_add_2_" + id);

  const Node x3 = b.add(smooth(b, h, "normal_left3_" + id), p, "normal_add_3_" + id);

  const Node left4 = smooth(b, p, "normal_left4_" + id);
  const Node right4 = smooth(b, p, "normal_right4_" + id);
  const Node x4 = b.add(left4, right4, "normal_add_4_" + id);

  const Node left5 = separable(b, h, filters, 3, 1, "normal_left5_" + id);
  const Node x5 = b.add(left5, h, "normal_add_5_" + id);
  return {b.concatenate({p, x1, x2, x3, x4, x5}, "normal_concat_" + id), state.x};
}

State reduction_cell(ModelBuilder& b, const State& state, int filters, const std::string& id) {
  const Node p = adjusted(b, state, filters, id);
  const Node h = squeezed(b, state, filters, "reduction", id);
  const Node wide = b.zero_padding(h, strided_border(h.shape, 3), "reduction_pad_1_" + id);

  const Node left1 = separable(b, h, filters, 5, 2, "reduction_left1_" + id);
  const Node right1 = separable(b, p, filters, 7, 2, "reduction_right1_" + id);
  const Node x1 = b.add(left1, right1, "reduction_add_1_" + id);

  const Node left2 = b.max_pool(wide, 3, 2, "reduction_left2_" + id);
  const Node right2 = separable(b, p, filters, 7, 2, "reduction_right2_" + id);
  const Node x2 = b.add(left2, right2, "reduction_add_2_" + id);

  const Node left3 = b.average_pool(wide, 3, 2, "reduction_left3_" + id);
  const Node right3 = separable(b, p, filters, 5, 2, "reduction_right3_" + id);
  const Node x3 = b.add(left3, right3, "reduction_add3_" + id);

  const Node x4 = b.add(x2, smooth(b, x1, "reduction_left4_" + id));

  const Node left5 = separable(b, x1, filters, 3, 1, "reduction_left4_" + id);
  const Node right5 = b.max_pool(wide, 3, 2, "reduction_right5_" + id);
  const Node x5 = b.add(left5, right5, "reduction_add4_" + id);
  return {b.concatenate({x2, x3, x4, x5}, "reduction_concat_" + id), state.x};
}

struct Variant {
  std::string name;
  int side;
  int stem_filters;
  int filters;         ///< of the first normal cells
  int cells;           ///< normal ones, three times
  bool skips_reduced;  ///< the cell after a reduction reads what the reduction read before x
};

/// A reduction, then normal cells that have its number of channels.
State reduced_stage(ModelBuilder& b, const State& state, const Variant& variant, int stage) {
  const int filters = variant.filters << stage;
  const int index = stage * variant.cells;
  State next = reduction_cell(b, state, filters, fmt::format("reduce_{}", index));
  if (variant.skips_reduced) next.previous = state.previous;
  for (int i = 1; i <= variant.cells; ++i) {
    next = normal_cell(b, next, filters, std::to_string(index + i));
  }
  return next;
}

ModelSpec nasnet(const Variant& variant) {
  ModelBuilder b(variant.name, {3, variant.side, variant.side}, Preprocessing::tf);
  State state;
  state.x = b.conv(b.input(), variant.stem_filters, 3, "stem_conv1", {.stride = 2, .bias = false});
  state.x = b.batch_norm(state.x, "stem_bn1");
  state = reduction_cell(b, state, variant.filters / 4, "stem_1");
  state = reduction_cell(b, state, variant.filters / 2, "stem_2");
  for (int i = 0; i < variant.cells; ++i) {
    state = normal_cell(b, state, variant.filters, std::to_string(i));
  }
  state = reduced_stage(b, state, variant, 1);
  state = reduced_stage(b, state, variant, 2);
  return b.finish_classifier(b.relu(state.x));
}

}  // namespace

ModelSpec nasnetlarge() { return nasnet({"nasnetlarge", 331, 96, 168, 6, true}); }
ModelSpec nasnetmobile() { return nasnet({"nasnetmobile", 224, 32, 44, 4, false}); }

}  // namespace scission::zoo
