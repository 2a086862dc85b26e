// Small modules to split.
#pragma once

#include <torch/script.h>

#include <string>

#include "scission/runnable.hpp"

namespace scission::testing {

/// A module without submodules whose methods are `source`, TorchScript.
torch::jit::Module scripted(const std::string& source);

/// Convolutions with a residual connection and a dense end, for inputs n × 3 × h × w of any size.
///
///     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 relu2 ── 6 mean ── 7 dense
///                                     └────────────────┘
torch::jit::Module residual_model();

/// The same network, recorded from a run on `example` and so without submodules.
torch::jit::Module traced_model(const at::Tensor& example);

/// Runs the whole model, then its blocks in order, and compares the results bit for bit.
bool chain_is_exact(Runnable& model);

/// Standard normal numbers, the same on every call.
at::Tensor noise(at::IntArrayRef shape);

}  // namespace scission::testing
