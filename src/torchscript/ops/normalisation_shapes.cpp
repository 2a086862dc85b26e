// Normalisation: the output has the input's extents and type.
#include "torchscript/ops/shape_rules.hpp"

namespace scission::torchscript {
namespace {

using at::MemoryFormat;

bool holds(const at::Tensor* tensor, at::IntArrayRef sizes) { return tensor->sizes() == sizes; }

// An optional weight or bias: none, or of these extents and a type that goes with the input's.
bool fits(const OpCall& call, const char* argument, at::IntArrayRef sizes) {
  const at::Tensor* tensor = call.tensor(argument);
  if (tensor == nullptr) return true;
  return holds(tensor, sizes) && tensor->is_contiguous() &&
         tensor->scalar_type() == call.input()->scalar_type();
}

Shapes like_input(const OpCall& call, MemoryFormat format) {
  return {{meta_tensor(call.input()->sizes(), call.input()->scalar_type(), format)}};
}

// The format in which the whole input lies in one piece, if there is one.
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

// By the instance's own moments only.
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

}  // namespace

ShapeRule normalisation_shape(std::string_view name) {
  if (name == "batch_norm") return batch_norm;
  if (name == "layer_norm") return layer_norm;
  if (name == "group_norm") return group_norm;
  if (name == "instance_norm") return instance_norm;
  return nullptr;
}

}  // namespace scission::torchscript
