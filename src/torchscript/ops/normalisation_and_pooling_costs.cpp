// Normalisation, pooling and resampling.
#include <unordered_map>

#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

std::optional<OpCost> normalisation(const OpCall& call) {
  if (call.input() == nullptr) return std::nullopt;
  return OpCost{OpClass::normalisation, normalisation_flops * call.input()->numel(), 0};
}

// kernel_size holds one extent for all `dims` or one for each.
std::optional<OpCost> pooling(const OpCall& call, int dims) {
  const std::vector<std::int64_t> kernel = call.integers("kernel_size");
  if (call.output() == nullptr || kernel.empty()) return std::nullopt;
  std::int64_t window = 1;
  for (int i = 0; i < dims; ++i) {
    window *= kernel.size() == 1 ? kernel[0] : kernel.at(static_cast<std::size_t>(i));
  }
  return OpCost{OpClass::pooling, window * call.output()->numel(), 0};
}

std::optional<OpCost> pooling1d(const OpCall& call) { return pooling(call, 1); }
std::optional<OpCost> pooling2d(const OpCall& call) { return pooling(call, 2); }
std::optional<OpCost> pooling3d(const OpCall& call) { return pooling(call, 3); }

std::optional<OpCost> adaptive_pooling(const OpCall& call) {
  if (call.input() == nullptr) return std::nullopt;
  return OpCost{OpClass::pooling, call.input()->numel(), 0};
}

// A weighted sum of `neighbours` elements for each element of the output; the weights, the same
// for all channels, are left out.
std::optional<OpCost> resampling(const OpCall& call, int neighbours) {
  if (call.output() == nullptr) return std::nullopt;
  return OpCost{OpClass::arithmetic, (2 * neighbours - 1) * call.output()->numel(), 0};
}

std::optional<OpCost> linear_resampling(const OpCall& call) { return resampling(call, 2); }
std::optional<OpCost> bilinear_resampling(const OpCall& call) { return resampling(call, 4); }
std::optional<OpCost> trilinear_resampling(const OpCall& call) { return resampling(call, 8); }
std::optional<OpCost> bicubic_resampling(const OpCall& call) { return resampling(call, 16); }

}  // namespace

CostRule layer_rule(std::string_view name) {
  static const std::unordered_map<std::string_view, CostRule> rules = {
      {"batch_norm", normalisation},
      {"native_batch_norm", normalisation},
      {"_native_batch_norm_legit", normalisation},
      {"_native_batch_norm_legit_no_training", normalisation},
      {"_batch_norm_impl_index", normalisation},
      {"layer_norm", normalisation},
      {"native_layer_norm", normalisation},
      {"group_norm", normalisation},
      {"native_group_norm", normalisation},
      {"instance_norm", normalisation},
      {"rms_norm", normalisation},
      {"max_pool1d", pooling1d},
      {"max_pool2d", pooling2d},
      {"max_pool3d", pooling3d},
      {"max_pool1d_with_indices", pooling1d},
      {"max_pool2d_with_indices", pooling2d},
      {"max_pool3d_with_indices", pooling3d},
      {"avg_pool1d", pooling1d},
      {"avg_pool2d", pooling2d},
      {"avg_pool3d", pooling3d},
      {"adaptive_avg_pool1d", adaptive_pooling},
      {"adaptive_avg_pool2d", adaptive_pooling},
      {"adaptive_avg_pool3d", adaptive_pooling},
      {"_adaptive_avg_pool2d", adaptive_pooling},
      {"_adaptive_avg_pool3d", adaptive_pooling},
      {"adaptive_max_pool1d", adaptive_pooling},
      {"adaptive_max_pool2d", adaptive_pooling},
      {"adaptive_max_pool3d", adaptive_pooling},
      {"upsample_linear1d", linear_resampling},
      {"upsample_bilinear2d", bilinear_resampling},
      {"upsample_trilinear3d", trilinear_resampling},
      {"upsample_bicubic2d", bicubic_resampling},
  };
  const auto rule = rules.find(name);
  return rule == rules.end() ? nullptr : rule->second;
}

}  // namespace scission::torchscript
