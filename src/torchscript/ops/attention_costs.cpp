// Attention, whole encoder layers and recurrent layers: several products in one operation.
#include <algorithm>
#include <unordered_map>

#include "torchscript/ops/cost_rules.hpp"

namespace scission::torchscript {
namespace {

// Queries (…, L, E), keys (…, S, E), values (…, S, V): both products and the softmax between. A
// causal mask does not make it less.
std::optional<OpCost> scaled_dot_product(const OpCall& call) {
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
OpCost multi_head(std::int64_t batch, std::int64_t length, std::int64_t keys, std::int64_t width,
                  std::int64_t heads) {
  const std::int64_t rows = batch * length;
  OpCost cost = product(2 * rows * width * width + 2 * batch * keys * width * width +
                        2 * rows * keys * width);
  cost.flops += softmax_flops * heads * rows * keys;
  return cost;
}

std::optional<OpCost> multi_head_attention(const OpCall& call) {
  const at::Tensor* query = call.tensor("query");
  const at::Tensor* key = call.tensor("key");
  if (query == nullptr || key == nullptr) return std::nullopt;
  if (query->is_nested() || query->dim() != 3 || key->dim() != 3) return std::nullopt;
  return multi_head(query->size(0), query->size(1), key->size(1), query->size(2),
                    call.integer("num_head", 1));
}

// Self-attention, the feed-forward net, two normalisations and two sums.
std::optional<OpCost> encoder_layer(const OpCall& call) {
  const at::Tensor* input = call.tensor("src");
  const at::Tensor* up = call.tensor("ffn_weight_1");
  const at::Tensor* down = call.tensor("ffn_weight_2");
  if (input == nullptr || up == nullptr || down == nullptr) return std::nullopt;
  if (input->is_nested() || input->dim() != 3) return std::nullopt;
  const std::int64_t rows = input->size(0) * input->size(1);
  OpCost cost = multi_head(input->size(0), input->size(1), input->size(1), input->size(2),
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
std::optional<OpCost> recurrent(const OpCall& call) {
  const at::Tensor* input = call.input();
  const std::vector<at::Tensor> weights = call.tensors("params");
  if (input == nullptr || input->dim() < 2 || weights.empty()) return std::nullopt;
  return weights_times_rows(weights, *input);
}

std::optional<OpCost> recurrent_cell(const OpCall& call) {
  const at::Tensor* input = call.input();
  const at::Tensor* in = call.tensor("w_ih");
  const at::Tensor* hidden = call.tensor("w_hh");
  if (input == nullptr || input->dim() == 0 || in == nullptr || hidden == nullptr) {
    return std::nullopt;
  }
  return weights_times_rows({*in, *hidden}, *input);
}

}  // namespace

CostRule attention_rule(std::string_view name) {
  static const std::unordered_map<std::string_view, CostRule> rules = {
      {"scaled_dot_product_attention", scaled_dot_product},
      {"_scaled_dot_product_attention", scaled_dot_product},
      {"_scaled_dot_product_attention_forward", scaled_dot_product},
      {"_scaled_dot_product_attention_math", scaled_dot_product},
      {"_scaled_dot_product_flash_attention", scaled_dot_product},
      {"_scaled_dot_product_flash_attention_for_cpu", scaled_dot_product},
      {"_scaled_dot_product_efficient_attention", scaled_dot_product},
      {"_native_multi_head_attention", multi_head_attention},
      {"_transformer_encoder_layer_fwd", encoder_layer},
      {"lstm", recurrent},
      {"gru", recurrent},
      {"rnn_tanh", recurrent},
      {"rnn_relu", recurrent},
      {"lstm_cell", recurrent_cell},
      {"gru_cell", recurrent_cell},
      {"rnn_tanh_cell", recurrent_cell},
      {"rnn_relu_cell", recurrent_cell},
  };
  const auto rule = rules.find(name);
  return rule == rules.end() ? nullptr : rule->second;
}

}  // namespace scission::torchscript
