// Convolutions: the extents by the usual formulas, the strides by the kernel that LibTorch would
// choose, which it is asked for.
#include <ATen/native/ConvUtils.h>
#include <torch/version.h>

#include "torchscript/ops/convolution.hpp"
#include "torchscript/ops/shape_rules.hpp"
#include "torchscript/ops/zero_tensor.hpp"

namespace scission::torchscript {
namespace {

using at::MemoryFormat;
using at::native::ConvBackend;

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

// What the input and the weight are brought into before the kernel, and the output comes in.
// LibTorch's own functions for it look at the device, which is none here.
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

// The channels of one group, copied into the format that they seem to have.
at::Tensor group_of(const at::Tensor& tensor, int dim, std::int64_t groups) {
  return tensor.narrow(dim, 0, tensor.size(dim) / groups)
      .contiguous(tensor.suggest_memory_format());
}

// The format that the kernel puts out; LibTorch 1's own transposed one takes no notice of it.
MemoryFormat output_format(ConvBackend backend, const at::Tensor& input, const at::Tensor& weight) {
  if (TORCH_VERSION_MAJOR < 2 && backend == ConvBackend::SlowTranspose2d)
    return MemoryFormat::Contiguous;
  return format_for(backend, input, weight);
}

// Kernels without groups run once a group; their outputs are joined.
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
  const bool known = name == "conv1d" || name == "conv2d" || name == "conv3d" ||
                     name == "_convolution" || name == "convolution" ||
                     name == "conv_transpose1d" || name == "conv_transpose2d" ||
                     name == "conv_transpose3d";
  return known ? convolution : nullptr;
}

}  // namespace scission::torchscript
