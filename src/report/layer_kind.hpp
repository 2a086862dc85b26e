// What sort of work a layer does, as far as its type tells.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace scission {

enum class LayerKind {
  convolution,
  dense,  ///< matrix products: linear layers, attention, recurrent ones
  normalisation,
  activation,
  pooling,
  join,  ///< of several tensors: add, concatenate, multiply
  other,
};

inline constexpr std::array<LayerKind, 7> all_layer_kinds = {
    LayerKind::convolution, LayerKind::dense, LayerKind::normalisation, LayerKind::activation,
    LayerKind::pooling,     LayerKind::join,  LayerKind::other};

/// "Conv2D", "aten::_convolution" → convolution. Knows the words of Keras and of PyTorch; of types
/// that hold several, like "Conv2dNormActivation", the one with the most work decides.
LayerKind kind_of(std::string_view type);

std::string_view to_string(LayerKind kind);

/// A node's, "#RRGGBB": a light fill for dark text, and a frame of the same hue.
struct NodeColours {
  std::string fill;
  std::string frame;
};

NodeColours colours_of(LayerKind kind);

}  // namespace scission
