// Costs and shapes of attention, whole encoder layers and recurrent layers: several products in one
// operation.
#include <torch/version.h>

#include <algorithm>
#include <optional>

#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

// Queries (…, L, E), keys (…, S, E), values (…, S, V): both products and the softmax in between. A
// causal mask does not reduce the count.
std::optional<OpCost> scaled_dot_product_cost(const OpCall& call) {
  const at::Tensor* query = call.tensor("query");
  const at::Tensor* key = call.tensor("key");
  const at::Tensor* value = call.tensor("value");
  if (query == nullptr || key == nullptr || value == nullptr) return std::nullopt;
  if (query->dim() < 2 || key->dim() < 2 || query->size(-1) == 0) return std::nullopt;
  const std::int64_t scores = query->numel() / query->size(-1) * key->size(-2);
  OpCost cost = product(scores * (query->size(-1) + value->size(-1)));
  cost.flops += softmax_flops * scores;
  return cost;
}

// Of `rows` = batch × L queries over S keys, all of `width`: three projections in, both products
// of every head, one projection out.
OpCost multi_head_cost(std::int64_t batch, std::int64_t length, std::int64_t keys,
                       std::int64_t width, std::int64_t heads) {
  const std::int64_t rows = batch * length;
  OpCost cost = product(2 * rows * width * width + 2 * batch * keys * width * width +
                        2 * rows * keys * width);
  cost.flops += softmax_flops * heads * rows * keys;
  return cost;
}

std::optional<OpCost> multi_head_attention_cost(const OpCall& call) {
  const at::Tensor* query = call.tensor("query");
  const at::Tensor* key = call.tensor("key");
  if (query == nullptr || key == nullptr) return std::nullopt;
  if (query->is_nested() || query->dim() != 3 || key->dim() != 3) return std::nullopt;
  return multi_head_cost(query->size(0), query->size(1), key->size(1), query->size(2),
                         call.integer("num_head", 1));
}

// Self-attention, the feed-forward net, two normalisations and two sums.
std::optional<OpCost> encoder_layer_cost(const OpCall& call) {
  const at::Tensor* input = call.tensor("src");
  const at::Tensor* up = call.tensor("ffn_weight_1");
  const at::Tensor* down = call.tensor("ffn_weight_2");
  if (input == nullptr || up == nullptr || down == nullptr) return std::nullopt;
  if (input->is_nested() || input->dim() != 3) return std::nullopt;
  const std::int64_t rows = input->size(0) * input->size(1);
  OpCost cost = multi_head_cost(input->size(0), input->size(1), input->size(1), input->size(2),
                                call.integer("num_heads", 1));
  cost.macs += rows * (up->numel() + down->numel());
  cost.flops += 2 * rows * (up->numel() + down->numel());
  cost.flops += rows * up->size(0) + 2 * (normalisation_flops + 1) * input->numel();
  return cost;
}

OpCost weights_times_rows(const std::vector<at::Tensor>& weights, const at::Tensor& input) {
  std::int64_t macs = 0;
  for (const at::Tensor& weight : weights) macs += weight.dim() == 2 ? weight.numel() : 0;
  return product(macs * (input.numel() / std::max<std::int64_t>(input.size(-1), 1)));
}

// Every weight matrix at every time step; the gates' element-wise part is left out.
std::optional<OpCost> recurrent_cost(const OpCall& call) {
  const at::Tensor* input = call.input();
  const std::vector<at::Tensor> weights = call.tensors("params");
  if (input == nullptr || input->dim() < 2 || weights.empty()) return std::nullopt;
  return weights_times_rows(weights, *input);
}

std::optional<OpCost> recurrent_cell_cost(const OpCall& call) {
  const at::Tensor* input = call.input();
  const at::Tensor* in = call.tensor("w_ih");
  const at::Tensor* hidden = call.tensor("w_hh");
  if (input == nullptr || input->dim() == 0 || in == nullptr || hidden == nullptr) {
    return std::nullopt;
  }
  return weights_times_rows({*in, *hidden}, *input);
}

bool same_type(const at::Tensor& tensor, const at::Tensor* other) {
  return other != nullptr && other->scalar_type() == tensor.scalar_type();
}

// LibTorch 2.5 changed the signatures for queries that share keys.
#define SCISSION_HAS_GROUPED_ATTENTION \
  (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 5))

#if SCISSION_HAS_GROUPED_ATTENTION
struct Attention {
  at::Tensor query, key, value;
  std::optional<at::Tensor> mask;
  double dropout = 0;
  std::optional<double> scale;
  bool causal = false, grouped = false;
};

std::optional<Attention> read_attention(const OpCall& call) {
  const at::Tensor* query = call.tensor("query");
  const at::Tensor* key = call.tensor("key");
  const at::Tensor* value = call.tensor("value");
  if (query == nullptr || !same_type(*query, key) || !same_type(*query, value)) return std::nullopt;
  Attention a{*query,
              *key,
              *value,
              std::nullopt,
              call.number("dropout_p").value_or(0),
              call.number("scale"),
              call.flag("is_causal"),
              call.flag("enable_gqa")};
  if (const at::Tensor* mask = call.tensor("attn_mask"); mask != nullptr) a.mask = *mask;
  return a;
}

// Both products in turn; the softmax between them returns contiguous weights, (…, L, S).
Shapes by_products(const Attention& a) {
  if (a.grouped) return std::nullopt;
  const at::Tensor scores = at::matmul(as_meta(a.query), as_meta(a.key).transpose(-2, -1));
  if (a.mask) as_meta(*a.mask).expand(scores.sizes());  // Throws unless it fits.
  return {{at::matmul(meta_tensor(scores.sizes(), scores.scalar_type()), as_meta(a.value))}};
}

// (N, heads, L, V), with the layout of the kernel that LibTorch says it would choose.
Shapes scaled_dot_product_shape(const OpCall& call) {
  const auto a = read_attention(call);
  if (!a) return std::nullopt;
  constexpr std::int64_t products = 0;
  constexpr std::int64_t flash = 1;
  const std::int64_t choice = at::_fused_sdp_choice(a->query, a->key, a->value, a->mask, a->dropout,
                                                    a->causal, a->scale, a->grouped);
  if (choice == products) return by_products(*a);
  if (choice == flash) return {{at::empty_like(as_meta(a->query))}};
  return std::nullopt;
}
#endif

// (N, L, E), without weights.
Shapes multi_head_shape(const OpCall& call) {
  const at::Tensor* query = call.tensor("query");
  const at::Tensor* key = call.tensor("key");
  const std::int64_t heads = call.integer("num_head", 0);
  if (query == nullptr || !same_type(*query, key) || heads < 1) return std::nullopt;
  if (query->dim() != 3 || key->sizes() != query->sizes()) return std::nullopt;
  if (call.flag("need_weights") || call.tensor("mask") != nullptr) return std::nullopt;
  if (query->size(2) != call.integer("embed_dim", 0) || query->size(2) % heads != 0) {
    return std::nullopt;
  }
  return {{meta_tensor(query->sizes(), query->scalar_type()), at::Tensor()}};
}

Shapes encoder_layer_shape(const OpCall& call) {
  const at::Tensor* input = call.tensor("src");
  const std::int64_t heads = call.integer("num_heads", 0);
  if (input == nullptr || input->dim() != 3 || heads < 1) return std::nullopt;
  if (call.tensor("mask") != nullptr || !input->is_contiguous()) return std::nullopt;
  if (input->size(2) != call.integer("embed_dim", 0) || input->size(2) % heads != 0) {
    return std::nullopt;
  }
  return {{meta_tensor(input->sizes(), input->scalar_type())}};
}

}  // namespace

CostRule attention_rule(std::string_view name) {
  static const RuleTable<CostRule> rules = {
      {scaled_dot_product_cost,
       {"scaled_dot_product_attention", "_scaled_dot_product_attention",
        "_scaled_dot_product_attention_forward", "_scaled_dot_product_attention_math",
        "_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_efficient_attention"}},
      {multi_head_attention_cost, {"_native_multi_head_attention"}},
      {encoder_layer_cost, {"_transformer_encoder_layer_fwd"}},
      {recurrent_cost, {"lstm", "gru", "rnn_tanh", "rnn_relu"}},
      {recurrent_cell_cost, {"lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"}},
  };
  return find_rule(rules, name);
}

ShapeRule attention_shape(std::string_view name) {
#if SCISSION_HAS_GROUPED_ATTENTION
  if (name == "scaled_dot_product_attention") return scaled_dot_product_shape;
#endif
  if (name == "_scaled_dot_product_attention") return run_on_meta;
  if (name == "_native_multi_head_attention") return multi_head_shape;
  if (name == "_transformer_encoder_layer_fwd") return encoder_layer_shape;
  return nullptr;
}

}  // namespace scission::torchscript
