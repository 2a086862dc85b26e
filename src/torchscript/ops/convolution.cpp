#include "torchscript/ops/convolution.hpp"

#include <algorithm>

#include "torchscript/ops/shape_rules.hpp"
#include "torchscript/ops/zero_tensor.hpp"

namespace scission::torchscript {
namespace {

using Extents = std::vector<std::int64_t>;

bool all_at_least(const Extents& values, std::int64_t least) {
  return std::all_of(values.begin(), values.end(),
                     [least](std::int64_t value) { return value >= least; });
}

bool same_type(const Convolution& c) {
  return c.weight.scalar_type() == c.input.scalar_type() &&
         (!c.bias || c.bias->scalar_type() == c.input.scalar_type());
}

bool fits_together(const Convolution& c) {
  if (c.input.dim() != c.weight.dim() || c.groups < 1 || !same_type(c)) return false;
  const std::int64_t channels_in =
      c.weight.size(c.transposed ? 0 : 1) * (c.transposed ? 1 : c.groups);
  const std::int64_t channels_out =
      c.weight.size(c.transposed ? 1 : 0) * (c.transposed ? c.groups : 1);
  return c.input.size(1) == channels_in && c.weight.size(0) % c.groups == 0 &&
         (!c.bias || (c.bias->dim() == 1 && c.bias->size(0) == channels_out)) &&
         all_at_least(c.stride, 1) && all_at_least(c.padding, 0) && all_at_least(c.dilation, 1) &&
         all_at_least(c.output_padding, 0);
}

// The input as it is after padding; it keeps to its memory format.
at::Tensor padded(const at::Tensor& input, const Extents& before_and_after) {
  const at::Tensor meta = at::constant_pad_nd(as_meta(input), before_and_after, 0);
  return zero_tensor(meta.sizes(), meta.strides(), meta.scalar_type());
}

// Padding that keeps the extents: half of it on each side, an odd one more behind.
bool pad_to_same(Convolution& c) {
  Extents behind;
  c.padding.clear();
  for (std::size_t i = 0; i < c.stride.size(); ++i) {
    if (c.stride[i] != 1) return false;
    const std::int64_t total =
        c.dilation[i] * (c.weight.size(static_cast<std::int64_t>(i) + 2) - 1);
    c.padding.push_back(total / 2);
    // constant_pad_nd counts axes from the last one.
    behind.insert(behind.begin(), {0, total % 2});
  }
  if (!all_at_least(behind, 0)) return false;
  if (std::any_of(behind.begin(), behind.end(), [](std::int64_t more) { return more > 0; })) {
    c.input = padded(c.input, behind);
  }
  return true;
}

bool read_padding(const OpCall& call, std::int64_t dims, Convolution& c) {
  const std::string name = call.text("padding");
  if (name == "same") return pad_to_same(c);
  const auto padding =
      name == "valid" ? Extents(static_cast<std::size_t>(dims), 0) : call.integers("padding");
  const auto each = for_each_dim(padding, dims);
  if (each) c.padding = *each;
  return each.has_value();
}

// One number for each axis, 1 for all unless given; false if there are too many or too few.
bool read_extents(const OpCall& call, const char* argument, std::int64_t dims,
                  std::int64_t fallback, Extents& extents) {
  Extents given = call.integers(argument);
  if (given.empty()) given = {fallback};
  const auto each = for_each_dim(std::move(given), dims);
  if (each) extents = *each;
  return each.has_value();
}

bool read_tensors(const OpCall& call, Convolution& c) {
  if (call.input() == nullptr || call.tensor("weight") == nullptr) return false;
  c.input = *call.input();
  c.weight = *call.tensor("weight");
  if (const at::Tensor* bias = call.tensor("bias"); bias != nullptr) c.bias = *bias;
  // conv1d, conv2d, conv3d and their transposed kin take an input without N.
  const bool may_lack_batch = call.name().rfind("conv", 0) == 0 && call.name() != "convolution";
  c.unbatched = may_lack_batch && c.input.dim() + 1 == c.weight.dim();
  if (c.unbatched) c.input = c.input.unsqueeze(0);
  return c.input.dim() == c.weight.dim() && c.weight.dim() >= 3 && c.weight.dim() <= 5;
}

}  // namespace

std::optional<Convolution> read_convolution(const OpCall& call) {
  Convolution c;
  if (!read_tensors(call, c)) return std::nullopt;
  const std::int64_t dims = c.weight.dim() - 2;
  c.groups = call.integer("groups", 1);
  c.transposed = call.flag("transposed") || call.name().rfind("conv_transpose", 0) == 0;
  if (!read_extents(call, "stride", dims, 1, c.stride) ||
      !read_extents(call, "dilation", dims, 1, c.dilation) ||
      !read_extents(call, "output_padding", dims, 0, c.output_padding) ||
      !read_padding(call, dims, c) || !fits_together(c)) {
    return std::nullopt;
  }
  return c;
}

std::optional<std::vector<std::int64_t>> output_sizes(const Convolution& c) {
  std::vector<std::int64_t> sizes = {c.input.size(0),
                                     c.transposed ? c.weight.size(1) * c.groups : c.weight.size(0)};
  for (std::size_t i = 0; i < c.stride.size(); ++i) {
    const std::int64_t axis = static_cast<std::int64_t>(i) + 2;
    const std::int64_t window = c.dilation[i] * (c.weight.size(axis) - 1) + 1;
    const std::int64_t in = c.input.size(axis);
    // A transposed convolution undoes what one with the same parameters does to the extent.
    const std::int64_t out =
        c.transposed
            ? (in - 1) * c.stride[i] - 2 * c.padding[i] + window + c.output_padding[i]
            : (in + 2 * c.padding[i] < window ? 0
                                              : (in + 2 * c.padding[i] - window) / c.stride[i] + 1);
    if (out < 1) return std::nullopt;
    if (c.transposed && c.output_padding[i] >= std::max(c.stride[i], c.dilation[i])) {
      return std::nullopt;
    }
    sizes.push_back(out);
  }
  return sizes;
}

}  // namespace scission::torchscript
