// Convolutions: extents by the usual formulas, strides by asking LibTorch which kernel it would
// use.
#include <ATen/native/ConvUtils.h>
#include <torch/version.h>

#include <algorithm>

#include "torchscript/ops/op_costs.hpp"
#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

using at::MemoryFormat;
using at::native::ConvBackend;
using Extents = std::vector<std::int64_t>;

/// A convolution's parameters, regardless of the operation of LibTorch that it is written with.
struct Convolution {
  at::Tensor input;   ///< (N, Cin, extents…)
  at::Tensor weight;  ///< (Cout, Cin/groups, kernel…), transposed (Cin, Cout/groups, …)
  c10::optional<at::Tensor> bias;
  std::vector<std::int64_t> stride, padding, dilation, output_padding;  ///< one an extent
  std::int64_t groups = 1;
  bool transposed = false;
  bool unbatched = false;  ///< the input came without N
};

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

// The input after padding, in its memory format.
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

// One number for each axis, the fallback for all unless given; false if their count is wrong.
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
  // conv1d, conv2d, conv3d and their transposed variants accept an input without N.
  const bool may_lack_batch = call.name().rfind("conv", 0) == 0 && call.name() != "convolution";
  c.unbatched = may_lack_batch && c.input.dim() + 1 == c.weight.dim();
  if (c.unbatched) c.input = c.input.unsqueeze(0);
  return c.input.dim() == c.weight.dim() && c.weight.dim() >= 3 && c.weight.dim() <= 5;
}

// nullopt when LibTorch would reject the parameters. Padding by name becomes numbers, and a larger
// input where it differs between the two sides.
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

// (N, Cout, extents…); nullopt when the kernel is larger than the padded input.
std::optional<Extents> output_sizes(const Convolution& c) {
  Extents sizes = {c.input.size(0), c.transposed ? c.weight.size(1) * c.groups : c.weight.size(0)};
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

ConvBackend backend_of(const Convolution& c) {
#if TORCH_VERSION_MAJOR >= 2
  const auto symbols = [](const std::vector<std::int64_t>& values) {
    return c10::fromIntArrayRefSlow(values);
  };
  return at::native::select_conv_backend(c.input, c.weight, c.bias, symbols(c.stride),
                                         symbols(c.padding), symbols(c.dilation), c.transposed,
                                         symbols(c.output_padding), c.groups, c10::nullopt);
#else
  return at::native::select_conv_backend(c.input, c.weight, c.bias, c.stride, c.padding, c.dilation,
                                         c.transposed, c.output_padding, c.groups);
#endif
}

bool is_mkldnn(ConvBackend backend) {
  if (backend == ConvBackend::Mkldnn) return true;
#if TORCH_VERSION_MAJOR >= 2
  if (backend == ConvBackend::MkldnnTranspose) return true;
#endif
  return false;
}

bool is_slow2d(ConvBackend backend) {
  return backend == ConvBackend::Slow2d || backend == ConvBackend::SlowDilated2d ||
         backend == ConvBackend::SlowTranspose2d;
}

bool is_slow3d(ConvBackend backend) {
  return backend == ConvBackend::Slow3d || backend == ConvBackend::SlowDilated3d ||
         backend == ConvBackend::SlowTranspose3d;
}

// The memory format that input and weight are converted to before the kernel, and of the output.
// LibTorch's own functions depend on the device, which the meta device does not provide.
MemoryFormat format_for(ConvBackend backend, const at::Tensor& input, const at::Tensor& weight) {
  const auto either = [&](MemoryFormat format) {
    return input.suggest_memory_format() == format || weight.suggest_memory_format() == format;
  };
  if (is_slow3d(backend)) return MemoryFormat::Contiguous;
  if (is_mkldnn(backend) && input.scalar_type() == at::kDouble) return MemoryFormat::Contiguous;
  if (TORCH_VERSION_MAJOR >= 2 && either(MemoryFormat::ChannelsLast3d)) {
    return MemoryFormat::ChannelsLast3d;
  }
  return either(MemoryFormat::ChannelsLast) ? MemoryFormat::ChannelsLast : MemoryFormat::Contiguous;
}

// The channels of one group, in the format that LibTorch suggests for them.
at::Tensor group_of(const at::Tensor& tensor, int dim, std::int64_t groups) {
  return tensor.narrow(dim, 0, tensor.size(dim) / groups)
      .contiguous(tensor.suggest_memory_format());
}

// The format of the kernel's output; LibTorch 1's transposed kernel ignores it.
MemoryFormat output_format(ConvBackend backend, const at::Tensor& input, const at::Tensor& weight) {
  if (TORCH_VERSION_MAJOR < 2 && backend == ConvBackend::SlowTranspose2d)
    return MemoryFormat::Contiguous;
  return format_for(backend, input, weight);
}

// Kernels without groups run once for each group; their outputs are concatenated.
at::Tensor joined_groups(ConvBackend backend, const at::Tensor& input, const at::Tensor& weight,
                         std::vector<std::int64_t> sizes, std::int64_t groups) {
  const at::Tensor one_input = group_of(input, 1, groups);
  const at::Tensor one_weight = group_of(weight, 0, groups);
  sizes[1] /= groups;
  const at::Tensor one =
      meta_tensor(sizes, input.scalar_type(), output_format(backend, one_input, one_weight));
  return at::cat(std::vector<at::Tensor>(static_cast<std::size_t>(groups), one), 1);
}

std::optional<at::Tensor> batched_output(const Convolution& c) {
  const auto sizes = output_sizes(c);
  if (!sizes) return std::nullopt;
  const ConvBackend backend = backend_of(c);
  if (!is_mkldnn(backend) && !is_slow2d(backend) && !is_slow3d(backend)) return std::nullopt;
  at::Tensor input = as_meta(c.input);
  at::Tensor weight = as_meta(c.weight);
  const MemoryFormat format = format_for(backend, input, weight);
  input = input.contiguous(format);
  weight = weight.contiguous(format);
  if (is_mkldnn(backend) || c.groups == 1) {
    return meta_tensor(*sizes, input.scalar_type(), output_format(backend, input, weight));
  }
  return joined_groups(backend, input, weight, *sizes, c.groups);
}

// LibTorch convolves along one axis as along two of which the first has extent 1.
Convolution along_two_axes(Convolution c) {
  const auto insert = [](std::vector<std::int64_t>& values, std::int64_t value) {
    values.insert(values.begin(), value);
  };
  c.input = c.input.contiguous().unsqueeze(2);
  c.weight = c.weight.unsqueeze(2);
  insert(c.stride, 1);
  insert(c.padding, 0);
  insert(c.dilation, 1);
  insert(c.output_padding, 0);
  return c;
}

std::optional<at::Tensor> output_of(const Convolution& c) {
  if (c.weight.dim() != 3) return batched_output(c);
  const auto output = batched_output(along_two_axes(c));
  return output ? std::optional(output->squeeze(2)) : std::nullopt;
}

Shapes convolution(const OpCall& call) {
  const auto c = read_convolution(call);
  if (!c) return std::nullopt;
  const auto output = output_of(*c);
  if (!output) return std::nullopt;
  return {{c->unbatched ? output->squeeze(0) : *output}};
}

}  // namespace

ShapeRule convolution_shape(std::string_view name) {
  static const Names known = {"conv1d",           "conv2d",          "conv3d",
                              "_convolution",     "convolution",     "conv_transpose1d",
                              "conv_transpose2d", "conv_transpose3d"};
  return known.contains(name) ? convolution : nullptr;
}

}  // namespace scission::torchscript
