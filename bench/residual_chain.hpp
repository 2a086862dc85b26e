// A TorchScript model as long as one likes.
#pragma once

#include <torch/script.h>

namespace scission::bench {

/// Residual units one after the other, for inputs n × 4 × h × w:
///
///     ──┬── convolution ── ReLU ── convolution ── add ──
///       └─────────────────────────────────────────┘
///
/// 4 layers per unit; the convolutions have separate weights of one shape.
torch::jit::Module residual_chain(int units);

}  // namespace scission::bench
