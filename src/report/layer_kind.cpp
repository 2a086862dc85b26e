#include "report/layer_kind.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>

namespace scission {
namespace {

using Words = std::initializer_list<std::string_view>;

/// Lower case, without the namespace of an operation and the mark of one that works in place.
std::string plain(std::string_view type) {
  const std::size_t colon = type.rfind(':');
  if (colon != std::string_view::npos) type.remove_prefix(colon + 1);
  while (type.ends_with('_')) type.remove_suffix(1);
  std::string word(type);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

bool holds_one(std::string_view word, Words parts) {
  return std::any_of(parts.begin(), parts.end(), [word](std::string_view part) {
    return word.find(part) != std::string_view::npos;
  });
}

bool is_one(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

LayerKind kind_of(std::string_view type) {
  const std::string word = plain(type);
  if (holds_one(word, {"upsample", "interpolate", "bilinear", "input"})) return LayerKind::other;
  if (holds_one(word, {"conv"})) return LayerKind::convolution;
  if (is_one(word, {"dense", "addmm", "mm", "bmm", "baddbmm", "lstm", "gru", "rnn", "einsum"}) ||
      holds_one(word, {"linear", "matmul", "attention"})) {
    return LayerKind::dense;
  }
  if (holds_one(word, {"norm"})) return LayerKind::normalisation;
  if (holds_one(word, {"pool"})) return LayerKind::pooling;
  if (is_one(word, {"elu", "celu", "selu", "glu"}) ||
      holds_one(word, {"activation", "relu", "gelu", "silu", "sigmoid", "softmax", "tanh", "swish",
                       "mish", "softplus"})) {
    return LayerKind::activation;
  }
  if (is_one(word, {"add", "sub", "subtract", "mul", "multiply", "div", "average", "maximum",
                    "minimum", "cat", "concat", "concatenate", "stack"})) {
    return LayerKind::join;
  }
  return LayerKind::other;
}

std::string_view to_string(LayerKind kind) {
  switch (kind) {
    case LayerKind::convolution:
      return "convolution";
    case LayerKind::dense:
      return "dense";
    case LayerKind::normalisation:
      return "normalisation";
    case LayerKind::activation:
      return "activation";
    case LayerKind::pooling:
      return "pooling";
    case LayerKind::join:
      return "join";
    case LayerKind::other:
      break;
  }
  return "other";
}

NodeColours colours_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::convolution:
      return {"#D3E4F4", "#3B75AF"};
    case LayerKind::dense:
      return {"#DED7F0", "#6A51A3"};
    case LayerKind::normalisation:
      return {"#D5ECE6", "#3F8F84"};
    case LayerKind::activation:
      return {"#FBE8C4", "#B9770E"};
    case LayerKind::pooling:
      return {"#F8D6D1", "#B5483A"};
    case LayerKind::join:
      return {"#E3EEC6", "#6B8E23"};
    case LayerKind::other:
      break;
  }
  return {"#ECEEF0", "#7A858F"};
}

}  // namespace scission
