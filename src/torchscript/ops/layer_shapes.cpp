// Normalisation, whose output has the input's extents and type, and the kinds of pooling that the
// meta device lacks or handles differently.
#include <ATen/native/Pool.h>
#include <torch/version.h>

#include <algorithm>

#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

using at::MemoryFormat;

bool holds(const at::Tensor* tensor, at::IntArrayRef sizes) { return tensor->sizes() == sizes; }

// An optional weight or bias: absent, or of these extents and of the input's type.
bool fits(const OpCall& call, const char* argument, at::IntArrayRef sizes) {
  const at::Tensor* tensor = call.tensor(argument);
  if (tensor == nullptr) return true;
  return holds(tensor, sizes) && tensor->is_contiguous() &&
         tensor->scalar_type() == call.input()->scalar_type();
}

Shapes like_input(const OpCall& call, MemoryFormat format) {
  return {{meta_tensor(call.input()->sizes(), call.input()->scalar_type(), format)}};
}

// The format in which the input is contiguous, if there is one.
std::optional<MemoryFormat> format_of(const at::Tensor& input) {
  for (const MemoryFormat format :
       {MemoryFormat::Contiguous, MemoryFormat::ChannelsLast3d, MemoryFormat::ChannelsLast}) {
    if (input.is_contiguous(format)) return format;
  }
  return std::nullopt;
}

Shapes batch_norm(const OpCall& call) {
  const at::Tensor& input = *call.input();
  if (call.flag("training") || input.dim() < 2) return std::nullopt;
  if (call.tensor("running_mean") == nullptr || call.tensor("running_var") == nullptr) {
    return std::nullopt;
  }
  for (const char* argument : {"weight", "bias", "running_mean", "running_var"}) {
    if (!fits(call, argument, {input.size(1)})) return std::nullopt;
  }
  const auto format = format_of(input);
  return format ? like_input(call, *format) : std::nullopt;
}

Shapes layer_norm(const OpCall& call) {
  const at::IntArrayRef sizes = call.input()->sizes();
  const std::vector<std::int64_t> normalised = call.integers("normalized_shape");
  if (normalised.empty() || normalised.size() > sizes.size()) return std::nullopt;
  if (sizes.slice(sizes.size() - normalised.size()) != at::IntArrayRef(normalised)) {
    return std::nullopt;
  }
  if (!fits(call, "weight", normalised) || !fits(call, "bias", normalised)) return std::nullopt;
  return like_input(call, MemoryFormat::Contiguous);
}

Shapes group_norm(const OpCall& call) {
  const at::Tensor& input = *call.input();
  const std::int64_t groups = call.integer("num_groups", 0);
  if (input.dim() < 2 || groups < 1 || input.size(1) % groups != 0) return std::nullopt;
  if (!fits(call, "weight", {input.size(1)}) || !fits(call, "bias", {input.size(1)})) {
    return std::nullopt;
  }
  return like_input(call, input.suggest_memory_format());
}

// Only with statistics of the instance itself.
Shapes instance_norm(const OpCall& call) {
  const at::Tensor& input = *call.input();
  if (!call.flag("use_input_stats") || input.dim() < 3) return std::nullopt;
  if (call.tensor("running_mean") != nullptr || call.tensor("running_var") != nullptr) {
    return std::nullopt;
  }
  if (!fits(call, "weight", {input.size(1)}) || !fits(call, "bias", {input.size(1)})) {
    return std::nullopt;
  }
  return like_input(call, MemoryFormat::Contiguous);
}

// The input's extents, the last `values.size()` of them replaced.
std::vector<std::int64_t> with_extents(const at::Tensor& input,
                                       const std::vector<std::int64_t>& values) {
  std::vector<std::int64_t> sizes = input.sizes().vec();
  std::copy(values.begin(), values.end(), sizes.end() - static_cast<std::ptrdiff_t>(values.size()));
  return sizes;
}

Shapes one_of(const at::Tensor& input, const std::vector<std::int64_t>& extents,
              MemoryFormat format) {
  return {{meta_tensor(with_extents(input, extents), input.scalar_type(), format)}};
}

struct Window {
  std::vector<std::int64_t> kernel, stride, padding, dilation;
  bool ceil_mode = false;
};

bool is_sound(const Window& window, std::size_t i) {
  return window.kernel[i] > 0 && window.stride[i] > 0 && window.dilation[i] > 0 &&
         window.padding[i] >= 0 && window.padding[i] * 2 <= window.kernel[i];
}

std::optional<Window> read_window(const OpCall& call, std::int64_t dims) {
  const std::vector<std::int64_t> given = call.integers("stride");
  const auto kernel = for_each_dim(call.integers("kernel_size"), dims);
  const auto stride = given.empty() ? kernel : for_each_dim(given, dims);
  const auto padding = for_each_dim(call.integers("padding"), dims);
  const auto dilation = for_each_dim(call.integers("dilation"), dims);
  if (!kernel || !stride || !padding || !dilation) return std::nullopt;
  const Window window{*kernel, *stride, *padding, *dilation, call.flag("ceil_mode")};
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    if (!is_sound(window, i)) return std::nullopt;
  }
  return window;
}

// The pooled extents; nullopt unless the input has `dims` extents, channels and perhaps a batch.
std::optional<std::vector<std::int64_t>> pooled(const OpCall& call, std::int64_t dims) {
  const at::Tensor& input = *call.input();
  if (input.dim() != dims + 1 && input.dim() != dims + 2) return std::nullopt;
  const auto window = read_window(call, dims);
  if (!window) return std::nullopt;
  std::vector<std::int64_t> extents;
  for (std::int64_t i = 0; i < dims; ++i) {
    const auto at = static_cast<std::size_t>(i);
    extents.push_back(at::native::pooling_output_shape<std::int64_t>(
        input.size(i - dims), window->kernel[at], window->padding[at], window->stride[at],
        window->dilation[at], window->ceil_mode));
    if (extents.back() < 1) return std::nullopt;
  }
  return extents;
}

Shapes max_pool1d(const OpCall& call) {
  const auto extents = pooled(call, 1);
  if (!extents) return std::nullopt;
  return one_of(*call.input(), *extents, MemoryFormat::Contiguous);
}

// LibTorch 1 returns the contiguous format only. Without a batch, some versions reject an input
// that looks like channels-last.
Shapes max_pool3d(const OpCall& call) {
  const auto extents = pooled(call, 3);
  if (!extents) return std::nullopt;
  const MemoryFormat format = call.input()->suggest_memory_format();
  if (call.input()->dim() == 4 && format != MemoryFormat::Contiguous) return std::nullopt;
  return one_of(*call.input(), *extents,
                TORCH_VERSION_MAJOR < 2 ? MemoryFormat::Contiguous : format);
}

// Two-dimensional averages of batches keep the input's format, others are contiguous.
MemoryFormat averaged_format(const at::Tensor& input, std::int64_t dims) {
  return input.dim() == 4 && dims == 2 ? input.suggest_memory_format() : MemoryFormat::Contiguous;
}

bool all_one(const std::vector<std::int64_t>& extents) {
  return std::all_of(extents.begin(), extents.end(), [](std::int64_t e) { return e == 1; });
}

// To one element, LibTorch takes a mean, as on any device; otherwise the format is the input's.
Shapes adaptive(const OpCall& call, std::int64_t dims) {
  const at::Tensor& input = *call.input();
  const std::vector<std::int64_t> extents = call.integers("output_size");
  if (extents.size() != static_cast<std::size_t>(dims)) return std::nullopt;
  if (input.dim() != dims + 1 && input.dim() != dims + 2) return std::nullopt;
  if (all_one(extents)) return run_on_meta(call);
  for (const std::int64_t extent : extents) {
    if (extent < 1) return std::nullopt;
  }
  return one_of(input, extents, averaged_format(input, dims));
}

Shapes adaptive_avg_pool2d(const OpCall& call) { return adaptive(call, 2); }
Shapes adaptive_avg_pool3d(const OpCall& call) { return adaptive(call, 3); }

// LibTorch pools along one axis as along two of which the first has extent 1.
Shapes adaptive_avg_pool1d(const OpCall& call) {
  const at::Tensor& input = *call.input();
  const std::vector<std::int64_t> extents = call.integers("output_size");
  if (extents.size() != 1 || extents[0] < 1) return std::nullopt;
  if (input.dim() != 2 && input.dim() != 3) return std::nullopt;
  if (all_one(extents)) return run_on_meta(call);
  const at::Tensor plane = as_meta(input).unsqueeze(-2);
  const at::Tensor made = meta_tensor(with_extents(plane, {1, extents[0]}), input.scalar_type(),
                                      averaged_format(plane, 2));
  return {{made.squeeze(-2)}};
}

}  // namespace

ShapeRule normalisation_shape(std::string_view name) {
  if (name == "batch_norm") return batch_norm;
  if (name == "layer_norm") return layer_norm;
  if (name == "group_norm") return group_norm;
  if (name == "instance_norm") return instance_norm;
  return nullptr;
}

ShapeRule pooling_shape(std::string_view name) {
  if (name == "max_pool1d") return max_pool1d;
  if (name == "max_pool3d") return max_pool3d;
  if (name == "adaptive_avg_pool1d") return adaptive_avg_pool1d;
  if (name == "adaptive_avg_pool2d") return adaptive_avg_pool2d;
  if (name == "adaptive_avg_pool3d") return adaptive_avg_pool3d;
  return nullptr;
}

}  // namespace scission::torchscript
