// Attention and whole encoder layers.
#include <torch/version.h>

#include <optional>

#include "torchscript/ops/shape_rules.hpp"

namespace scission::torchscript {
namespace {

bool same_type(const at::Tensor& tensor, const at::Tensor* other) {
  return other != nullptr && other->scalar_type() == tensor.scalar_type();
}

// Since LibTorch 2.5 queries may share keys, which changed the signatures.
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

// Both products one after the other: a softmax puts out contiguous weights, (…, L, S).
Shapes by_products(const Attention& a) {
  if (a.grouped) return std::nullopt;
  const at::Tensor scores = at::matmul(as_meta(a.query), as_meta(a.key).transpose(-2, -1));
  if (a.mask) as_meta(*a.mask).expand(scores.sizes());  // Throws unless it fits.
  return {{at::matmul(meta_tensor(scores.sizes(), scores.scalar_type()), as_meta(a.value))}};
}

// (N, heads, L, V), laid out by the kernel that LibTorch would choose, which it is asked for.
Shapes scaled_dot_product(const OpCall& call) {
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

// (N, L, E) and, if asked for, the weights: (N, L, L), or (N, heads, L, L) unless averaged.
Shapes multi_head(const OpCall& call) {
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

Shapes encoder_layer(const OpCall& call) {
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

ShapeRule attention_shape(std::string_view name) {
#if SCISSION_HAS_GROUPED_ATTENTION
  if (name == "scaled_dot_product_attention") return scaled_dot_product;
#endif
  if (name == "_scaled_dot_product_attention") return run_on_meta;
  if (name == "_native_multi_head_attention") return multi_head;
  if (name == "_transformer_encoder_layer_fwd") return encoder_layer;
  return nullptr;
}

}  // namespace scission::torchscript
